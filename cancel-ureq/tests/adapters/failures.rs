//! What each failure of the transport counts as: certainly not sent, or perhaps.

use std::net::SocketAddr;
use std::time::Duration;

use cancel_core::{Endpoint, ErrorKind, Posted};
use socket2::{Domain, Socket, Type};

use crate::adapter::{Adapter, EVERY, OVER_HTTP1};
use crate::server::{Reply, Server, cancellation, policy};

/// How a cancel ends whose POST gets this reply, and how many requests that took.
fn failing(adapter: Adapter, reply: Reply) -> (cancel_core::Error, usize) {
    let server = Server::start(vec![reply]);
    let error = adapter.drive(&mut server.cancellation(policy())).unwrap_err();
    (error, server.requests().len())
}

#[test]
fn where_nothing_listens_nothing_is_sent() {
    // A port that is taken, so that no other test listens there, and on which nobody listens.
    let taken = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    taken.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    not_sent(&format!("http://{}", taken.local_addr().unwrap().as_socket().unwrap()));
}

#[test]
fn where_no_name_is_found_nothing_is_sent() {
    not_sent("https://no-such-host.invalid");
}

fn not_sent(origin: &str) {
    for adapter in EVERY {
        let mut cancellation = cancellation(Endpoint::new(origin).unwrap(), policy());
        let error = adapter.drive(&mut cancellation).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Transport, Posted::No), "{adapter:?}: {error}");
    }
}

#[test]
fn a_server_that_hangs_up_may_have_read_the_request() {
    let ends = [&b""[..], b"HTTP/1.1 20", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"];
    let replies = ends.map(|bytes| Reply::Bytes(bytes.to_vec()));
    for adapter in OVER_HTTP1 {
        for reply in replies.iter().chain([&Reply::Close]) {
            let (error, requests) = failing(adapter, reply.clone());
            let ended = (error.kind(), error.posted(), requests);
            assert_eq!(ended, (ErrorKind::Ambiguous, Posted::Maybe, 1), "{adapter:?}, {reply:?}: {error}");
        }
    }
}

#[test]
fn a_server_that_says_nothing_may_have_read_the_request() {
    for adapter in OVER_HTTP1 {
        for bytes in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"] {
            let (error, requests) = failing(adapter, Reply::Hang(bytes.to_vec()));
            let ended = (error.kind(), error.posted(), requests);
            assert_eq!(ended, (ErrorKind::Ambiguous, Posted::Maybe, 1), "{adapter:?}, {bytes:?}: {error}");
        }
    }
}

#[test]
fn an_attempt_that_the_deadline_cuts_short_is_a_deadline() {
    for adapter in OVER_HTTP1 {
        let server = Server::start(vec![Reply::Hang(Vec::new())]);
        let policy = policy().attempt_timeout(Duration::from_secs(60)).deadline(Duration::from_millis(200));
        let error = adapter.drive(&mut server.cancellation(policy)).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Deadline, Posted::Maybe), "{adapter:?}");
    }
}

#[test]
fn a_head_counts_without_its_body() {
    for adapter in OVER_HTTP1 {
        let refused = b"HTTP/1.1 403 No\r\nContent-Length: 99\r\n\r\n{\"er".to_vec();
        let (error, _) = failing(adapter, Reply::Bytes(refused));
        assert_eq!((error.kind(), error.answer().unwrap().excerpt()), (ErrorKind::Forbidden, "{\"er"), "{adapter:?}");

        let hanging = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".to_vec();
        let server = Server::start(vec![Reply::Hang(hanging)]);
        let outcome = adapter.drive(&mut server.cancellation(policy()));
        assert_eq!(outcome.unwrap().as_str(), "canceled", "{adapter:?}");
    }
}
