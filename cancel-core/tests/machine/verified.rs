//! `Until::Verified`: the list, the POST, and what was in progress until it has ended.

use cancel_core::{CancelRequest, ErrorKind, OfferId, OperationId, Outcome, Phase, Posted, Proof, PublisherId, State};

use crate::talk::{
    CANCEL_OPERATION, LIST, NO_HEADERS, NON_MIGRATED, Talk, list_of, operation, pairs, secs, seen, settled, status,
    verified,
};

#[test]
fn what_was_in_progress_says_itself_that_it_is_canceled() {
    let mut talk = Talk::new(verified());
    talk.list(&[("old", "completed"), ("a", "running")]);
    talk.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    talk.look_at("a", "running");
    talk.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("running"));
    talk.look_at("a", "canceled");
    match talk.end() {
        Ok(Outcome::Canceled { proof, operation, operations, posted, .. }) => {
            assert_eq!((proof, posted), (Proof::Verified, Posted::Yes));
            assert_eq!(operation.map(|operation| operation.state()), Some(State::Canceled));
            assert_eq!(seen(&operations), pairs(&[("a", "canceled")]));
        }
        other => panic!("not canceled: {other:?}"),
    }
    assert_eq!(talk.cancellation.progress().polls, 3, "the list is not a look");
}

#[test]
fn where_nothing_is_in_progress_nothing_is_posted() {
    for entries in [&[][..], &[("a", "canceled"), ("b", "Completed"), ("c", "failed")]] {
        let mut talk = Talk::new(verified());
        talk.list(entries);
        let Ok(Outcome::NothingRunning { instead, .. }) = talk.end() else { panic!("something is running") };
        assert_eq!((instead.len(), talk.cancellation.posted()), (0, Posted::No));
    }
}

#[test]
fn what_the_services_filter_would_hide_is_in_progress_too() {
    for word in ["running", "notStarted", "waitingForPublisherReview", "?"] {
        let mut talk = Talk::new(verified());
        talk.list(&[("a", word)]);
        talk.post().answer(200, NO_HEADERS, "");
        talk.look_at("a", "canceled");
        assert_eq!(talk.canceled(), Proof::Verified, "{word}");
    }
}

#[test]
fn a_200_is_verified_like_a_202() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(200, NO_HEADERS, "");
    talk.look_at("a", "running");
    assert_eq!(talk.waited, secs(1));
    talk.look_at("a", "completed");
    assert_eq!(talk.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
}

#[test]
fn a_cancel_that_loses_the_race_is_no_cancel() {
    let mut talk = Talk::verifying(&["a"]);
    talk.look_at("a", "running");
    talk.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("completed"));
    talk.look_at("a", "running");
    talk.look_at("a", "completed");
    assert_eq!(talk.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
}

#[test]
fn several_operations_are_all_followed_to_their_ends() {
    let mut talk = Talk::verifying(&["a", "b", "A"]);
    talk.look_at("a", "canceled");
    talk.get(CANCEL_OPERATION).answer(404, NO_HEADERS, "");
    talk.look_at("b", "running");
    talk.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("canceled"));
    talk.look_at("b", "failed");
    assert_eq!(talk.ended(), (Proof::Verified, pairs(&[("a", "canceled"), ("b", "failed")])), "a and A are one");
    assert_eq!(talk.end().unwrap().operation().unwrap().status(), "failed", "the one that was not canceled");
}

#[test]
fn a_failed_cancel_is_told_once_an_operation_is_seen_to_run_after_it() {
    let mut talk = Talk::verifying(&["a"]);
    talk.look_at("a", "running");
    talk.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("failed"));
    talk.look_at("a", "running");
    let Ok(Outcome::StillRunning { operations, posted, .. }) = talk.end() else { panic!("it runs") };
    assert_eq!((seen(&operations), posted), (pairs(&[("a", "running")]), Posted::Yes));

    let mut talk = Talk::verifying(&["a"]);
    talk.look_at("a", "running");
    talk.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("failed"));
    talk.look_at("a", "completed");
    assert_eq!(talk.ended().0, Proof::Verified, "it ended before anyone looked");
}

#[test]
fn a_location_that_disappears_or_fails_overrides_nothing() {
    for (code, body) in [(403, ""), (404, ""), (410, ""), (302, ""), (201, ""), (400, r#"{"status":"failed"}"#)] {
        let mut talk = Talk::verifying(&["a"]);
        // The second look may come before the location exists; the fourth may not.
        for _ in 0..if code == 404 { 2 } else { 1 } {
            talk.look_at("a", "running");
            talk.get(CANCEL_OPERATION).answer(code, NO_HEADERS, body);
        }
        talk.look_at("a", "running");
        talk.look_at("a", "canceled");
        assert_eq!(talk.canceled(), Proof::Verified, "{code}");
    }
    let mut talk = Talk::verifying(&["a"]);
    for _ in 0..5 {
        talk.look_at("a", "running");
        talk.get(CANCEL_OPERATION).maybe_sent();
    }
    talk.look_at("a", "running");
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified, "after five failures it is not asked any more");
}

#[test]
fn a_missing_location_is_not_missed() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(202, NO_HEADERS, "");
    talk.look_at("a", "running");
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified);
}

#[test]
fn a_foreign_location_is_an_error_all_the_same() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(202, [("Location", "https://evil.example/")], "");
    assert_eq!(talk.error(), (ErrorKind::ForeignLocation, Posted::Yes));

    let mut talk = Talk::verifying(&["a"]);
    talk.look_at("a", "running");
    talk.get(CANCEL_OPERATION).answer(202, [("Operation-Location", "https://evil.example/")], "");
    assert_eq!(talk.error(), (ErrorKind::ForeignLocation, Posted::Yes));
}

