//! A server that answers each request with the bytes of a script and records the requests.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId, Until};

pub(crate) const TOKEN: &str = "canary-token-0123456789-0123456789-0123456789";

/// How a TLS connection begins: a record of this type.
pub(crate) const TLS_HANDSHAKE: &[u8] = b"\x16";

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with these bytes, and closes the connection.
    Bytes(Vec<u8>),
    /// Closes the connection without an answer.
    Close,
    /// Sends these bytes, then nothing more as long as the client listens.
    Hang(Vec<u8>),
}

/// An answer of HTTP/1.1 with a length.
pub(crate) fn reply(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    Reply::Bytes(bytes)
}

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Plays the script, one reply for each connection. After its end it closes every connection.
    pub(crate) fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&requests);
        thread::spawn(move || {
            let mut script = script.into_iter();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                recorded.lock().unwrap().push(read_request(&mut stream));
                match script.next() {
                    Some(reply) => play(stream, &reply),
                    None => return,
                }
            }
        });
        Self { addr, requests }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(format!("http://{}", self.addr)).unwrap()
    }

    pub(crate) fn cancellation(&self, policy: Policy) -> Cancellation {
        cancellation(self.endpoint(), policy)
    }
}

pub(crate) fn cancellation(endpoint: Endpoint, policy: Policy) -> Cancellation {
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap());
    Cancellation::new(endpoint, request, policy, Duration::ZERO)
}

pub(crate) fn policy() -> Policy {
    Policy::default()
        .until(Until::Settled)
        .poll_interval(Duration::from_millis(1))
        .max_poll_interval(Duration::from_millis(2))
        .attempt_timeout(Duration::from_millis(1000))
        .deadline(Duration::from_secs(10))
}

pub(crate) fn token() -> BearerToken {
    BearerToken::new(TOKEN).unwrap()
}

/// The head, and as much of a body as its length says. A TLS handshake has no blank line: its first bytes are enough.
pub(crate) fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                return text;
            }
        }
        if bytes.starts_with(TLS_HANDSHAKE) {
            return text;
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend(chunk.iter().take(read)),
        }
    }
}

fn play(mut stream: TcpStream, reply: &Reply) {
    match reply {
        Reply::Bytes(bytes) => {
            // The client may have closed the connection already.
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(Shutdown::Write);
        }
        Reply::Close => {}
        Reply::Hang(bytes) => {
            let _ = stream.write_all(bytes);
            thread::spawn(move || stream.read(&mut [0; 64]));
        }
    }
}
