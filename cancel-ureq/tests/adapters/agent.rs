//! What the protocol needs is set on each request, whatever the settings of the ureq agent. The rest is up to the
//! agent.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use cancel_core::{Endpoint, ErrorKind, Outcome, Policy, Posted, Proof};
use cancel_ureq::Driver;
use http::Uri;
use ureq::Agent;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};

use crate::server::{Reply, Server, cancellation, policy, read_request, reply, token};

/// An agent that would follow, convert, compress, and send everything through a proxy that is not there.
pub(crate) fn meddlesome() -> Agent {
    Agent::config_builder()
        .http_status_as_error(true)
        .max_redirects(10)
        .max_redirects_will_error(true)
        .accept("text/html")
        .accept_encoding("gzip")
        .proxy(Some(ureq::Proxy::new("http://127.0.0.1:1").unwrap()))
        .build()
        .new_agent()
}

fn run(endpoint: Endpoint, agent: Agent) -> (ErrorKind, Posted) {
    let error = Driver::new(agent, token()).drive(&mut cancellation(endpoint, policy())).unwrap_err();
    (error.kind(), error.posted())
}

#[test]
fn a_local_endpoint_uses_no_proxy_and_no_compression_is_asked_for() {
    let server = Server::start(vec![reply(200, "", "")]);
    let outcome = Driver::new(meddlesome(), token()).drive(&mut server.cancellation(policy())).unwrap();
    assert!(matches!(outcome, Outcome::Canceled { proof: Proof::Acknowledged, .. }));
    let post = server.requests().remove(0);
    assert!(!post.contains("accept"), "{post}");
}

#[test]
fn a_request_that_the_agent_refuses_is_not_sent() {
    let server = Server::start(vec![]);
    let agent = Agent::config_builder().https_only(true).build().new_agent();
    assert_eq!(run(server.endpoint(), agent), (ErrorKind::Transport, Posted::No));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_proxy_that_refuses_gets_no_token() {
    // The manual says that ureq takes 201 and 103 for refusals: when this fails, correct it there.
    for status in [403, 201, 103] {
        let proxy = Server::start(vec![reply(status, "", ""); 5]);
        let agent = Agent::config_builder()
            .proxy(Some(ureq::Proxy::new(&format!("http://{}", proxy.addr)).unwrap()))
            .build()
            .new_agent();
        assert_eq!(run(Endpoint::default(), agent), (ErrorKind::Transport, Posted::No), "{status}");
        assert!(proxy.requests().iter().all(|request| request.starts_with("CONNECT ") && !request.contains("canary")));
    }
}

/// Its time is always up.
#[derive(Debug)]
struct Late;

/// An attempt has a minute.
fn too_late<T>(timeout: NextTimeout) -> Result<T, ureq::Error> {
    assert!((30..=45).contains(&timeout.after.as_secs()), "{timeout:?}");
    Err(ureq::Error::Timeout(timeout.reason))
}

impl Resolver for Late {
    fn resolve(&self, _: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        too_late(timeout)
    }
}

impl Connector for Late {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Self::Out>, ureq::Error> {
        too_late(details.timeout)
    }
}

#[test]
fn a_lookup_or_a_connection_that_takes_too_long_leaves_time_to_say_that_nothing_was_sent() {
    let config = Agent::new_with_defaults().config().clone();
    let lookup = Agent::with_parts(config.clone(), DefaultConnector::default(), Late);
    let connection = Agent::with_parts(config, Late, DefaultResolver::default());
    for agent in [lookup, connection] {
        let minute = Duration::from_secs(60);
        let policy = policy().attempt_timeout(minute).deadline(10 * minute);
        let mut cancellation = cancellation(Endpoint::new("http://127.0.0.1:1").unwrap(), policy);
        let error = Driver::new(agent, token()).drive(&mut cancellation).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Transport, Posted::No));
    }
}

/// Keeps its connections, and answers each request like the service until the third poll; counts connections.
fn keep_alive() -> (Endpoint, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::new(format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let (counted, polls) = (Arc::clone(&connections), Arc::new(AtomicUsize::new(0)));
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Relaxed);
            let (mut stream, polls) = (stream.unwrap(), Arc::clone(&polls));
            thread::spawn(move || {
                loop {
                    let request = read_request(&mut stream);
                    let (status, head, body) = match request.get(..4) {
                        Some("POST") => (202, "Location: /api/operations/1\r\n", ""),
                        Some("GET ") if polls.fetch_add(1, Relaxed) < 3 => (200, "", r#"{"status":"running"}"#),
                        Some("GET ") => (200, "", r#"{"status":"canceled"}"#),
                        _ => return,
                    };
                    let Reply::Bytes(answer) = reply(status, head, body) else { return };
                    stream.write_all(&answer).unwrap();
                }
            });
        }
    });
    (endpoint, connections)
}

#[test]
fn polls_that_are_far_apart_share_a_connection() {
    let policy = policy().poll_interval(Duration::from_millis(40)).jitter_percent(0);
    let forgetful = Agent::config_builder().max_idle_age(Duration::from_millis(20)).build().new_agent();
    for (agent, expected) in [(cancel_ureq::agent(), 1), (forgetful, 5)] {
        let (endpoint, connections) = keep_alive();
        let outcome = Driver::new(agent, token()).drive(&mut cancellation(endpoint, policy.clone())).unwrap();
        assert_eq!((outcome.as_str(), connections.load(Relaxed)), ("canceled", expected));
    }
    let longest = Policy::default().get_max_poll_interval() * 6 / 5;
    assert!(cancel_ureq::agent().config().max_idle_age() > longest + Policy::default().get_attempt_timeout());
}