#[test]
fn a_location_that_names_a_noted_operation_is_not_asked_twice() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(202, [("Location", &*operation("A"))], "");
    talk.look_at("a", "running");
    talk.look_at("a", "running");
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified);
}

#[test]
fn a_location_moves_while_it_is_looked_at() {
    let mut talk = Talk::verifying(&["a"]);
    talk.look_at("a", "running");
    talk.get(CANCEL_OPERATION).answer(202, [("Operation-Location", NON_MIGRATED)], "");
    talk.get(&operation("a")).answer(200, [("Operation-Location", CANCEL_OPERATION)], &status("running"));
    talk.get(NON_MIGRATED).answer(202, NO_HEADERS, "");
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified);
}

#[test]
fn failures_of_the_noted_operations_count() {
    let mut talk = Talk::verifying(&["a"]);
    for _ in 0..4 {
        talk.get(&operation("a")).answer(503, NO_HEADERS, "");
        talk.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    }
    talk.get(&operation("a")).answer(500, NO_HEADERS, "");
    assert_eq!(talk.error(), (ErrorKind::Server, Posted::Yes), "five in a row, whatever the location says between");

    let mut talk = Talk::verifying(&["a"]);
    talk.get(&operation("a")).answer(403, NO_HEADERS, "");
    assert_eq!(talk.error(), (ErrorKind::Forbidden, Posted::Yes));
}

#[test]
fn a_list_that_cannot_be_read_posts_nothing() {
    for (code, body, kind) in [
        (200, "", ErrorKind::MalformedBody),
        (200, r#"[{"id":"a"}]"#, ErrorKind::MalformedBody),
        (200, r#"[{"id":"a/b","submissionState":"running"}]"#, ErrorKind::MalformedBody),
        (204, "", ErrorKind::MalformedBody),
        (503, "", ErrorKind::Server),
        (429, "", ErrorKind::Throttled),
    ] {
        let mut talk = Talk::new(verified());
        for _ in 0..5 {
            talk.get(LIST).answer(code, NO_HEADERS, body);
        }
        assert_eq!(talk.error(), (kind, Posted::No), "{code} {body}");
    }
    for (code, kind) in [
        (202, ErrorKind::UnexpectedStatus),
        (307, ErrorKind::UnexpectedStatus),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
    ] {
        let mut talk = Talk::new(verified());
        talk.get(LIST).answer(code, NO_HEADERS, "[]");
        assert_eq!(talk.error(), (kind, Posted::No), "{code}");
    }
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running"), ("a/b", "completed")]);
    talk.post();
}

fn only(id: &str) -> CancelRequest {
    CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
        .only_if_running(OperationId::new(id).unwrap())
}

#[test]
fn only_one_operation_is_what_is_meant_or_nothing_is_posted() {
    let mut talk = Talk::about(only("B"), verified());
    talk.list(&[("a", "running"), ("b", "notStarted")]);
    talk.post().answer(200, NO_HEADERS, "");
    talk.look_at("a", "canceled");
    talk.look_at("b", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified, "the call is for the whole offer, so that both are noted");

    let mut talk = Talk::about(only("b"), verified());
    talk.list(&[("a", "running"), ("b", "completed")]);
    let Ok(Outcome::NothingRunning { instead, .. }) = talk.end() else { panic!("it is not in progress") };
    assert_eq!(seen(&instead), pairs(&[("a", "running")]));
}

#[test]
fn without_the_list_one_operation_cannot_be_meant() {
    let mut talk = Talk::about(only("a"), settled());
    assert_eq!(talk.error(), (ErrorKind::InvalidInput, Posted::No));
}

#[test]
fn a_dry_run_says_what_would_be_canceled() {
    for policy in [verified().dry_run(true), settled().dry_run(true)] {
        let mut talk = Talk::new(policy.clone());
        talk.list(&[("a", "running")]);
        let Ok(Outcome::StillRunning { operations, posted, .. }) = talk.end() else { panic!("it runs") };
        assert_eq!((seen(&operations), posted), (pairs(&[("a", "running")]), Posted::No));
        let mut talk = Talk::new(policy);
        talk.get(LIST).answer(200, NO_HEADERS, &list_of(&[]));
        assert_eq!(talk.end().unwrap().as_str(), "nothing_running");
    }
}

#[test]
fn progress_names_every_phase() {
    let mut talk = Talk::new(verified());
    assert_eq!(talk.cancellation.progress().phase, Phase::Listing);
    talk.list(&[("a", "running")]);
    assert_eq!(talk.cancellation.progress().phase, Phase::Posting);
    assert_eq!(seen(talk.cancellation.progress().baseline), pairs(&[("a", "running")]));
    let post = talk.post();
    post.maybe_sent();
    assert_eq!(talk.cancellation.progress().phase, Phase::Rechecking);
    talk.list(&[]);
    assert_eq!(talk.cancellation.progress().phase, Phase::Verifying);
    talk.look_at("a", "canceled");
    assert_eq!(talk.cancellation.progress().phase, Phase::Done);
}

#[test]
fn a_rejected_token_changes_nothing_but_the_token() {
    let mut talk = Talk::new(verified());
    talk.get(LIST).answer(401, NO_HEADERS, "");
    talk.list(&[("a", "running")]);
    talk.post().answer(401, NO_HEADERS, "");
    talk.list(&[("a", "running")]);
    talk.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    talk.get(&operation("a")).answer(401, NO_HEADERS, "");
    talk.look_at("a", "running");
    talk.get(CANCEL_OPERATION).answer(401, NO_HEADERS, "");
    talk.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified);
    assert_eq!((talk.tokens.len(), talk.cancellation.progress().polls), (5, 3));
}
