//! A token is asked for when it is needed, again when it is rejected, and never in a loop.

use cancel_core::{BearerToken, Body, ErrorKind, ExchangeId, Posted, Proof, Step, TokenReason};

use crate::run::{LIST, MIGRATED, NO_HEADERS, Run, TOKEN, operation, settled, status, verified};

#[test]
fn a_token_is_asked_for_once() {
    let mut run = Run::following(settled());
    run.poll(200, &status("running"));
    run.poll(200, &status("canceled"));
    assert_eq!(run.tokens, [TokenReason::FirstUse]);
}

#[test]
fn a_rejected_token_is_replaced_and_the_same_request_repeated_at_once() {
    let mut run = Run::new(settled());
    run.post().answer(401, NO_HEADERS, "");
    let post = run.post();
    assert_eq!(post.header("authorization"), Some("Bearer token-2"));
    post.answer(202, [("Location", MIGRATED)], "");
    assert_eq!(run.tokens, [TokenReason::FirstUse, TokenReason::Rejected]);

    run.get(MIGRATED).answer(401, NO_HEADERS, "");
    let before = run.now;
    let get = run.get(MIGRATED);
    assert_eq!(get.header("authorization"), Some("Bearer token-3"));
    get.answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(run.now, before, "at once");
    assert_eq!(run.canceled(), Proof::ByLocation);
    assert_eq!(run.cancellation.progress().polls, 1, "one poll, although it took two requests");
}

#[test]
fn two_rejections_in_a_row_are_final() {
    let mut run = Run::new(settled());
    run.post().answer(401, NO_HEADERS, "");
    run.post().answer(401, NO_HEADERS, r#"{"error":{"code":"Expired","message":"no"}}"#);
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::Yes));

    let mut run = Run::following(settled());
    for _ in 0..3 {
        run.poll(401, "");
        run.poll(200, &status("running"));
    }
    run.poll(401, "");
    run.poll(401, "");
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::Yes), "only in a row");
}

/// The list between them was read with the token that the next request has.
#[test]
fn another_answer_between_two_rejections_makes_them_two_first_ones() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(401, NO_HEADERS, "");
    run.list(&[("a", "running")]);
    run.post().answer(401, NO_HEADERS, "");
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");
    run.get(&operation("a")).answer(401, NO_HEADERS, "");
    run.ends_canceled("a");
    assert_eq!(run.tokens.len(), 4);

    // Any answer counts, and a lost one does not.
    for code in [503, 404, 429] {
        let mut run = Run::following(settled());
        for _ in 0..3 {
            run.poll(401, "");
            run.poll(code, "");
        }
        run.ends_canceled_by_location();
    }
    let mut run = Run::following(settled());
    run.poll(401, "");
    run.get(MIGRATED).maybe_sent();
    run.poll(401, "");
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::Yes));
}

#[test]
fn two_rejections_in_a_row_are_final_at_a_list_and_at_a_poll() {
    let mut run = Run::new(verified());
    run.get(LIST).answer(401, NO_HEADERS, "");
    run.get(LIST).answer(401, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::No));

    let mut run = Run::posting(&["a"]);
    run.post().answer(401, NO_HEADERS, "");
    run.get(LIST).answer(401, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::Yes));

    let mut run = Run::verifying(&["a"]);
    run.get(&operation("a")).answer(401, NO_HEADERS, "");
    run.get(&operation("a")).answer(401, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::Yes));
}

/// The service would answer the same.
#[test]
fn a_rejected_token_that_is_handed_in_again_sends_no_second_post() {
    let again = |run: &mut Run| run.cancellation.provide_token(BearerToken::new(TOKEN).unwrap());
    let mut run = Run::new(settled());
    run.post().answer(401, NO_HEADERS, r#"{"error":{"code":"Expired","message":"no"}}"#);
    again(&mut run);
    let says = run.cancellation.result().unwrap().as_ref().unwrap_err().to_string();
    assert!(says.contains("the token that was rejected was handed in again") && says.contains("Expired"), "{says}");
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::Yes));

    // A list directly before a POST is a reason of its own, and a GET changes nothing.
    let mut run = Run::posting(&["a"]);
    run.post().answer(401, NO_HEADERS, "");
    again(&mut run);
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");
    run.get(&operation("a")).answer(401, NO_HEADERS, "");
    again(&mut run);
    run.ends_canceled("a");
}

