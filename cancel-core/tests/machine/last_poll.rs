//! No wait runs past the deadline without a last poll, and a resumed run polls at least once.

use std::time::Duration;

use cancel_core::{ErrorKind, Failure, Posted, Proof, Step};

use crate::run::{
    CANCEL_OPERATION, LIST, MIGRATED, NO_HEADERS, Run, list_of, operation, pairs, secs, settled, status, verified,
};

/// A run whose POST was acknowledged, so that only the baseline is polled.
fn acknowledged(deadline: u64) -> Run {
    let mut run = Run::posting_with(verified().deadline(secs(deadline)), &["a"]);
    run.post().answer(200, NO_HEADERS, "");
    run
}

#[test]
fn the_last_polls_begin_five_seconds_before_the_deadline() {
    let mut run = acknowledged(60);
    let polls = run.poll_while_running("a");
    assert_eq!(polls, [1000, 7000, 13_000, 19_000, 25_000, 45_000, 55_000, 57_500, 58_750]);
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Yes));
    assert_eq!(run.elapsed(), 60_000);
    let error = run.end().unwrap_err().to_string();
    assert!(error.contains("in progress when last polled: a (running)"), "{error}");
}

/// It has ended after the poll at 45 s.
#[test]
fn an_end_after_the_last_scheduled_poll_is_found() {
    let mut run = acknowledged(60);
    for _ in 0..6 {
        run.poll_tracked("a", "running");
    }
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 55_000);
}

#[test]
fn the_services_wait_does_not_skip_the_last_poll() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(200, [("Retry-After", "3600")], "");
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 895_000);

    let mut run = Run::posting(&["a"]);
    run.post().answer(503, [("Retry-After", "3600")], "");
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 895_000, "in doubt");

    let mut run = Run::verifying(&["a"]);
    run.get(&operation("a")).answer(503, [("Retry-After", "3600")], "");
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 895_000, "after a failure");
}

#[test]
fn the_services_wait_after_a_recheck_does_not_skip_the_last_poll() {
    let mut run = Run::in_doubt(&["a"]);
    run.poll_while_running("a");
    run.get(LIST).answer(200, [("Retry-After", "3600")], &list_of(&[("a", "running"), ("b", "running")]));
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 895_000);
}

/// The location can only say that the cancel has failed. The baseline decides.
#[test]
fn the_last_poll_is_of_the_baseline() {
    let mut run = Run::verifying(&["a"]);
    run.get(&operation("a")).answer(200, [("Retry-After", "3600")], &status("running"));
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 895_000);

    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(202, [("Retry-After", "3600")], "");
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 895_000);
}

#[test]
fn all_of_the_baseline_has_a_last_poll() {
    let mut run = Run::posting_with(verified().deadline(secs(60)), &["a", "b"]);
    run.post().answer(200, [("Retry-After", "3600")], "");
    run.poll_tracked("a", "canceled");
    assert_eq!(run.elapsed(), 55_000);
    run.ends_canceled("b");

    let mut run = Run::posting_with(verified().deadline(secs(60)), &["a", "b", "c"]);
    run.post().answer(200, NO_HEADERS, "");
    for id in ["a", "b", "c", "a", "b", "c"] {
        run.poll_tracked(id, "running");
    }
    run.get(&operation("a")).answer(200, [("Retry-After", "3600")], &status("running"));
    assert_eq!(run.elapsed(), 55_000);
    run.get(&operation("b")).answer(503, [("Retry-After", "3600")], "");
    run.poll_tracked("c", "canceled");
    assert_eq!(run.elapsed(), 57_187);
    run.poll_tracked("a", "running");
    run.poll_tracked("b", "canceled");
    assert!(run.elapsed() < 59_000, "b has another, since its last poll has failed");
    run.poll_while_running("a");
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Yes));
    let error = run.end().unwrap_err().to_string();
    assert!(error.contains("in progress when last polled: a (running)"), "{error}");
}

/// Each answer takes half a second.
#[test]
fn slow_answers_leave_time_for_a_last_poll_of_each() {
    let mut run = Run::posting_with(verified().deadline(secs(60)), &["a", "b", "c"]);
    run.post().answer(200, [("Retry-After", "3600")], "");
    for id in ["a", "b", "c"] {
        let poll = run.get(&operation(id));
        poll.run.now += Duration::from_millis(500);
        poll.answer(200, NO_HEADERS, &status("canceled"));
    }
    assert_eq!(run.canceled(), Proof::Verified);
}

