//! The server: it plays one attack, at the POST or at every poll, and is honest otherwise.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// How long the server waits for a client that neither reads nor writes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which request is attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Post,
    Poll,
}

impl At {
    /// The head of an honest answer, without its end.
    pub(crate) fn head(self) -> &'static str {
        match self {
            Self::Post => {
                "HTTP/1.1 202 Accepted\r\nLocation: /api/operations/contoso$contoso-offer$2$preview\r\nConnection: close\r\n"
            }
            Self::Poll => "HTTP/1.1 200 OK\r\nConnection: close\r\n",
        }
    }

    /// The body of an honest answer.
    pub(crate) fn body(self) -> &'static str {
        match self {
            Self::Post => "",
            Self::Poll => r#"{"status":"canceled"}"#,
        }
    }

    pub(crate) fn honest(self) -> String {
        format!("{}Content-Length: {}\r\n\r\n{}", self.head(), self.body().len(), self.body())
    }
}

/// A connection to a client that waits for an answer.
pub(crate) struct Client {
    stream: TcpStream,
    pub(crate) at: At,
    is_reset: bool,
}

impl Client {
    /// Sends it, and says whether the connection is still open.
    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// The head of an honest answer with this in its end, and then this body.
    pub(crate) fn answer(&mut self, headers: &str, body: impl AsRef<[u8]>) -> bool {
        let head = format!("{}{headers}\r\n", self.at.head());
        self.say(head) && self.say(body)
    }

    /// Sends it again and again, until the client closes the connection.
    pub(crate) fn flood(&mut self, bytes: &[u8]) {
        while self.say(bytes) {}
    }

    /// Sends nothing more, until the client closes the connection.
    pub(crate) fn hang(&mut self) {
        while matches!(self.stream.read(&mut [0; 4096]), Ok(1..)) {}
    }

    /// Waits for the request without reading it.
    pub(crate) fn wait_for_request(&mut self) {
        let _ = self.stream.peek(&mut [0]);
    }

    pub(crate) fn read_request(&mut self) {
        crate::server::read_request(&mut self.stream);
    }

    /// Breaks the connection: what was written can be lost too.
    pub(crate) fn reset(&mut self) {
        self.is_reset = true;
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// Serves until the process ends. The first connection is the POST's.
pub(crate) fn serve(at: At, attack: impl Fn(&mut Client) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut next = At::Post;
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            let mut client = Client { stream, at: next, is_reset: false };
            next = At::Poll;
            let attack = attack.clone();
            thread::spawn(move || {
                if client.at == at {
                    attack(&mut client);
                } else {
                    client.read_request();
                    client.say(client.at.honest());
                }
                if !client.is_reset {
                    let _ = client.stream.shutdown(Shutdown::Write);
                }
            });
        }
    });
    addr
}
