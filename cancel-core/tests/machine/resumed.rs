//! Another process resumes a run, at every point of a conversation.

use cancel_core::{ErrorKind, Posted, Proof, Step, TokenReason};

use crate::run::{CANCEL_OPERATION, MIGRATED, NO_HEADERS, Run, accepted, pairs, secs, settled, status, verified};

#[test]
fn a_run_that_sent_nothing_is_resumed_from_its_start() {
    let mut run = Run::new(verified()).resume(verified());
    run.list(&[("a", "running")]);
    let mut run = Run::new(settled()).resume(settled());
    run.post();
}

#[test]
fn after_the_list_it_lists_again_and_keeps_its_baseline() {
    let mut run = Run::posting(&["a"]).resume(verified());
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");
    run.ends_canceled("a");

    let mut run = Run::posting(&["a"]).resume(verified());
    run.list(&[("b", "running")]);
    run.poll_tracked("a", "completed");
    assert_eq!((run.ended().0, run.cancellation.posted()), (Proof::Verified, Posted::No));
}

#[test]
fn a_post_that_was_in_flight_is_followed_by_a_recheck() {
    let mut run = Run::posting(&["a"]);
    run.post();
    let mut run = run.resume(verified());
    assert_eq!(run.cancellation.posted(), Posted::Maybe);
    run.list(&[("a", "canceled")]);
    run.ends_canceled("a");
}

#[test]
fn without_a_list_a_post_that_was_in_flight_is_ambiguous() {
    for policy in [settled(), accepted()] {
        let mut run = Run::new(policy.clone());
        run.post();
        let mut run = run.resume(policy.clone());
        assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe));
        let mut run = run.resume(policy.clone());
        assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe), "in the next run too");
        let mut run = run.resume(policy.retry_ambiguous(true));
        run.post();
    }
}

#[test]
fn a_post_that_was_accepted_is_never_repeated() {
    let mut run = Run::following(settled()).resume(settled());
    run.ends_canceled_by_location();

    let mut run = Run::new(settled());
    run.post().answer(202, [("Location", "https://evil.example/")], "");
    assert_eq!(run.error(), (ErrorKind::ForeignLocation, Posted::Yes));
    let mut run = run.resume(settled().retry_ambiguous(true));
    assert_eq!(
        run.error(),
        (ErrorKind::Ambiguous, Posted::Yes),
        "the policy is about a POST in doubt, and this one was accepted"
    );

    let mut run = Run::posting(&["a"]);
    run.post().answer(202, [("Location", "https://evil.example/")], "");
    let mut run = run.resume(verified());
    run.poll_tracked("a", "canceled");
    assert_eq!(run.canceled(), Proof::Verified, "the baseline is polled");
}

#[test]
fn a_post_that_was_in_flight_at_the_deadline_stays_in_doubt() {
    for (policy, lists) in [(settled(), false), (verified(), true)] {
        let mut run = Run::new(policy.clone().deadline(secs(10)));
        if lists {
            run.list(&[("a", "running")]);
        }
        run.post();
        run.now += secs(10);
        assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Maybe));
        let mut run = run.resume(policy);
        if lists {
            run.list(&[("a", "running")]);
        } else {
            assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe));
        }
    }
}

#[test]
fn every_operation_of_the_baseline_is_polled_again() {
    let mut run = Run::verifying(&["a", "b"]);
    run.poll_tracked("a", "canceled");
    let mut run = run.resume(verified());
    run.poll_tracked("a", "canceled");
    run.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    run.poll_tracked("b", "completed");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "canceled"), ("b", "completed")])));
}

#[test]
fn a_failed_cancel_is_remembered() {
    let mut run = Run::verifying(&["a"]);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("failed"));
    let mut run = run.resume(verified());
    run.poll_tracked("a", "running");
    assert_eq!(run.end().unwrap().as_str(), "still_running");
}

#[test]
fn the_token_is_asked_for_anew() {
    let mut run = Run::following(settled()).resume(settled());
    run.poll(200, &status("running"));
    assert_eq!(run.tokens, [TokenReason::FirstUse]);
}

#[test]
fn the_rest_of_a_wait_is_waited() {
    let mut run = Run::new(settled());
    run.post().answer(202, [("Location", MIGRATED), ("Retry-After", "60")], "");
    run.now += secs(20);
    let mut run = run.resume(settled());
    let waited = run.poll(200, &status("running"));
    assert_eq!(waited, secs(40));
}

#[test]
fn on_the_same_clock_the_time_between_two_runs_counts() {
    let run = Run::following(settled().deadline(secs(60)));
    let text = run.cancellation.checkpoint().to_json();
    let mut later = Run { now: run.now + secs(61), ..run };
    later = later.resume_from(&text, settled().deadline(secs(60))).unwrap();
    assert_eq!(later.error(), (ErrorKind::Deadline, Posted::Yes));
}

#[test]
fn on_another_clock_no_time_has_passed() {
    let run = Run::following(settled().deadline(secs(60)));
    let text = run.cancellation.checkpoint().to_json();
    let mut other = Run { now: secs(3), ..run };
    other = other.resume_from(&text, settled().deadline(secs(60))).unwrap();
    let Step::WaitUntil(when) = other.cancellation.step(other.now) else { panic!("it waits") };
    assert_eq!(when, secs(4));
    other.now = secs(62);
    assert!(!matches!(other.cancellation.step(other.now), Step::Done(_)));
    other.now = secs(63);
    assert_eq!(other.error(), (ErrorKind::Deadline, Posted::Yes));
}

#[test]
fn after_an_error_the_next_run_has_a_deadline_and_attempts_of_its_own() {
    let mut run = Run::following(settled().deadline(secs(60)));
    run.now += secs(1000);
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Yes));
    let mut run = run.resume(settled().deadline(secs(60)));
    run.ends_canceled_by_location();

    let mut run = Run::following(settled());
    for _ in 0..5 {
        run.poll(503, "");
    }
    let mut run = run.resume(settled());
    for _ in 0..4 {
        run.poll(503, "");
    }
    run.poll(200, &status("canceled"));

    let mut run = Run::new(verified());
    for _ in 0..5 {
        run.list(&[("a", "running")]);
        run.post().maybe_sent();
    }
    let mut run = run.resume(verified());
    run.list(&[("a", "running")]);
    run.post();
}

#[test]
fn a_crash_loop_posts_no_more_often_than_one_run() {
    let mut run = Run::posting(&["a"]);
    for _ in 0..5 {
        run.post();
        run = run.resume(verified());
        run.list(&[("a", "running")]);
    }
    assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn the_schedule_goes_on_where_it_was() {
    let mut run = Run::following(settled());
    for _ in 0..4 {
        run.poll(200, &status("running"));
    }
    let mut run = run.resume(settled());
    let waits: Vec<_> = (0..4).map(|_| run.poll(200, &status("running")).as_millis()).collect();
    assert_eq!(waits, [5000, 5000, 20_000, 20_000]);
}
