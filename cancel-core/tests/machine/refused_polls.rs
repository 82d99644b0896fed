//! Polls of the baseline that fail or are refused, in `Until::Verified`. Once a POST may have been processed, failures
//! do not end it.

use cancel_core::{Body, ErrorKind, Failure, Phase, Posted, Proof};

use crate::run::{CANCEL_OPERATION, LIST, NO_HEADERS, Run, list_of, operation, pairs, secs, status};

/// A run whose POST was acknowledged, and whose baseline was polled until a 404 is a refusal.
fn polled() -> Run {
    let mut run = Run::posting(&["a"]);
    run.post().answer(200, NO_HEADERS, "");
    for _ in 0..7 {
        run.poll_tracked("a", "running");
    }
    assert_eq!(run.elapsed(), 65_000);
    run
}

fn refuse(run: &mut Run, code: u16) {
    run.get(&operation("a")).answer(code, NO_HEADERS, r#"{"status":"canceled"}"#);
}

const REFUSALS: [u16; 8] = [404, 410, 403, 405, 302, 400, 409, 201];

#[test]
fn a_minute_of_failures_does_not_end_it() {
    let mut run = polled();
    for _ in 0..20 {
        refuse(&mut run, 503);
    }
    for body in ["", "<html>", r#"{"status":" "}"#, r#"{"state":"canceled"}"#] {
        run.get(&operation("a")).answer(200, NO_HEADERS, body);
    }
    run.get(&operation("a")).answer_with(200, NO_HEADERS, Body::CutOff(status("canceled").into()));
    run.get(&operation("a")).not_sent();
    run.get(&operation("a")).maybe_sent();
    run.ends_canceled("a");

    let mut run = Run::in_doubt(&["a"]);
    for _ in 0..10 {
        refuse(&mut run, 503);
    }
    run.ends_canceled("a");
}

/// It is not taken for a poll of the location, which is named and not due yet.
#[test]
fn a_poll_that_fails_is_repeated_on_the_schedule() {
    let mut run = Run::verifying(&["a"]);
    for seconds in [1, 6, 6, 6, 6, 20, 20] {
        run.get(&operation("a")).maybe_sent();
        assert_eq!(run.waited, secs(seconds));
    }
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    run.ends_canceled("a");
}

#[test]
fn failures_until_the_deadline_are_a_deadline_that_says_what_was_polled_last() {
    let mut run = polled();
    while run.cancellation.progress().due < Some(run.cancellation.progress().deadline) {
        refuse(&mut run, 503);
    }
    assert_eq!((run.elapsed() >= 895_000, run.deadline()), (true, (ErrorKind::Deadline, Posted::Yes)));
    let error = run.end().unwrap_err().to_string();
    assert!(error.contains("in progress when last polled: a (running)"), "{error}");
}

/// One refused poll, and lists that never arrive, must not hide what the next poll would tell.
#[test]
fn a_list_that_is_lost_after_a_refused_poll_is_followed_by_a_poll() {
    for failure in [Failure::not_sent("refused"), Failure::maybe_sent("reset"), Failure::TimedOut] {
        let mut run = polled();
        refuse(&mut run, 400);
        run.get(LIST).fail(failure);
        run.now = run.cancellation.now();
        run.ends_canceled("a");
    }
}

/// Nothing of ours was processed: what has failed `attempts` times in a row is final, as before the POST.
#[test]
fn before_a_post_was_processed_failures_are_final() {
    let mut run = Run::posting(&["a"]);
    run.post().not_sent();
    run.list(&[]);
    for _ in 0..5 {
        refuse(&mut run, 503);
    }
    assert_eq!(run.error(), (ErrorKind::Server, Posted::No));
}

#[test]
fn the_list_tells_the_state_of_an_operation_whose_poll_is_refused() {
    for code in REFUSALS {
        let mut run = polled();
        refuse(&mut run, code);
        run.list(&[("A", "running")]);
        assert_eq!(run.waited, secs(0), "{code}: at once");
        refuse(&mut run, code);
        assert_eq!(run.elapsed(), 79_000, "on the schedule");
        run.list(&[("a", "canceled"), ("b", "running")]);
        assert_eq!((run.canceled(), run.cancellation.posted()), (Proof::Verified, Posted::Yes));
    }
    let mut run = polled();
    refuse(&mut run, 404);
    run.list(&[("a", "completed")]);
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
}

#[test]
fn an_operation_that_is_on_the_list_twice_has_ended_when_both_rows_say_so() {
    for rows in [[("a", "running"), ("A", "canceled")], [("A", "canceled"), ("a", "running")]] {
        let mut run = polled();
        refuse(&mut run, 404);
        run.list(&rows);
        refuse(&mut run, 404);
        run.list(&[("a", "completed"), ("A", "canceled")]);
        assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed")])), "{rows:?}");
    }
}

/// Its own poll has told how the first one ended.
#[test]
fn the_list_does_not_change_how_an_operation_has_ended() {
    let mut run = Run::verifying(&["a", "b"]);
    run.poll_tracked("a", "completed");
    run.get(&operation("b")).answer(410, NO_HEADERS, "");
    run.list(&[("a", "canceled"), ("b", "canceled")]);
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed"), ("b", "canceled")])));
}

#[test]
fn an_operation_that_the_list_shows_canceled_is_not_told_with_an_earlier_status() {
    let mut run = polled();
    run.poll_tracked("a", "running");
    refuse(&mut run, 404);
    run.list(&[("a", "canceled")]);
    let outcome = run.end().unwrap();
    assert_eq!((outcome.as_str(), outcome.operation()), ("canceled", None));
}

/// After a POST in doubt the list says that the operation is in progress when a cancel would have taken effect.
#[test]
fn a_state_that_the_list_tells_counts_like_that_of_a_poll() {
    let mut run = Run::in_doubt(&["a"]);
    while run.cancellation.progress().phase == Phase::Verifying {
        refuse(&mut run, 400);
        run.list(&[("a", "running"), ("b", "completed")]);
    }
    assert_eq!(run.elapsed(), 184_000, "the first poll three minutes after the POST");
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");
    run.ends_canceled("a");
}

/// The operation was there a moment before and is there again.
#[test]
fn one_refused_poll_is_not_final() {
    for code in REFUSALS {
        for list in [(200, "[]"), (404, ""), (302, ""), (503, "")] {
            let mut run = polled();
            for _ in 0..4 {
                refuse(&mut run, code);
                run.get(LIST).answer(list.0, NO_HEADERS, list.1);
            }
            run.poll_tracked("a", "running");
            run.ends_canceled("a");
        }
    }
}

#[test]
fn as_many_refusals_as_attempts_end_it_where_the_list_does_not_know_it() {
    for (code, kind) in [(404, ErrorKind::NotFound), (403, ErrorKind::Forbidden), (302, ErrorKind::UnexpectedStatus)] {
        let mut run = polled();
        for _ in 0..5 {
            refuse(&mut run, code);
            run.list(&[("b", "running")]);
        }
        assert_eq!(run.error(), (kind, Posted::Yes), "with what the poll was answered");
    }
    // Another operation of the baseline tells nothing of it.
    let mut run = Run::verifying(&["a", "b"]);
    run.poll_tracked("a", "canceled");
    for _ in 0..5 {
        run.get(&operation("b")).answer(403, NO_HEADERS, "");
        run.list(&[("a", "canceled")]);
    }
    assert_eq!(run.error(), (ErrorKind::Forbidden, Posted::Yes));
}

/// What is not known of it may be known a moment later.
#[test]
fn a_list_that_is_refused_does_not_end_it() {
    let mut run = polled();
    for _ in 0..10 {
        refuse(&mut run, 404);
        run.get(LIST).answer(405, NO_HEADERS, "");
    }
    run.ends_canceled("a");
}

#[test]
fn refusals_count_in_a_row_only() {
    let mut run = polled();
    for _ in 0..3 {
        for _ in 0..4 {
            refuse(&mut run, 404);
            run.list(&[]);
        }
        run.poll_tracked("a", "running");
        for _ in 0..4 {
            refuse(&mut run, 404);
            run.list(&[]);
        }
        refuse(&mut run, 404);
        run.list(&[("a", "running")]);
    }
    run.ends_canceled("a");
}

#[test]
fn a_list_without_access_ends_it() {
    let mut run = polled();
    refuse(&mut run, 404);
    run.get(LIST).answer(403, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Forbidden, Posted::Yes));
}

