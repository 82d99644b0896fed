//! Rule 4: the token is in one header of the request and nowhere else. Which forms of it are found in a text is tested
//! beside `machine/tokens.rs`; here stands where an echo can go.

use cancel_core::{BearerToken, Body, ErrorKind, Event, Failure, Step};
use http::Response;

use crate::run::{MIGRATED, NO_HEADERS, Run, TOKEN, operation, settled};

fn holds_no_token(what: &str, text: &str) {
    assert!(!text.contains("canary"), "{what} holds the token: {text}");
}

#[test]
fn nothing_prints_the_token() {
    let mut run = Run::new(settled());
    let post = run.post();
    assert_eq!(post.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
    holds_no_token("an exchange", &format!("{:?}", post.exchange));
    post.answer(202, [("Location", MIGRATED)], "");
    holds_no_token("a machine", &format!("{:?}", run.cancellation));
    holds_no_token("a progress", &format!("{:?}", run.cancellation.progress()));
    holds_no_token("a step", &format!("{:?}", run.cancellation.step(run.now)));
}

#[test]
fn an_answer_that_echoes_the_token_is_redacted() {
    let echo = format!(r#"{{"error":{{"code":"{TOKEN}","message":"you sent Bearer {TOKEN}"}}}}"#);
    for status in [302, 400, 403, 404, 409, 500, 503] {
        let mut run = Run::new(settled());
        run.post().answer(
            status,
            [("x-ms-request-id", TOKEN), ("x-ms-correlation-request-id", TOKEN), ("Location", TOKEN)],
            &echo,
        );
        let error = run.end().unwrap_err();
        holds_no_token("an error", &format!("{error} {error:?}"));
    }
}

#[test]
fn a_token_that_was_rejected_or_replaced_stays_a_secret() {
    let mut run = Run::new(settled());
    run.post().answer(401, NO_HEADERS, "");
    run.post().answer(400, [("x-ms-request-id", TOKEN)], &format!(r#"{{"message":"you sent {TOKEN} before"}}"#));
    let error = run.end().unwrap_err();
    holds_no_token("an error after a 401", &format!("{error} {error:?}"));

    let mut run = Run::new(settled());
    let id = run.post().exchange.id;
    run.cancellation.provide_token(BearerToken::new("a-fresher-token").unwrap());
    let answer = Response::builder().status(400).body(format!("you sent {TOKEN}")).unwrap();
    run.cancellation.handle_response(run.now, id, answer).unwrap();
    let error = run.end().unwrap_err();
    holds_no_token("an error after a fresher token", &format!("{error} {error:?}"));
}

#[test]
fn a_status_with_an_escaped_token_is_redacted() {
    let mut run = Run::following(settled());
    run.poll(200, &format!(r#"{{"status":"{}","offerVersion":1e999}}"#, TOKEN.replace('c', r"\u0063")));
    let progress = run.cancellation.progress();
    let status = progress.operation.unwrap().status();
    assert!(status.contains("***"), "{status}");
    holds_no_token("a progress", &format!("{status} {progress:?}"));
}

#[test]
fn a_location_that_holds_the_token_is_polled_without_it() {
    let mut run = Run::new(settled());
    run.post().answer(202, [("Location", &*format!("{MIGRATED}&t={TOKEN}"))], "");
    holds_no_token("a location", &format!("{:?}", run.cancellation.progress()));
    let get = run.next();
    holds_no_token("a URL", &get.url());
    get.answer(200, NO_HEADERS, &format!(r#"{{"status":"canceled","messages":["{TOKEN}"]}}"#));
    let outcome = run.end().unwrap();
    holds_no_token("an outcome", &format!("{outcome:?} {:?}", outcome.operation().unwrap().details()));
}

/// Neither of the two answers holds as much of the token as is redacted.
#[test]
fn a_location_that_is_joined_to_the_token_is_refused() {
    let parts = ["the-first-canary-of-a-token", "the-second-part-of-one"];
    let mut run = Run::new(settled());
    run.cancellation.provide_token(BearerToken::new(parts.join("/")).unwrap());
    run.post().answer(202, [("Location", &*format!("/{}/x", parts[0]))], "");
    run.next().answer(202, [("Location", parts[1])], "");
    let error = run.end().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidLocation);
    assert!(!format!("{error} {error:?}").contains(parts[1]), "{error}");
}

/// A token as they are: three parts of base64.
const LONG: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2Nsb3VkcGFydG5lciIsImlzcyI6InN0cyJ9.\
                    c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmUtc2lnbmF0dXJl";

/// No 32 characters in a row of it are in the text.
fn holds_no_part(what: &str, text: &str) {
    for part in LONG.as_bytes().windows(32) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!text.contains(part), "{what} holds a part of the token: {text}");
    }
}

fn run_with_a_long_token() -> Run {
    let mut run = Run::new(crate::run::verified());
    run.cancellation.provide_token(BearerToken::new(LONG).unwrap());
    run
}

#[test]
fn an_echo_that_is_cut_off_is_redacted() {
    for (start, end) in [(0, 140), (3, 90), (60, 92), (LONG.len() - 32, LONG.len())] {
        let mut run = run_with_a_long_token();
        run.next().answer(403, NO_HEADERS, &format!("not valid: {}...", LONG.get(start..end).unwrap()));
        let error = run.end().unwrap_err();
        assert!(error.to_string().contains("not valid: ***"), "{error}");
        holds_no_part("an error", &format!("{error} {error:?} {}", serde_json::to_string(&error).unwrap()));
    }
}

#[test]
fn an_operation_whose_id_is_a_part_of_the_token_is_in_no_checkpoint() {
    let mut run = run_with_a_long_token();
    run.list(&[(LONG.get(..100).unwrap(), "running"), ("a", "running")]);
    holds_no_part("a checkpoint", &run.cancellation.checkpoint().to_json());
    for _ in 0..4 {
        run.list(&[(LONG.get(..100).unwrap(), "running")]);
    }
    let error = run.end().unwrap_err();
    holds_no_part("an error", &format!("{error} {error:?}"));
}

#[test]
fn a_decoded_location_holds_no_token() {
    for echo in [LONG.replace('e', "%65"), LONG.bytes().map(|byte| format!("%{byte:02x}")).collect()] {
        let mut run = run_with_a_long_token();
        run.list(&[("a", "running")]);
        let id = echo.get(..300).unwrap_or(&echo);
        let location = operation(id);
        run.post().answer(202, [("Location", &location)], "");
        let progress = run.cancellation.progress();
        let kind = progress.location.map(cancel_core::OperationLocation::kind);
        holds_no_part("a location", &format!("{kind:?} {:?} {:?}", progress.location, progress.refused_location));
        holds_no_part("a checkpoint", &run.cancellation.checkpoint().to_json());
    }
}

#[test]
fn an_error_of_the_caller_that_prints_the_token_is_redacted() {
    let text = format!("cannot send Authorization: Bearer {TOKEN}");
    let mut run = Run::new(settled());
    run.post().fail(Failure::maybe_sent(&*text));
    for error in
        [run.end().unwrap_err(), run.cancellation.token_source_error(&text), run.cancellation.checkpoint_error(&text)]
    {
        assert!(error.to_string().contains("cannot "), "{error}");
        holds_no_token("an error", &format!("{error} {error:?}"));
    }
}

#[test]
fn an_event_says_what_happened() {
    let mut run = Run::new(settled());
    let id = run.post().exchange.id;
    let response = Response::builder().status(202).header("x-ms-request-id", "7f2e").body(Body::from("")).unwrap();
    let Event::Answered { status, request_id, .. } = Event::answered(&run.cancellation, id, &response) else {
        panic!("it was answered");
    };
    assert_eq!((status.as_u16(), request_id.as_deref()), (202, Some("7f2e")));
    for (failure, sent) in [(Failure::not_sent("why"), true), (Failure::maybe_sent("why"), false)] {
        let Event::Failed { why, not_sent, .. } = Event::failed(&run.cancellation, id, &failure) else {
            panic!("it failed");
        };
        assert_eq!((&*why, not_sent), ("why", sent));
    }
}

#[test]
fn an_event_holds_no_token() {
    let mut run = Run::new(settled());
    let id = run.post().exchange.id;
    let response = Response::builder().header("x-ms-request-id", TOKEN).body(Body::from("")).unwrap();
    holds_no_token("an event", &format!("{:?}", Event::answered(&run.cancellation, id, &response)));
    let failure = Failure::maybe_sent(TOKEN);
    holds_no_token("an event", &format!("{:?}", Event::failed(&run.cancellation, id, &failure)));
    assert!(matches!(run.cancellation.step(run.now), Step::Await { .. }));
}
