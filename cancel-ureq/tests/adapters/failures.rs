//! What each failure of the transport means for the POST: not sent, or maybe sent.

use std::net::SocketAddr;
use std::time::Duration;

use cancel_core::{Endpoint, ErrorKind, Posted, Until};
use socket2::{Domain, Socket, Type};

use crate::adapter::{Adapter, EVERY, OVER_HTTP1};
use crate::parallel::each;
use crate::server::{Reply, Server, cancellation, policy};

/// How a cancel ends whose POST gets this reply, and how many requests there were.
fn failing(adapter: Adapter, reply: Reply) -> (cancel_core::Error, usize) {
    let server = Server::start(vec![reply]);
    let error = adapter.drive(&mut server.cancellation(policy())).unwrap_err();
    (error, server.requests().len())
}

#[test]
fn nothing_is_sent_where_nothing_listens() {
    // The port is bound, so that no other test can listen there, and nothing listens on it.
    let taken = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    taken.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    not_sent(&format!("http://{}", taken.local_addr().unwrap().as_socket().unwrap()));
}

#[test]
fn nothing_is_sent_where_the_name_is_not_found() {
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
fn a_server_that_closes_the_connection_may_have_read_the_request() {
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
fn a_server_that_does_not_answer_may_have_read_the_request() {
    let starts = [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"];
    each(OVER_HTTP1.into_iter().flat_map(|adapter| starts.map(|bytes| (adapter, bytes))), |(adapter, bytes)| {
        let (error, requests) = failing(adapter, Reply::Hang(bytes.to_vec()));
        let ended = (error.kind(), error.posted(), requests);
        assert_eq!(ended, (ErrorKind::Ambiguous, Posted::Maybe, 1), "{adapter:?}, {bytes:?}: {error}");
    });
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

        let location = "Location: /api/operations/contoso$contoso-offer$2$preview\r\n";
        let hanging = |status, location| {
            let head = format!("HTTP/1.1 {status} OK\r\n{location}Content-Length: 99\r\n\r\n");
            Server::start(vec![Reply::Hang(head.into_bytes())])
        };
        let outcome = adapter.drive(&mut hanging(202, location).cancellation(policy().until(Until::Accepted)));
        assert_eq!(outcome.unwrap().as_str(), "accepted", "{adapter:?}");
        // The body of a 200 tells a page of something between from the service's answer.
        let error = adapter.drive(&mut hanging(200, "").cancellation(policy())).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Ambiguous, Posted::Yes), "{adapter:?}");
    }
}

/// Where the clients differ. The manual says so, with their versions: when this fails, correct it there.
#[test]
fn the_clients_differ_in_these_answers() {
    let informational = "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let signed = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\n0\r\n0\r\n\r\n";
    let without_last_line = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    for (answer, by_ureq, by_hyper) in [
        (informational, "ambiguous", "canceled"),
        (signed, "canceled", "ambiguous"),
        (without_last_line, "canceled", "ambiguous"),
    ] {
        let words = (word(Adapter::Ureq, answer), word(Adapter::Hyper, answer));
        assert_eq!(words, (by_ureq, by_hyper), "{answer:?}");
    }
}

/// A body in a coding that nobody decodes can be JSON by chance, as `0` is.
#[test]
fn a_body_in_another_transfer_coding_acknowledges_nothing() {
    let codings = ["chunked, gzip", "gzip, chunked", "gzip", "identity", "chunked, chunked", "chunked,", ""];
    let heads = codings.map(|coding| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n"));
    let twice = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n";
    let outdated = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n";
    for adapter in OVER_HTTP1 {
        for head in heads.iter().map(String::as_str).chain([twice, outdated]) {
            for end in ["\r\n0", "\r\n2\r\n{}\r\n0\r\n\r\n", "Content-Length: 2\r\n\r\n{}"] {
                assert_eq!(word(adapter, &format!("{head}{end}")), "ambiguous", "{adapter:?}, {head:?}, {end:?}");
            }
        }
        let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: \t Chunked \r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assert_eq!(word(adapter, chunks), "canceled", "{adapter:?}");
    }
}

/// How a cancel ends whose POST gets this answer.
fn word(adapter: Adapter, answer: &str) -> &'static str {
    let server = Server::start(vec![Reply::Bytes(answer.into())]);
    let ended = adapter.drive(&mut server.cancellation(policy()));
    ended.map_or_else(|error| error.kind().as_str(), |outcome| outcome.as_str())
}
