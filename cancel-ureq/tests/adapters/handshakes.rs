//! A handshake that fails: the POST is certainly not sent, and is tried again.

use cancel_core::{Endpoint, ErrorKind, Posted};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::adapter::OVER_HTTP1;
use crate::parallel::each;
use crate::server::{TLS_HANDSHAKE, cancellation, policy};

/// What the server sends after the ClientHello.
enum Answer {
    /// These bytes. Then it closes the connection.
    Bytes(&'static [u8]),
    /// A fatal alert of this number.
    Alert(u8),
    /// Nothing, and it resets the connection.
    Reset,
    /// These bytes, one by one, and then others without an end.
    Slowly(&'static [u8]),
}

const ANSWERS: [(&str, Answer); 25] = [
    ("plain HTTP", Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("a refusal in plain HTTP", Answer::Bytes(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")),
    ("a captive page", Answer::Bytes(b"HTTP/1.0 302 Found\r\nLocation: http://login.example/\r\n\r\n<html></html>")),
    ("a page alone", Answer::Bytes(b"<!DOCTYPE html><title>Sign in</title>")),
    ("an SSH banner", Answer::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n")),
    ("an SMTP banner", Answer::Bytes(b"220 mail.example ESMTP\r\n")),
    ("zeros", Answer::Bytes(&[0; 64])),
    ("a close", Answer::Bytes(b"")),
    ("a reset", Answer::Reset),
    ("half a record", Answer::Bytes(b"\x16\x03\x03\x00\x40\x02\x00")),
    ("a record that is no handshake", Answer::Bytes(b"\x17\x03\x03\x00\x04abcd")),
    ("a message that is no ServerHello", Answer::Bytes(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00")),
    ("a ClientHello", Answer::Bytes(b"\x16\x03\x01\x00\x04\x01\x00\x00\x00")),
    ("close_notify", Answer::Alert(0)),
    ("unexpected_message", Answer::Alert(10)),
    ("handshake_failure", Answer::Alert(40)),
    ("illegal_parameter", Answer::Alert(47)),
    ("unknown_ca", Answer::Alert(48)),
    ("access_denied", Answer::Alert(49)),
    ("protocol_version", Answer::Alert(70)),
    ("insufficient_security", Answer::Alert(71)),
    ("internal_error", Answer::Alert(80)),
    ("user_canceled", Answer::Alert(90)),
    ("unrecognized_name", Answer::Alert(112)),
    ("no_application_protocol", Answer::Alert(120)),
];

#[test]
fn a_post_whose_handshake_fails_is_not_sent() {
    for (name, answer) in ANSWERS {
        let server = Server::start(answer);
        for adapter in OVER_HTTP1 {
            let endpoint = Endpoint::new(format!("https://{}", server.addr)).unwrap();
            let error = adapter.drive(&mut cancellation(endpoint, policy())).unwrap_err();
            let ended = (error.kind(), error.posted());
            assert_eq!(ended, (ErrorKind::Transport, Posted::No), "{adapter:?}, {name}: {error}");
            let requests = std::mem::take(&mut *server.requests.lock().unwrap());
            assert_eq!(requests.len(), 5, "{adapter:?}, {name}");
            for request in requests {
                let text = String::from_utf8_lossy(&request);
                assert!(request.starts_with(TLS_HANDSHAKE) && !text.contains("canary"), "{adapter:?}, {name}: {text}");
            }
        }
    }
}

/// Connecting has three quarters of the time, the handshake included.
#[test]
fn a_post_whose_handshake_takes_too_long_is_not_sent() {
    // Nothing; and a record that is announced as long as can be.
    let starts = [&b""[..], b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb\x03\x03"];
    let impatient = policy().attempt_timeout(Duration::from_millis(400)).attempts(2);
    each(OVER_HTTP1.into_iter().flat_map(|adapter| starts.map(|start| (adapter, start))), |(adapter, start)| {
        let server = Server::start(Answer::Slowly(start));
        let endpoint = Endpoint::new(format!("https://{}", server.addr)).unwrap();
        let error = adapter.drive(&mut cancellation(endpoint, impatient.clone())).unwrap_err();
        let ended = (error.kind(), error.posted(), server.requests.lock().unwrap().len());
        assert_eq!(ended, (ErrorKind::Transport, Posted::No, 2), "{adapter:?}, {start:?}: {error}");
    });
}

struct Server {
    addr: SocketAddr,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// Answers the first bytes of each connection, and records all that arrives.
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let mut bytes = vec![0; 16 * 1024];
                let count = stream.read(&mut bytes).unwrap_or(0);
                bytes.truncate(count);
                recorded.lock().unwrap().push(bytes);
                // The client may be gone before all is written.
                let _ = match &answer {
                    Answer::Bytes(bytes) => stream.write_all(bytes),
                    Answer::Alert(number) => stream.write_all(&[0x15, 3, 3, 0, 2, 2, *number]),
                    Answer::Reset => SockRef::from(&stream).set_linger(Some(Duration::ZERO)),
                    Answer::Slowly(bytes) => {
                        let bytes = *bytes;
                        thread::spawn(move || drip(stream, bytes));
                        Ok(())
                    }
                };
            }
        });
        Self { addr, requests }
    }
}

/// Without a first byte it sends nothing at all.
fn drip(mut stream: TcpStream, bytes: &'static [u8]) {
    if bytes.is_empty() {
        let _ = stream.read(&mut [0]);
    }
    for byte in bytes.iter().chain(std::iter::repeat(&0)) {
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}
