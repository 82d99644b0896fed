//! The first POST is refused, in `Until::Verified`: the baseline may have ended a moment before.

use cancel_core::{ErrorKind, Phase, Posted, Proof};

use crate::run::{LIST, NO_HEADERS, Run, operation, pairs, secs};

const REFUSALS: [(u16, ErrorKind); 7] = [
    (400, ErrorKind::BadRequest),
    (404, ErrorKind::NotFound),
    (405, ErrorKind::UnexpectedStatus),
    (409, ErrorKind::Conflict),
    (410, ErrorKind::NotFound),
    (412, ErrorKind::PreconditionFailed),
    (422, ErrorKind::Unprocessable),
];

fn refused(code: u16, ids: &[&str]) -> Run {
    let mut run = Run::posting(ids);
    run.post().answer(code, NO_HEADERS, r#"{"error":{"code":"Refused","message":"no"}}"#);
    run
}

#[test]
fn a_publish_that_has_just_completed_is_the_outcome() {
    for (code, _) in REFUSALS {
        let mut run = refused(code, &["a"]);
        assert_eq!(run.cancellation.progress().phase, Phase::Rechecking);
        run.list(&[("a", "completed")]);
        assert_eq!(run.waited, secs(0), "one recheck, at once");
        run.poll_tracked("a", "completed");
        assert_eq!(run.waited, secs(0), "and one poll");
        assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
        assert_eq!(run.cancellation.posted(), Posted::Yes);
    }
}

/// By somebody else's cancel.
#[test]
fn a_publish_that_has_just_been_canceled_is_the_outcome() {
    let mut run = refused(409, &["a"]);
    run.list(&[]);
    run.ends_canceled("a");
}

#[test]
fn while_the_baseline_runs_the_refusal_is_the_error_and_says_what_runs() {
    for (code, kind) in REFUSALS {
        let mut run = refused(code, &["a"]);
        run.list(&[("a", "running"), ("b", "running")]);
        assert_eq!(run.error(), (kind, Posted::Yes));
        let error = run.end().unwrap_err();
        assert!(error.detail().contains("still in progress: a (running)"), "{error}");
        assert_eq!(error.answer().and_then(|answer| answer.code()), Some("Refused"));
    }
}

#[test]
fn what_has_ended_by_the_recheck_is_not_said_to_run() {
    let mut run = refused(409, &["a", "b"]);
    run.list(&[("a", "completed"), ("b", "waitingForPublisherReview")]);
    let error = run.end().unwrap_err();
    assert!(error.detail().contains("still in progress: b (waitingForPublisherReview)"), "{error}");
    assert!(!error.detail().contains("a (running)"), "{error}");
}

/// The list was wrong: the poll tells that the baseline is still in progress.
#[test]
fn a_poll_that_shows_the_baseline_running_ends_it_with_the_refusal() {
    let mut run = refused(409, &["a"]);
    run.list(&[]);
    run.poll_tracked("a", "running");
    assert_eq!(run.error(), (ErrorKind::Conflict, Posted::Yes));
    let error = run.end().unwrap_err();
    assert!(error.detail().contains("still in progress: a (running)"), "{error}");
}

#[test]
fn a_recheck_that_is_refused_leaves_the_refusal_of_the_post() {
    let mut run = refused(409, &["a"]);
    run.get(LIST).answer(404, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Conflict, Posted::Yes));
}

#[test]
fn a_recheck_that_fails_for_a_time_is_repeated() {
    let mut run = refused(409, &["a"]);
    for _ in 0..4 {
        run.get(LIST).answer(503, NO_HEADERS, "");
    }
    run.list(&[("a", "completed")]);
    run.poll_tracked("a", "completed");
    assert_eq!(run.ended().0, Proof::Verified);
}

#[test]
fn a_recheck_that_fails_is_repeated_before_the_deadline_whatever_the_service_asks_for() {
    let mut run = refused(409, &["a"]);
    run.get(LIST).answer(503, [("Retry-After", "3600")], "");
    run.list(&[("a", "completed")]);
    assert_eq!(run.elapsed(), 895_000);
    run.poll_tracked("a", "completed");
    assert_eq!(run.ended().0, Proof::Verified);
}

/// Whether the baseline has ended cannot be told: what is known is the refusal.
#[test]
fn where_nothing_more_can_be_read_the_refusal_is_the_error() {
    let mut run = refused(409, &["a"]);
    for _ in 0..5 {
        run.get(LIST).answer(503, NO_HEADERS, "");
    }
    assert_eq!(run.error(), (ErrorKind::Conflict, Posted::Yes));

    let mut run = refused(409, &["a"]);
    run.list(&[]);
    for _ in 0..5 {
        run.get(&operation("a")).answer(503, NO_HEADERS, "");
    }
    assert_eq!(run.error(), (ErrorKind::Conflict, Posted::Yes));

    let mut run = refused(409, &["a"]);
    run.list(&[]);
    for _ in 0..5 {
        run.get(&operation("a")).answer(410, NO_HEADERS, "");
        run.list(&[]);
    }
    assert_eq!(run.error(), (ErrorKind::Conflict, Posted::Yes));
}

#[test]
fn no_access_ends_it_at_once() {
    let mut run = refused(403, &["a"]);
    assert_eq!(run.error(), (ErrorKind::Forbidden, Posted::Yes));
    let mut run = refused(409, &["a"]);
    run.get(LIST).answer(403, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Forbidden, Posted::Yes));
}
