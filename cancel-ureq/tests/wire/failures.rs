//! What each failure of the transport counts as: certainly not sent, or perhaps.

use std::net::TcpListener;
use std::time::Duration;

use cancel_core::{Endpoint, Error, Posted};
use cancel_ureq::Driver;
use ureq::Agent;

use crate::server::{Reply, Server, cancellation, policy, reply, token};

fn run(endpoint: Endpoint, agent: &Agent) -> (&'static str, Posted) {
    let error = Driver::new(agent, token()).drive(&mut cancellation(endpoint, policy())).unwrap_err();
    (error.kind(), error.posted())
}

fn failing(reply: Reply) -> (Error, usize) {
    let server = Server::start(vec![reply]);
    let error =
        Driver::new(&Agent::new_with_defaults(), token()).drive(&mut server.cancellation(policy())).unwrap_err();
    (error, server.requests().len())
}

#[test]
fn where_nothing_listens_nothing_is_sent() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = Endpoint::new(format!("http://{free}")).unwrap();
    assert_eq!(run(endpoint, &Agent::new_with_defaults()), ("transport", Posted::No));
}

#[test]
fn where_no_name_is_found_nothing_is_sent() {
    let endpoint = Endpoint::new("https://no-such-host.invalid").unwrap();
    assert_eq!(run(endpoint, &Agent::new_with_defaults()), ("transport", Posted::No));
}

#[test]
fn what_the_agent_refuses_is_not_sent() {
    let server = Server::start(vec![]);
    let agent = Agent::config_builder().https_only(true).build().new_agent();
    assert_eq!(run(server.endpoint(), &agent), ("transport", Posted::No));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_proxy_that_refuses_lets_nothing_through() {
    let proxy = Server::start(vec![reply(403, "", ""); 5]);
    let agent = Agent::config_builder()
        .proxy(Some(ureq::Proxy::new(&format!("http://{}", proxy.addr)).unwrap()))
        .build()
        .new_agent();
    assert_eq!(run(Endpoint::default(), &agent), ("transport", Posted::No));
    assert!(proxy.requests().iter().all(|request| request.starts_with("CONNECT ") && !request.contains("canary")));
}

#[test]
fn a_server_that_hangs_up_may_have_read_the_request() {
    for bytes in [&b""[..], b"HTTP/1.1 20", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"] {
        let (error, requests) = failing(Reply::Bytes(bytes.to_vec()));
        assert_eq!((error.kind(), error.posted(), requests), ("ambiguous", Posted::Maybe, 1), "{bytes:?}");
    }
    let (error, requests) = failing(Reply::Close);
    assert_eq!((error.kind(), error.posted(), requests), ("ambiguous", Posted::Maybe, 1));
}

#[test]
fn a_server_that_says_nothing_may_have_read_the_request() {
    for bytes in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"] {
        let (error, requests) = failing(Reply::Hang(bytes.to_vec()));
        assert_eq!((error.kind(), error.posted(), requests), ("ambiguous", Posted::Maybe, 1), "{bytes:?}");
    }
}

#[test]
fn an_attempt_that_the_deadline_cuts_short_is_a_deadline() {
    let server = Server::start(vec![Reply::Hang(Vec::new())]);
    let policy = policy().attempt_timeout(Duration::from_secs(60)).deadline(Duration::from_millis(200));
    let error = Driver::new(&Agent::new_with_defaults(), token()).drive(&mut server.cancellation(policy)).unwrap_err();
    assert_eq!((error.kind(), error.posted()), ("deadline", Posted::Maybe));
}

#[test]
fn a_head_counts_without_its_body() {
    let (error, _) = failing(Reply::Bytes(b"HTTP/1.1 403 No\r\nContent-Length: 99\r\n\r\n{\"er".to_vec()));
    assert_eq!((error.kind(), error.answer().unwrap().excerpt()), ("forbidden", "{\"er"));

    let hanging = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".to_vec();
    let server = Server::start(vec![Reply::Hang(hanging)]);
    let outcome = Driver::new(&Agent::new_with_defaults(), token()).drive(&mut server.cancellation(policy()));
    assert_eq!(outcome.unwrap().as_str(), "canceled");
}
