//! The cancel's own operation says `failed`: it is believed only when the baseline runs on for as long as a cancel
//! takes.

use cancel_core::{Outcome, Posted, Proof};

use crate::run::{CANCEL_OPERATION, NO_HEADERS, Run, operation, pairs, secs, status, statuses, verified};

/// A run whose cancel has failed, 30 s after the POST.
fn failed() -> Run {
    failed_with(Run::verifying(&["a"]))
}

fn failed_with(mut run: Run) -> Run {
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("failed"));
    run
}

#[test]
fn the_baseline_is_polled_for_three_minutes_before_it_is_still_running() {
    let mut run = failed();
    assert_eq!(run.elapsed(), 30_000, "in the wake-up of a poll");
    let polls = run.poll_while_running("a");
    assert_eq!((polls.first(), polls.last()), (Some(&50_000), Some(&214_770)), "the first poll 180 s after that");
    let Ok(Outcome::StillRunning { operations, posted, .. }) = run.end() else { panic!("it runs") };
    assert_eq!((statuses(&operations), posted), (pairs(&[("a", "running")]), Posted::Yes));
}

/// The operation said `failed`, and the cancel took effect all the same.
#[test]
fn a_baseline_that_ends_within_that_time_is_the_outcome() {
    let mut run = failed();
    for _ in 0..18 {
        run.poll_tracked("a", "running");
    }
    run.ends_canceled("a");

    let mut run = failed();
    run.poll_tracked("a", "running");
    run.poll_tracked("a", "completed");
    assert_eq!(run.ended().0, Proof::Verified);
}

#[test]
fn three_polls_must_find_it_running_however_long_they_take() {
    let mut run = failed();
    run.get(&operation("a")).answer(200, [("Retry-After", "300")], &status("running"));
    run.get(&operation("a")).answer(503, NO_HEADERS, "");
    run.get(&operation("a")).answer(200, NO_HEADERS, &status("running"));
    run.get(&operation("a")).maybe_sent();
    run.poll_tracked("a", "running");
    assert!(run.elapsed() > 300_000, "{}", run.elapsed());
    assert_eq!(run.end().unwrap().as_str(), "still_running", "two polls are not enough, the third is");
}

/// Half of the polls fail: those of `b`, which is canceled meanwhile.
#[test]
fn each_operation_must_be_found_running_after_that_time() {
    let mut run = failed_with(Run::verifying(&["a", "b"]));
    run.get(&operation("b")).answer(200, [("Retry-After", "200")], &status("running"));
    for _ in 0..4 {
        run.poll_tracked("a", "running");
        run.get(&operation("b")).answer(503, NO_HEADERS, "");
    }
    run.poll_tracked("a", "running");
    run.poll_tracked("b", "canceled");
    run.poll_tracked("a", "running");
    assert_eq!(run.end().unwrap().as_str(), "still_running");

    let mut run = failed_with(Run::verifying(&["a", "b"]));
    run.get(&operation("b")).answer(200, [("Retry-After", "200")], &status("running"));
    run.poll_tracked("a", "running");
    let mut run = run.resume(verified());
    run.poll_tracked("a", "running");
    run.poll_tracked("b", "canceled");
    run.poll_tracked("a", "canceled");
    assert_eq!(run.canceled(), Proof::Verified);

    let mut run = failed_with(Run::verifying(&["a", "b"]));
    run.get(&operation("b")).answer(200, [("Retry-After", "200")], &status("running"));
    run.poll_tracked("a", "running");
    run.poll_tracked("b", "running");
    assert_eq!(run.end().unwrap().as_str(), "still_running", "both run");
}

#[test]
fn a_shorter_poll_interval_shortens_that_time_in_proportion() {
    let policy = verified().poll_interval(std::time::Duration::from_millis(100));
    let mut run = Run::posting_with(policy, &["a"]);
    run.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    let mut run = failed_with(run);
    run.poll_while_running("a");
    assert_eq!(run.end().unwrap().as_str(), "still_running");
    assert_eq!(run.elapsed(), 48_494, "the first poll after 18 s more");
}

#[test]
fn it_is_remembered_with_its_time_by_a_resumed_run() {
    let mut run = failed();
    run.poll_tracked("a", "running");
    let mut run = run.resume(verified());
    assert_eq!(run.poll_while_running("a").last(), Some(&214_770));
    assert_eq!(run.end().unwrap().as_str(), "still_running");

    let mut run = failed();
    run.poll_tracked("a", "running");
    run.now += secs(300);
    let mut run = run.resume(verified());
    run.poll_tracked("a", "running");
    run.poll_tracked("a", "running");
    assert_eq!(run.end().unwrap().as_str(), "still_running", "the time between the processes counts");
}

#[test]
fn no_second_post_follows_a_failed_cancel() {
    let mut run = failed();
    run.poll_while_running("a");
    assert_eq!(run.end().unwrap().posted(), Posted::Yes);
}
