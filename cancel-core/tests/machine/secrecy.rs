//! Rule 4: the token is in one header of the request, and nowhere else.

use cancel_core::{BearerToken, Body, Event, Failure, Step};
use http::Response;

use crate::talk::{MIGRATED, NO_HEADERS, TOKEN, Talk, settled};

fn says_nothing(what: &str, text: &str) {
    assert!(!text.contains("canary"), "{what} holds the token: {text}");
}

#[test]
fn nothing_prints_the_token() {
    let mut talk = Talk::new(settled());
    let post = talk.post();
    assert_eq!(post.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
    says_nothing("an exchange", &format!("{:?}", post.exchange));
    post.answer(202, [("Location", MIGRATED)], "");
    says_nothing("a machine", &format!("{:?}", talk.cancellation));
    says_nothing("a progress", &format!("{:?}", talk.cancellation.progress()));
    says_nothing("a step", &format!("{:?}", talk.cancellation.step(talk.now)));
}

#[test]
fn a_service_that_echoes_the_token_does_not_get_it_printed() {
    let echo = format!(r#"{{"error":{{"code":"{TOKEN}","message":"you sent Bearer {TOKEN}"}}}}"#);
    for status in [302, 400, 403, 404, 409, 500, 503] {
        let mut talk = Talk::new(settled());
        talk.post().answer(
            status,
            [("x-ms-request-id", TOKEN), ("x-ms-correlation-request-id", TOKEN), ("Location", TOKEN)],
            &echo,
        );
        let error = talk.end().unwrap_err();
        says_nothing("an error", &format!("{error} {error:?}"));
    }
}

#[test]
fn a_token_that_was_rejected_or_replaced_is_a_secret_still() {
    let mut talk = Talk::new(settled());
    talk.post().answer(401, NO_HEADERS, "");
    talk.post().answer(400, [("x-ms-request-id", TOKEN)], &format!(r#"{{"message":"you sent {TOKEN} before"}}"#));
    let error = talk.end().unwrap_err();
    says_nothing("an error after a 401", &format!("{error} {error:?}"));

    let mut talk = Talk::new(settled());
    let id = talk.post().exchange.id;
    talk.cancellation.provide_token(BearerToken::new("a-fresher-token").unwrap());
    let answer = Response::builder().status(400).body(format!("you sent {TOKEN}")).unwrap();
    talk.cancellation.handle_response(talk.now, id, answer).unwrap();
    let error = talk.end().unwrap_err();
    says_nothing("an error after a fresher token", &format!("{error} {error:?}"));
}

/// Readers take what a tree cannot hold, and undo its escapes.
#[test]
fn escapes_hide_no_token_from_us() {
    let escaped = TOKEN.replace('c', r"\u0063");
    for body in [
        format!("\u{feff}{{\"status\":\"{escaped}\"}}"),
        format!(r#"{{"status":"{escaped}","offerVersion":1e999}}"#),
        format!(r#"{{"status":"{escaped}","nobody's":"\ud800"}}"#),
    ] {
        let mut talk = Talk::watching(settled());
        talk.look(200, &body);
        let progress = talk.cancellation.progress();
        let status = progress.operation.unwrap().status();
        assert!(status.contains("***"), "{status}");
        says_nothing("a progress", &format!("{status} {progress:?}"));
    }
}

#[test]
fn a_location_that_holds_the_token_is_followed_without_it() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", &*format!("{MIGRATED}&t={TOKEN}"))], "");
    says_nothing("a location", &format!("{:?}", talk.cancellation.progress()));
    let get = talk.next();
    says_nothing("a URL", &get.url());
    get.answer(200, NO_HEADERS, &format!(r#"{{"status":"canceled","messages":["{TOKEN}"]}}"#));
    let outcome = talk.end().unwrap();
    says_nothing("an outcome", &format!("{outcome:?} {:?}", outcome.operation().unwrap().details()));
}

#[test]
fn a_transport_that_prints_the_request_does_not_get_it_kept() {
    let mut talk = Talk::new(settled());
    talk.post().fail(Failure::maybe_sent(format!("could not send Authorization: Bearer {TOKEN}")));
    let error = talk.end().unwrap_err();
    says_nothing("an error", &format!("{error} {error:?}"));
}

#[test]
fn events_of_a_driver_say_what_happened() {
    let mut talk = Talk::new(settled());
    let id = talk.post().exchange.id;
    let response = Response::builder().status(202).header("x-ms-request-id", "7f2e").body(Body::from("")).unwrap();
    let Event::Answered { status, request_id, .. } = Event::answered(&talk.cancellation, id, &response) else {
        panic!("it was answered");
    };
    assert_eq!((status.as_u16(), request_id.as_deref()), (202, Some("7f2e")));
    for (failure, sent) in [(Failure::not_sent("why"), true), (Failure::maybe_sent("why"), false)] {
        let Event::Failed { why, not_sent, .. } = Event::failed(&talk.cancellation, id, &failure) else {
            panic!("it failed");
        };
        assert_eq!((&*why, not_sent), ("why", sent));
    }
}

#[test]
fn events_of_a_driver_hold_no_token() {
    let mut talk = Talk::new(settled());
    let id = talk.post().exchange.id;
    let response = Response::builder().header("x-ms-request-id", TOKEN).body(Body::from("")).unwrap();
    says_nothing("an event", &format!("{:?}", Event::answered(&talk.cancellation, id, &response)));
    let failure = Failure::maybe_sent(TOKEN);
    says_nothing("an event", &format!("{:?}", Event::failed(&talk.cancellation, id, &failure)));
    assert!(matches!(talk.cancellation.step(talk.now), Step::Await { .. }));
}
