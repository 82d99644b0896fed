//! What the protocol needs is set on each request, whatever the settings of the ureq agent. The rest is up to the
//! agent.

use cancel_core::{Endpoint, ErrorKind, Outcome, Posted, Proof};
use cancel_ureq::Driver;
use ureq::Agent;

use crate::server::{Server, cancellation, policy, reply, token};

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
    let proxy = Server::start(vec![reply(403, "", ""); 5]);
    let agent = Agent::config_builder()
        .proxy(Some(ureq::Proxy::new(&format!("http://{}", proxy.addr)).unwrap()))
        .build()
        .new_agent();
    assert_eq!(run(Endpoint::default(), agent), (ErrorKind::Transport, Posted::No));
    assert!(proxy.requests().iter().all(|request| request.starts_with("CONNECT ") && !request.contains("canary")));
}
