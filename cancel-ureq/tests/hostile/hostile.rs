//! The server: it plays one attack, at the POST or at every look, and is well-behaved besides.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// How long the server waits for a client that neither reads nor writes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Post,
    Look,
}

impl At {
    /// The head of an honest answer, without its end.
    pub(crate) fn head(self) -> &'static str {
        match self {
            Self::Post => {
                "HTTP/1.1 202 Accepted\r\nLocation: /api/operations/contoso$contoso-offer$2$preview\r\nConnection: close\r\n"
            }
            Self::Look => "HTTP/1.1 200 OK\r\nConnection: close\r\n",
        }
    }

    /// The body of an honest answer.
    pub(crate) fn body(self) -> &'static str {
        match self {
            Self::Post => "",
            Self::Look => r#"{"status":"canceled"}"#,
        }
    }

    pub(crate) fn honest(self) -> String {
        format!("{}Content-Length: {}\r\n\r\n{}", self.head(), self.body().len(), self.body())
    }
}

/// A connection to a client that waits for an answer.
pub(crate) struct Victim {
    stream: TcpStream,
    pub(crate) at: At,
}

impl Victim {
    /// Writes it, as long as somebody listens.
    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// The head of an honest answer with this in its end, and then this body.
    pub(crate) fn answer(&mut self, headers: &str, body: impl AsRef<[u8]>) -> bool {
        let head = format!("{}{headers}\r\n", self.at.head());
        self.say(head) && self.say(body)
    }

    /// Writes it again and again, until nobody listens.
    pub(crate) fn flood(&mut self, bytes: &[u8]) {
        while self.say(bytes) {}
    }

    /// Says nothing more, until nobody listens.
    pub(crate) fn hang(&mut self) {
        while matches!(self.stream.read(&mut [0; 4096]), Ok(1..)) {}
    }

    /// Some of the request is there, and stays unread.
    pub(crate) fn wait_for_request(&mut self) {
        let _ = self.stream.peek(&mut [0]);
    }

    pub(crate) fn read_request(&mut self) {
        crate::server::read_request(&mut self.stream);
    }

    /// Breaks the connection, so that what was written may be lost too.
    pub(crate) fn reset(&mut self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// Serves until the process ends. The first connection is the POST's.
pub(crate) fn serve(at: At, attack: fn(&mut Victim)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut next = At::Post;
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            let mut victim = Victim { stream, at: next };
            next = At::Look;
            thread::spawn(move || {
                if victim.at == at {
                    attack(&mut victim);
                } else {
                    victim.read_request();
                    victim.say(victim.at.honest());
                }
                let _ = victim.stream.shutdown(Shutdown::Write);
            });
        }
    });
    addr
}