/// As in a fleet, where another offer has had its token replaced.
#[test]
fn a_newer_token_that_came_while_the_old_one_was_in_flight_is_sent() {
    let mut run = Run::new(settled());
    let exchange = run.post().exchange;
    run.cancellation.provide_token(BearerToken::new("newer").unwrap());
    let answer = http::Response::builder().status(401).body(Body::from("")).unwrap();
    run.cancellation.handle_response(run.now, exchange.id, answer).unwrap();
    let post = run.post();
    assert_eq!(post.header("authorization"), Some("Bearer newer"));
    post.answer(401, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::Yes));
    assert_eq!(run.tokens, [TokenReason::FirstUse], "another one is not asked for");
}

/// As a clone of shared tokens tells it: the one that it gave is the last of those that it knows.
#[test]
fn a_token_that_is_handed_in_again_after_an_older_one_is_the_same() {
    let tokens = |run: &mut Run, tokens: [&str; 2]| {
        for token in tokens {
            run.cancellation.provide_token(BearerToken::new(token).unwrap());
        }
    };
    let rejected = |run: &mut Run, exchange: ExchangeId| {
        let answer = http::Response::builder().status(401).body(Body::from("")).unwrap();
        run.cancellation.handle_response(run.now, exchange, answer).unwrap();
    };
    let mut run = Run::new(settled());
    let exchange = run.post().exchange.id;
    tokens(&mut run, ["older", TOKEN]);
    rejected(&mut run, exchange);
    assert!(matches!(run.cancellation.step(run.now), Step::Authenticate(TokenReason::Rejected)));
    tokens(&mut run, ["older", TOKEN]);
    assert_eq!(run.error(), (ErrorKind::Unauthorized, Posted::Yes));

    let mut run = Run::following(settled());
    let exchange = run.get(MIGRATED).exchange.id;
    tokens(&mut run, ["older", TOKEN]);
    rejected(&mut run, exchange);
    assert!(matches!(run.cancellation.step(run.now), Step::Authenticate(TokenReason::Rejected)));
    run.cancellation.provide_token(BearerToken::new("newer").unwrap());
    assert_eq!(run.get(MIGRATED).header("authorization"), Some("Bearer newer"));
}

#[test]
fn a_rejection_is_forgotten_when_the_next_post_is_accepted() {
    let mut run = Run::new(settled());
    run.post().answer(401, NO_HEADERS, r#"{"error":{"code":"Expired","message":"no"}}"#);
    run.post().answer(202, [("Location", MIGRATED)], "");
    run.now += std::time::Duration::from_secs(3600);
    run.cancellation.pass_time(run.now);
    let says = run.cancellation.result().unwrap().as_ref().unwrap_err().to_string();
    assert!(!says.contains("Expired") && !says.contains("no token"), "{says}");
}

#[test]
fn a_fresh_token_may_come_at_any_time() {
    let mut run = Run::following(settled());
    run.cancellation.provide_token(BearerToken::new("proactive").unwrap());
    let get = run.get(MIGRATED);
    assert_eq!(get.header("authorization"), Some("Bearer proactive"));
    get.answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(run.canceled(), Proof::ByLocation);
}

#[test]
fn without_a_token_it_asks_for_one_until_the_deadline() {
    let mut run = Run::new(settled());
    for _ in 0..3 {
        assert!(matches!(run.cancellation.step(run.now), Step::Authenticate(TokenReason::FirstUse)));
    }
    let error = run.cancellation.token_source_error("az: not logged in");
    assert_eq!((error.kind(), error.posted()), (ErrorKind::TokenSource, Posted::No));
    assert_eq!(error.to_string(), "contoso/contoso-offer: no token could be had: az: not logged in");
    run.now += std::time::Duration::from_secs(3600);
    assert!(run.cancellation.result().is_none());
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::No));
    let says = run.cancellation.result().unwrap().as_ref().unwrap_err().to_string();
    assert!(says.ends_with("after the start; no token was handed in"), "{says}");
}