#[test]
fn a_last_poll_that_fails_is_repeated() {
    let mut run = acknowledged(60);
    for _ in 0..6 {
        run.poll_tracked("a", "running");
    }
    run.get(&operation("a")).answer(503, [("Retry-After", "3600")], "");
    assert_eq!(run.elapsed(), 55_000);
    run.get(&operation("a")).maybe_sent();
    assert_eq!(run.elapsed(), 57_500);
    run.ends_canceled("a");
}

#[test]
fn a_poll_that_hangs_leaves_time_for_a_last_one() {
    let mut run = acknowledged(60);
    for _ in 0..5 {
        run.poll_tracked("a", "running");
    }
    let poll = run.get(&operation("a"));
    assert_eq!((poll.run.elapsed(), poll.exchange.timeout), (45_000, Duration::from_millis(12_500)));
    poll.run.now += poll.exchange.timeout;
    poll.fail(Failure::TimedOut);
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 58_750);

    let mut run = Run::new(settled().deadline(secs(60)));
    run.post().answer(202, [("Location", MIGRATED)], "");
    run.now += secs(49);
    let poll = run.get(MIGRATED);
    poll.run.now += poll.exchange.timeout;
    poll.fail(Failure::TimedOut);
    run.ends_canceled_by_location();
    assert_eq!(run.elapsed(), 58_750);
}

#[test]
fn a_post_that_hangs_leaves_time_for_a_last_poll() {
    let mut run = Run::posting_with(verified().deadline(secs(12)), &["a"]);
    let post = run.post();
    assert_eq!(post.exchange.timeout, Duration::from_millis(9500));
    post.run.now += post.exchange.timeout;
    post.fail(Failure::TimedOut);
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 10_500);
}

#[test]
fn a_recheck_that_hangs_leaves_time_for_a_last_poll() {
    let mut run = Run::posting_with(verified().deadline(secs(20)), &["a"]);
    run.post().answer(409, NO_HEADERS, "");
    let recheck = run.get(LIST);
    assert_eq!((recheck.run.elapsed(), recheck.exchange.timeout), (0, Duration::from_millis(17_500)), "refused");

    let mut run = Run::posting_with(verified().deadline(secs(200)), &["a"]);
    run.post().maybe_sent();
    run.now += secs(180);
    run.poll_tracked("a", "running");
    let recheck = run.get(LIST);
    assert_eq!((recheck.run.elapsed(), recheck.exchange.timeout), (180_000, Duration::from_millis(17_500)), "in doubt");
    recheck.run.now += recheck.exchange.timeout;
    recheck.fail(Failure::TimedOut);
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 198_750);
}

#[test]
fn a_last_poll_may_take_all_the_time_that_is_left() {
    let mut run = acknowledged(60);
    for _ in 0..6 {
        run.poll_tracked("a", "running");
    }
    let poll = run.get(&operation("a"));
    assert_eq!((poll.run.elapsed(), poll.exchange.timeout), (55_000, secs(5)));
}

#[test]
fn a_shorter_attempt_is_as_long_as_the_time_that_is_left_for_it() {
    let mut run = Run::posting_with(verified().attempt_timeout(secs(2)).deadline(secs(60)), &["a"]);
    run.post().answer(200, [("Retry-After", "3600")], "");
    run.poll_tracked("a", "running");
    assert_eq!(run.elapsed(), 58_000);
}

#[test]
fn the_location_has_a_last_poll_too() {
    let mut run = Run::new(settled().deadline(secs(60)));
    run.post().answer(202, [("Location", MIGRATED), ("Retry-After", "3600")], "");
    run.ends_canceled_by_location();
    assert_eq!(run.elapsed(), 55_000);
}

#[test]
fn a_last_poll_that_fails_leaves_the_deadline_with_what_was_polled_before() {
    let mut run = acknowledged(60);
    for _ in 0..5 {
        run.poll_tracked("a", "running");
    }
    run.get(&operation("a")).answer(200, [("Retry-After", "3600")], &status("waitingForPublisherReview"));
    run.get(&operation("a")).answer(503, NO_HEADERS, r#"{"error":{"code":"Busy","message":"later"}}"#);
    assert_eq!(run.elapsed(), 55_000);
    while run.cancellation.progress().due < Some(run.cancellation.progress().deadline) {
        run.get(&operation("a")).answer(503, NO_HEADERS, r#"{"error":{"code":"Busy","message":"later"}}"#);
    }
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Yes));
    let error = run.end().unwrap_err();
    assert!(error.to_string().contains("in progress when last polled: a (waitingForPublisherReview)"), "{error}");
    assert_eq!(error.answer().and_then(|answer| answer.code()), Some("Busy"));
}

