//! A server that answers one request on each connection, and breaks it at the next one.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cancel_core::{Endpoint, Posted, Until};

use crate::adapter::OVER_HTTP1;
use crate::server::{cancellation, policy, read_request};

#[test]
fn a_post_after_a_lost_one_has_a_connection_of_its_own() {
    for adapter in OVER_HTTP1 {
        let endpoint = Endpoint::new(format!("http://{}", start())).unwrap();
        let mut cancellation = cancellation(endpoint, policy().until(Until::Verified));
        let outcome = adapter.drive(&mut cancellation).unwrap();
        assert_eq!((outcome.as_str(), outcome.posted()), ("canceled", Posted::Yes), "{adapter:?}");
    }
}

/// A publish runs until a POST arrives as the first request of its connection.
fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        let is_canceled: &AtomicBool = Box::leak(Box::default());
        for stream in listener.incoming() {
            thread::spawn(move || answer_once(stream.unwrap(), is_canceled));
        }
    });
    addr
}

fn answer_once(mut stream: TcpStream, is_canceled: &AtomicBool) {
    let request = read_request(&mut stream);
    if request.starts_with("POST ") {
        is_canceled.store(true, Ordering::SeqCst);
    }
    let status = if is_canceled.load(Ordering::SeqCst) { "canceled" } else { "running" };
    let body = match request {
        _ if request.starts_with("POST ") => String::new(),
        _ if request.contains("/submissions/") => format!(r#"[{{"id":"publish","submissionState":"{status}"}}]"#),
        _ => format!(r#"{{"status":"{status}"}}"#),
    };
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    // The next request is not read, so that the connection is reset.
    if stream.write_all(answer.as_bytes()).is_ok() {
        let _ = stream.peek(&mut [0]);
    }
}
