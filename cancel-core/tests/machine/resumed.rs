//! Another process resumes a run, at every point of a conversation.

use std::time::Duration;

use cancel_core::{ErrorKind, Failure, Phase, Posted, Proof, Step, TokenReason};

use crate::run::{CANCEL_OPERATION, MIGRATED, NO_HEADERS, Run, accepted, pairs, secs, settled, status, verified};

const DAY: u64 = 24 * 3600;

#[test]
fn a_checkpoint_whose_cancel_was_taken_and_did_not_go_out_is_refused() {
    let written = [Run::verifying(&["a"]), Run::in_doubt(&["a"]), Run::following(settled())];
    for (written, policy) in written.iter().zip([verified(), verified(), settled()]) {
        let text = written.cancellation.checkpoint().to_json();
        let posted = format!(r#""posted":"{}""#, written.cancellation.posted());
        let text = text.replace(&posted, r#""posted":"no""#);
        let refusal = written.resume_from(&text, policy).err().map(|error| error.kind());
        assert_eq!(refusal, Some(ErrorKind::Checkpoint), "{text}");
    }
}

#[test]
fn a_run_that_sent_nothing_is_resumed_from_its_start() {
    let mut run = Run::new(verified()).resume(verified());
    run.list(&[("a", "running")]);
    let mut run = Run::new(settled()).resume(settled());
    run.post();
}

#[test]
fn the_shorter_of_two_deadlines_counts_however_long_the_other_is() {
    let patient = verified().deadline(Duration::MAX);
    for (before, after) in [(&patient, verified()), (&verified(), patient.clone()), (&patient, patient.clone())] {
        let mut run = Run::new(before.clone()).resume(after);
        run.list(&[("a", "running")]);
    }
}

/// The machine's time is that of the end of the exchange, and the next process has the caller's.
#[test]
fn an_exchange_that_times_out_long_before_its_time_can_be_resumed() {
    let patient = settled().deadline(Duration::MAX).attempt_timeout(Duration::MAX);
    let mut run = Run::new(patient.clone());
    run.post().fail(Failure::TimedOut);
    assert_eq!(run.resume(patient).error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn a_late_run_has_time_for_one_poll_however_long_an_attempt_may_take() {
    for (deadline, attempt, left) in [(900, 3600, 900), (10 * DAY, 5 * DAY, DAY), (10 * DAY, 3600, 3600)] {
        let policy = verified().deadline(secs(deadline)).attempt_timeout(secs(attempt));
        let mut run = Run::posting_with(policy.clone(), &["a"]);
        run.post().answer(200, NO_HEADERS, "");
        run.now += secs(deadline - 60);
        let run = run.resume(policy);
        assert_eq!(run.cancellation.progress().deadline - run.now, secs(left));
    }
}

/// Otherwise it only polls.
#[test]
fn a_post_that_was_not_processed_is_repeated_while_there_is_time_for_an_attempt() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(429, NO_HEADERS, "");
    let text = run.cancellation.checkpoint().to_json();
    let an_attempt_before = run.cancellation.progress().deadline - verified().get_attempt_timeout();

    run.now = an_attempt_before;
    run.resume_from(&text, verified()).unwrap().list(&[("a", "running")]);
    run.now = an_attempt_before + Duration::from_millis(1);
    run.resume_from(&text, verified()).unwrap().poll_tracked("a", "running");
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
fn a_post_that_was_in_flight_is_in_doubt() {
    let mut run = Run::posting(&["a"]);
    run.post();
    let mut run = run.resume(verified());
    assert_eq!(run.cancellation.posted(), Posted::Maybe);
    run.poll_tracked("a", "running");
    assert_eq!(run.waited, secs(0), "at once: it may have taken effect");
    run.ends_canceled("a");
}

/// Its three minutes count from the first process on.
#[test]
fn the_time_of_a_post_in_doubt_is_remembered() {
    let mut run = Run::in_doubt(&["a"]);
    for _ in 0..8 {
        run.poll_tracked("a", "running");
    }
    let mut run = run.resume(verified());
    assert_eq!(run.poll_while_running("a").last(), Some(&184_000));
    run.list(&[("a", "running")]);
    run.post();

    let mut run = Run::posting(&["a"]);
    run.post();
    run.now += secs(20);
    run.cancellation.pass_time(run.now);
    let mut run = run.resume(verified());
    let polls = run.poll_while_running("a");
    assert!((180_000..206_000).contains(polls.last().unwrap()), "{polls:?}");
    run.list(&[("a", "running")]);
    run.post();
}

/// Where the run before was about to recheck, and where it was about to post.
#[test]
fn a_doubt_is_resumed_with_a_poll_and_a_recheck() {
    let mut before_recheck = Run::in_doubt(&["a"]);
    before_recheck.poll_while_running("a");
    let mut before_post = before_recheck.resume(verified());
    before_post.poll_tracked("a", "running");
    before_post.list(&[("a", "running")]);
    for run in [before_recheck, before_post] {
        let mut run = run.resume(verified());
        run.poll_tracked("a", "running");
        run.list(&[("a", "running")]);
        run.post().answer(409, NO_HEADERS, "");
        run.ends_canceled("a");
    }
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
fn a_doubt_is_judged_by_the_policy_that_resumes() {
    for policy in [settled(), accepted()] {
        let blind = policy.clone().retry_ambiguous(true);
        let mut reset = Run::new(blind.clone());
        reset.post().maybe_sent();
        let mut reset_twice = Run::new(blind.clone());
        reset_twice.post().answer(504, NO_HEADERS, "");
        reset_twice.post().answer(429, NO_HEADERS, "");
        let mut kept_back = Run::new(blind.clone());
        kept_back.post().answer(408, NO_HEADERS, "");
        kept_back.post().fail(Failure::NotAttempted);
        let mut rejected = Run::new(blind.clone());
        rejected.post().maybe_sent();
        rejected.post().answer(401, NO_HEADERS, "");
        for run in [reset, reset_twice, kept_back, rejected] {
            let mut careful = run.resume(policy.clone());
            assert_eq!(careful.error().0, ErrorKind::Ambiguous, "no other POST");
            let mut again = careful.resume(policy.clone());
            assert_eq!(again.error().0, ErrorKind::Ambiguous);
            let mut same = run.resume(blind.clone());
            same.post();
        }
    }
}

#[test]
fn a_post_that_was_not_processed_is_repeated_by_any_policy() {
    for policy in [settled(), accepted()] {
        let mut run = Run::new(policy.clone().retry_ambiguous(true));
        run.post().answer(429, NO_HEADERS, "");
        let mut run = run.resume(policy);
        run.post();
    }
}

/// Without a list nothing tells the second worker that the first has posted.
#[test]
fn two_workers_on_one_checkpoint_both_post_but_for_what_a_recheck_tells() {
    for policy in [settled(), accepted()] {
        let run = Run::new(policy.clone());
        run.resume(policy.clone()).post();
        run.resume(policy).post();
    }
    let run = Run::posting(&["a"]);
    let mut first = run.resume(verified());
    first.list(&[("a", "running")]);
    first.post().answer(200, NO_HEADERS, "");
    first.ends_canceled("a");
    let mut second = run.resume(verified());
    second.list(&[("a", "canceled"), ("b", "running")]);
    second.ends_canceled("a");
    assert_eq!(second.cancellation.posted(), Posted::No, "b is spared");
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
            run.ends_canceled("a");
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
    run.poll_tracked("b", "completed");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "canceled"), ("b", "completed")])));
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
    let mut later = Run { now: run.now + secs(20), ..run };
    later = later.resume_from(&text, settled().deadline(secs(60))).unwrap();
    let progress = later.cancellation.progress();
    assert_eq!((progress.due, progress.deadline), (Some(later.now), later.start + secs(60)));
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

    let mut run = Run::posting_with(verified().attempts(1), &["a"]);
    run.post().maybe_sent();
    run.poll_while_running("a");
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Maybe));
    let mut run = run.resume(verified().attempts(1));
    run.poll_tracked("a", "running");
    run.list(&[("a", "running")]);
    run.post();
}