/// The machine was off for a day.
#[test]
fn a_run_that_is_resumed_after_its_deadline_polls_all_the_same() {
    let written = Run::verifying(&["a"]);
    let text = written.cancellation.checkpoint().to_json();
    let later = Run { now: written.now + secs(24 * 3600), ..written };
    let mut run = later.resume_from(&text, verified()).unwrap();
    let poll = run.get(&operation("a"));
    assert_eq!((poll.run.waited, poll.exchange.timeout), (secs(0), Duration::from_millis(27_500)), "at once");
    poll.answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(run.canceled(), Proof::Verified);

    // Without an end it is over after that time, and every later resume polls again.
    for _ in 0..3 {
        let mut run = later.resume_from(&text, verified()).unwrap();
        let start = run.now;
        run.poll_tracked("a", "running");
        while run.cancellation.progress().due < Some(run.cancellation.progress().deadline) {
            run.next().answer(202, NO_HEADERS, "");
        }
        assert_eq!((run.deadline(), run.now - start), ((ErrorKind::Deadline, Posted::Yes), secs(30)));
    }
}

#[test]
fn a_run_in_doubt_that_is_resumed_after_its_deadline_polls_too() {
    let mut written = Run::posting(&["a", "b"]);
    written.post();
    let text = written.cancellation.checkpoint().to_json();
    let later = Run { now: written.now + secs(24 * 3600), ..written };
    let mut run = later.resume_from(&text, verified()).unwrap();
    run.poll_tracked("a", "canceled");
    run.poll_tracked("b", "completed");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "canceled"), ("b", "completed")])));
}

/// Its POST was not processed. Another one does not leave after the deadline.
#[test]
fn a_run_whose_post_was_not_processed_polls_too() {
    for end in ["completed", "running"] {
        let mut written = Run::posting(&["a"]);
        written.post().answer(429, NO_HEADERS, "");
        let text = written.cancellation.checkpoint().to_json();
        let later = Run { now: written.now + secs(24 * 3600), ..written };
        let mut run = later.resume_from(&text, verified()).unwrap();
        run.poll_tracked("a", end);
        assert_eq!(run.waited, secs(0));
        if end == "completed" {
            assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
        } else {
            run.poll_while_running("a");
            assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Yes));
        }
    }
}

#[test]
fn a_location_is_polled_after_the_deadline_too() {
    let written = Run::following(settled());
    let text = written.cancellation.checkpoint().to_json();
    let later = Run { now: written.now + secs(24 * 3600), ..written };
    let mut run = later.resume_from(&text, settled()).unwrap();
    run.ends_canceled_by_location();
    assert_eq!(run.waited, secs(0));
}

#[test]
fn a_run_that_has_sent_nothing_does_not_begin_after_its_deadline() {
    let written = Run::new(verified());
    let text = written.cancellation.checkpoint().to_json();
    let later = Run { now: written.now + secs(24 * 3600), ..written };
    let mut run = later.resume_from(&text, verified()).unwrap();
    assert!(matches!(run.cancellation.step(run.now), Step::Done(_)));
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::No));
}

/// The policy that resumes has a deadline before the time for which the service had asked.
#[test]
fn a_shorter_deadline_at_resume_does_not_skip_the_last_poll() {
    let mut written = Run::posting(&["a"]);
    written.post().answer(200, [("Retry-After", "600")], "");
    let mut run = written.resume(verified().deadline(secs(60)));
    run.ends_canceled("a");
    assert_eq!(run.elapsed(), 55_000);
}

/// The service had asked for an hour, and the deadline is a minute away: what is left is enough for one attempt.
#[test]
fn a_resumed_run_with_little_time_left_polls_at_once() {
    let mut written = Run::posting_with(verified().deadline(secs(60)), &["a"]);
    written.post().answer(200, [("Retry-After", "3600")], "");
    written.now += secs(50);
    written.cancellation.pass_time(written.now);
    let mut run = written.resume(verified().deadline(secs(60)));
    run.poll_tracked("a", "running");
    assert_eq!(run.waited, Duration::ZERO);
    run.ends_canceled("a");
}