#[test]
fn a_404_is_tolerated_for_three_polls_and_for_thirty_seconds() {
    let acknowledged = || {
        let mut run = Run::posting(&["a"]);
        run.post().answer(200, NO_HEADERS, "");
        run
    };
    // At 1, 7, 13, 19 and 25 s.
    let mut run = acknowledged();
    for _ in 0..5 {
        refuse(&mut run, 404);
    }
    refuse(&mut run, 404);
    assert_eq!(run.elapsed(), 45_000);
    run.list(&[("a", "running")]);
    run.ends_canceled("a");

    // Three polls, however late.
    let mut run = Run::posting(&["a"]);
    run.post().answer(200, [("Retry-After", "60")], "");
    for _ in 0..3 {
        refuse(&mut run, 404);
    }
    assert!(run.elapsed() > 60_000);
    refuse(&mut run, 404);
    run.list(&[("a", "running")]);
    run.ends_canceled("a");
}

#[test]
fn another_refusal_asks_the_list_from_the_first_poll_on() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(200, NO_HEADERS, "");
    refuse(&mut run, 410);
    run.list(&[("a", "canceled")]);
    assert_eq!(run.canceled(), Proof::Verified);
}

#[test]
fn the_other_operations_are_polled_on() {
    let mut run = Run::posting(&["a", "b"]);
    run.post().answer(200, NO_HEADERS, "");
    refuse(&mut run, 410);
    run.list(&[("a", "canceled"), ("b", "running")]);
    run.poll_tracked("b", "running");
    run.poll_tracked("b", "canceled");
    assert_eq!(run.canceled(), Proof::Verified, "a ended by the word of the list");

    let mut run = Run::posting(&["a", "b"]);
    run.post().answer(200, NO_HEADERS, "");
    refuse(&mut run, 410);
    run.get(LIST).answer(200, NO_HEADERS, &list_of(&[("b", "running")]));
    run.poll_tracked("b", "canceled");
    run.poll_tracked("a", "canceled");
    assert_eq!(run.canceled(), Proof::Verified);
}

#[test]
fn a_refused_location_poll_asks_no_list() {
    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(410, NO_HEADERS, "");
    run.poll_tracked("a", "running");
    run.poll_tracked("a", "running");
    run.ends_canceled("a");
}
