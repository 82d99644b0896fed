//! What the protocol depends on is set per request, whatever the agent says.

use std::time::Duration;

use cancel_core::{CancelRequest, Cancellation, NotificationEmails, OfferId, Outcome, Posted, Proof, PublisherId};
use cancel_ureq::Driver;
use ureq::Agent;

use crate::server::{Server, TOKEN, policy, reply, token};

/// An agent that would follow, convert, compress, and send everything through a proxy that is not there.
fn meddlesome() -> Agent {
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

fn location() -> String {
    "Location: /api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31\r\n".to_owned()
}

#[test]
fn the_requests_are_these_bytes() {
    let server = Server::start(vec![reply(202, &location(), ""), reply(200, "", r#"{"status":"canceled"}"#)]);
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
        .notify(NotificationEmails::parse("a@contoso.com").unwrap());
    let mut cancellation = Cancellation::new(server.endpoint(), request, policy(), Duration::ZERO);
    let agent = Agent::config_builder().user_agent("").build().new_agent();
    Driver::new(&agent, token()).drive(&mut cancellation).unwrap();
    let [post, get] = server.requests().try_into().unwrap();
    let (head, body) = post.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().collect();
    assert_eq!(
        lines.remove(0),
        "POST /api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31 HTTP/1.1"
    );
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            format!("authorization: Bearer {TOKEN}"),
            "content-length: 52".to_owned(),
            "content-type: application/json".to_owned(),
            format!("host: {}", server.addr),
        ]
    );
    assert_eq!(body, r#"{"metadata":{"notification-emails":"a@contoso.com"}}"#);
    assert!(get.starts_with("GET /api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31 HTTP/1.1\r\n"));
    assert!(!get.contains("content-length") && !get.contains("transfer-encoding"), "{get}");
}

#[test]
fn a_post_without_a_body_has_a_length() {
    let server = Server::start(vec![reply(200, "", "")]);
    Driver::new(&Agent::new_with_defaults(), token()).drive(&mut server.cancellation(policy())).unwrap();
    let post = server.requests().remove(0);
    assert_eq!(post.matches("content-length: 0\r\n").count(), 1, "{post}");
    assert!(!post.contains("transfer-encoding"), "{post}");
}

#[test]
fn no_redirect_is_followed_and_no_status_is_an_error_of_ureqs() {
    let elsewhere = Server::start(vec![]);
    for status in [301, 302, 303, 307, 308] {
        let target = format!("Location: http://{}/x\r\n", elsewhere.addr);
        let server = Server::start(vec![reply(status, &target, "")]);
        let error = Driver::new(&meddlesome(), token()).drive(&mut server.cancellation(policy())).unwrap_err();
        assert_eq!(error.kind(), "unexpected_status");
        assert!(error.answer().unwrap().redirected_to().unwrap().contains(&elsewhere.addr.to_string()));
    }
    assert_eq!(elsewhere.requests().len(), 0);
    let server = Server::start(vec![reply(404, "", r#"{"error":{"code":"C","message":"M"}}"#)]);
    let error = Driver::new(&meddlesome(), token()).drive(&mut server.cancellation(policy())).unwrap_err();
    assert_eq!((error.kind(), error.answer().unwrap().code()), ("not_found", Some("C")));
}

#[test]
fn this_machine_is_reached_without_a_proxy_and_nothing_is_asked_to_be_compressed() {
    let server = Server::start(vec![reply(200, "", "")]);
    let outcome = Driver::new(&meddlesome(), token()).drive(&mut server.cancellation(policy())).unwrap();
    assert!(matches!(outcome, Outcome::Canceled { proof: Proof::Answered, .. }));
    let post = server.requests().remove(0);
    assert!(!post.contains("accept"), "{post}");
}

#[test]
fn a_compressed_body_stays_as_it_is() {
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let server = Server::start(vec![reply(400, "Content-Encoding: gzip\r\n", gzip)]);
    let error = Driver::new(&meddlesome(), token()).drive(&mut server.cancellation(policy())).unwrap_err();
    assert!(error.answer().unwrap().excerpt().contains('\u{fffd}'), "{error:?}");
}

#[test]
fn a_body_is_read_up_to_the_limit() {
    let operation = |length: usize| {
        let start = r#"{"status":"canceled","x":""#;
        format!("{start}{}\"}}", "x".repeat(length - start.len() - 2))
    };
    let run = |length| {
        let server =
            Server::start([vec![reply(202, &location(), "")], vec![reply(200, "", operation(length)); 5]].concat());
        Driver::new(&Agent::new_with_defaults(), token()).drive(&mut server.cancellation(policy().body_limit(1000)))
    };
    assert!(run(1000).is_ok());
    assert_eq!(run(1001).unwrap_err().kind(), "body_too_large");
}

#[test]
fn the_observer_sees_every_step() {
    let server = Server::start(vec![
        reply(202, &format!("x-ms-request-id: {TOKEN}\r\n{}", location()), ""),
        reply(200, "", r#"{"status":"canceled"}"#),
    ]);
    let mut seen = Vec::new();
    Driver::new(&Agent::new_with_defaults(), token())
        .observed_by(|event: &cancel_core::Event<'_>, cancellation: &Cancellation| {
            let event = format!("{event:?}");
            assert!(!event.contains("canary"), "{event}");
            let name = event.split(['(', ' ']).next().unwrap_or_default().to_owned();
            seen.push((name, cancellation.posted()));
        })
        .drive(&mut server.cancellation(policy()))
        .unwrap();
    let seen: Vec<_> = seen.iter().map(|(name, posted)| (name.as_str(), *posted)).collect();
    assert_eq!(
        seen,
        [
            ("Authenticating", Posted::No),
            ("Sending", Posted::Maybe),
            ("Answered", Posted::Maybe),
            ("Waiting", Posted::Yes),
            ("Sending", Posted::Yes),
            ("Answered", Posted::Yes),
            ("Done", Posted::Yes),
        ]
    );
}