#[test]
fn a_crash_loop_posts_no_more_often_than_one_run() {
    let mut run = Run::posting(&["a"]);
    for posts in 1..=5 {
        run.post();
        run = run.resume(verified());
        run.poll_while_running("a");
        if posts < 5 {
            run.list(&[("a", "running")]);
        }
    }
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Maybe), "polls to the end, no sixth POST");
}

#[test]
fn the_schedule_goes_on_where_it_was() {
    let mut run = Run::following(settled());
    for _ in 0..4 {
        run.poll(200, &status("running"));
    }
    let mut run = run.resume(settled());
    let waits: Vec<_> = (0..4).map(|_| run.poll(200, &status("running")).as_millis()).collect();
    assert_eq!(waits, [6000, 20_000, 20_000, 7000]);
}

#[test]
fn a_run_that_was_to_poll_the_location_polls_the_baseline_when_that_is_due() {
    for in_flight in [false, true] {
        let mut run = Run::verifying(&["a"]);
        run.now += secs(30);
        run.poll_tracked("a", "running");
        if in_flight {
            run.get(CANCEL_OPERATION);
        }
        let mut run = run.resume(verified());
        run.poll_tracked("a", "running");
        assert_eq!(run.elapsed(), 50_000);
    }
}

/// The service has read it and does not carry it out. Another run may have the right to.
#[test]
fn a_run_that_resumes_after_a_refused_post_posts_again() {
    for policy in [accepted(), settled(), verified()] {
        let mut run = Run::new(policy.clone());
        let lists = policy == verified();
        if lists {
            run.list(&[("a", "running")]);
        }
        run.post().answer(403, NO_HEADERS, "");
        let mut resumed = run.resume(policy);
        if lists {
            resumed.list(&[("a", "running")]);
        }
        resumed.post();
    }
}

#[test]
fn a_run_that_resumes_while_the_baseline_of_a_refused_post_is_polled_begins_with_a_recheck() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(409, NO_HEADERS, "");
    run.list(&[]);
    assert_eq!(run.cancellation.progress().phase, Phase::Verifying);
    let mut resumed = run.resume(verified());
    resumed.list(&[("a", "running")]);
    resumed.post();
}
