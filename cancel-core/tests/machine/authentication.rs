//! Tokens: asked for when needed, again when rejected, never in a loop.

use cancel_core::{BearerToken, ErrorKind, Posted, Proof, Step, TokenReason};

use crate::talk::{MIGRATED, NO_HEADERS, TOKEN, Talk, settled, status};

#[test]
fn a_token_is_asked_for_once() {
    let mut talk = Talk::watching(settled());
    talk.look(200, &status("running"));
    talk.look(200, &status("canceled"));
    assert_eq!(talk.tokens, [TokenReason::FirstUse]);
}

#[test]
fn a_rejected_token_is_replaced_and_the_same_request_repeated_at_once() {
    let mut talk = Talk::new(settled());
    talk.post().answer(401, NO_HEADERS, "");
    let post = talk.post();
    assert_eq!(post.header("authorization"), Some("Bearer token-2"));
    post.answer(202, [("Location", MIGRATED)], "");
    assert_eq!(talk.tokens, [TokenReason::FirstUse, TokenReason::Rejected]);

    talk.get(MIGRATED).answer(401, NO_HEADERS, "");
    let before = talk.now;
    let get = talk.get(MIGRATED);
    assert_eq!(get.header("authorization"), Some("Bearer token-3"));
    get.answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(talk.now, before, "at once");
    assert_eq!(talk.canceled(), Proof::ByLocation);
    assert_eq!(talk.cancellation.progress().polls, 1, "one look, though it took two requests");
}

#[test]
fn two_rejections_in_a_row_are_final() {
    let mut talk = Talk::new(settled());
    talk.post().answer(401, NO_HEADERS, "");
    talk.post().answer(401, NO_HEADERS, r#"{"error":{"code":"Expired","message":"no"}}"#);
    assert_eq!(talk.error(), (ErrorKind::Unauthorized, Posted::Yes));

    let mut talk = Talk::watching(settled());
    for _ in 0..3 {
        talk.look(401, "");
        talk.look(200, &status("running"));
    }
    talk.look(401, "");
    talk.look(401, "");
    assert_eq!(talk.error(), (ErrorKind::Unauthorized, Posted::Yes), "only in a row");
}

#[test]
fn a_fresher_token_may_come_at_any_time() {
    let mut talk = Talk::watching(settled());
    talk.cancellation.provide_token(BearerToken::new("proactive").unwrap());
    let get = talk.get(MIGRATED);
    assert_eq!(get.header("authorization"), Some("Bearer proactive"));
    get.answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);
}

#[test]
fn without_a_token_the_machine_goes_on_asking_until_the_deadline() {
    let mut talk = Talk::new(settled());
    for _ in 0..3 {
        assert!(matches!(talk.cancellation.step(talk.now), Step::Authenticate(TokenReason::FirstUse)));
    }
    let error = talk.cancellation.token_source_error("az: not logged in");
    assert_eq!((error.kind(), error.posted()), (ErrorKind::TokenSource, Posted::No));
    assert_eq!(error.to_string(), "contoso/contoso-offer: no token could be had: az: not logged in");
    talk.now += std::time::Duration::from_secs(3600);
    assert_eq!(talk.error(), (ErrorKind::Deadline, Posted::No));
}

#[test]
fn an_error_of_a_source_or_of_a_place_does_not_show_the_token() {
    let mut talk = Talk::new(settled());
    talk.post().answer(401, NO_HEADERS, "");
    for error in [
        talk.cancellation.token_source_error(&format!("cannot renew {TOKEN}")),
        talk.cancellation.checkpoint_error(&format!("cannot write beside {TOKEN}")),
    ] {
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("cannot ") && !shown.contains(TOKEN), "{shown}");
    }
}
