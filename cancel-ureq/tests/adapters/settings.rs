//! What goes over the wire, and how much of the answer is read: the same through both adapters.

use std::time::Duration;

use cancel_core::{
    CancelRequest, Cancellation, Error, ErrorKind, NotificationEmails, OfferId, Outcome, Posted, PublisherId,
};

use crate::adapter::{Adapter, OVER_HTTP1};
use crate::server::{Reply, Server, TOKEN, policy, reply, token};

fn location() -> String {
    "Location: /api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31\r\n".to_owned()
}

#[test]
fn the_requests_are_these_bytes() {
    for adapter in OVER_HTTP1 {
        let server = Server::start(vec![reply(202, &location(), ""), reply(200, "", r#"{"status":"canceled"}"#)]);
        let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
            .notify(NotificationEmails::parse("a@contoso.com").unwrap());
        let mut cancellation = Cancellation::new(server.endpoint(), request, policy(), Duration::ZERO);
        adapter.drive(&mut cancellation).unwrap();
        let [post, get] = server.requests().try_into().unwrap();
        let (head, body) = post.split_once("\r\n\r\n").unwrap();
        // ureq has a name of its own, hyper has none.
        let mut lines: Vec<_> = head.lines().filter(|line| !line.starts_with("user-agent: ureq/")).collect();
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
            ],
            "{adapter:?}"
        );
        assert_eq!(body, r#"{"metadata":{"notification-emails":"a@contoso.com"}}"#);
        let path = "GET /api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31 HTTP/1.1\r\n";
        assert!(get.starts_with(path), "{get}");
        assert!(!get.contains("content-length") && !get.contains("transfer-encoding"), "{get}");
    }
}

#[test]
fn a_post_without_a_body_has_a_length() {
    for adapter in OVER_HTTP1 {
        let server = Server::start(vec![reply(200, "", "")]);
        adapter.drive(&mut server.cancellation(policy())).unwrap();
        let post = server.requests().remove(0);
        assert_eq!(post.matches("content-length: 0\r\n").count(), 1, "{post}");
        assert!(!post.contains("transfer-encoding"), "{post}");
    }
}

#[test]
fn a_compressed_body_is_not_decompressed() {
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for adapter in OVER_HTTP1 {
        let server = Server::start(vec![reply(400, "Content-Encoding: gzip\r\n", gzip)]);
        let error = adapter.drive(&mut server.cancellation(policy())).unwrap_err();
        assert!(error.answer().unwrap().excerpt().contains('\u{fffd}'), "{error:?}");
    }
}

#[test]
fn a_body_is_read_up_to_the_limit() {
    let operation = |length: usize| {
        let start = r#"{"status":"canceled","x":""#;
        format!("{start}{}\"}}", "x".repeat(length - start.len() - 2))
    };
    for adapter in OVER_HTTP1 {
        let run = |length| {
            let polls = vec![reply(200, "", operation(length)); 5];
            let server = Server::start([vec![reply(202, &location(), "")], polls].concat());
            adapter.drive(&mut server.cancellation(policy().body_limit(1000)))
        };
        assert!(run(1000).is_ok(), "{adapter:?}");
        assert_eq!(run(1001).unwrap_err().kind(), ErrorKind::BodyTooLarge, "{adapter:?}");
    }
}

#[test]
fn the_observer_is_told_every_step() {
    for adapter in OVER_HTTP1 {
        let server = Server::start(vec![
            reply(202, &format!("x-ms-request-id: {TOKEN}\r\n{}", location()), ""),
            reply(200, "", r#"{"status":"canceled"}"#),
        ]);
        let mut events = Vec::new();
        let mut observer = |event: &cancel_core::Event<'_>, cancellation: &Cancellation| {
            let event = format!("{event:?}");
            assert!(!event.contains("canary"), "{event}");
            let name = event.split(['(', ' ']).next().unwrap_or_default().to_owned();
            events.push((name, cancellation.posted()));
        };
        let mut cancellation = server.cancellation(policy());
        adapter.drive_with(&mut |_| Ok(token()), &mut observer, None, &mut cancellation).unwrap();
        let events: Vec<_> = events.iter().map(|(name, posted)| (name.as_str(), *posted)).collect();
        assert_eq!(
            events,
            [
                ("Authenticating", Posted::No),
                ("Sending", Posted::Maybe),
                ("Answered", Posted::Maybe),
                ("Waiting", Posted::Yes),
                ("Sending", Posted::Yes),
                ("Answered", Posted::Yes),
                ("Done", Posted::Yes),
            ],
            "{adapter:?}"
        );
    }
}

#[test]
fn no_memory_is_taken_for_a_length_that_is_only_promised() {
    for adapter in OVER_HTTP1 {
        let promise = format!("HTTP/1.1 400 X\r\nContent-Length: {}\r\n\r\n{{}}", u64::MAX / 2 + 1);
        let server = Server::start(vec![Reply::Bytes(promise.into_bytes())]);
        let error = adapter.drive(&mut server.cancellation(policy().body_limit(usize::MAX))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadRequest, "{adapter:?}");
    }
}

#[test]
fn no_time_is_too_long() {
    for adapter in OVER_HTTP1 {
        let server = Server::start(vec![reply(200, "", "")]);
        let endless = policy().deadline(Duration::MAX).attempt_timeout(Duration::MAX);
        assert_eq!(adapter.drive(&mut server.cancellation(endless)).unwrap().as_str(), "canceled", "{adapter:?}");
    }
}

/// RFC 9112 §5.2: a client replaces the fold by spaces. ureq has no switch for it.
#[test]
fn a_folded_header_that_does_not_matter_is_read_by_hyper() {
    let folded = |name: &str| format!("{name}: max-age=31536000;\r\n includeSubDomains\r\n");
    for (adapter, ended) in OVER_HTTP1.into_iter().zip([Err(ErrorKind::Ambiguous), Ok("canceled")]) {
        let server = Server::start(vec![reply(200, &folded("Strict-Transport-Security"), "")]);
        let result = adapter.drive(&mut server.cancellation(policy()));
        let result = result.as_ref().map(Outcome::as_str).map_err(Error::kind);
        assert_eq!(result, ended, "{adapter:?}");
    }
    // A folded location is not put together.
    let server = Server::start(vec![reply(202, &folded("Location"), "")]);
    let error = Adapter::Hyper.drive(&mut server.cancellation(policy())).unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::InvalidLocation, 1));
}
