//! After a POST that was certainly not processed, in `Until::Verified`: a recheck, then another POST where only the
//! baseline is in progress.

use cancel_core::{ErrorKind, Failure, Phase, Posted, Proof};

use crate::run::{LIST, NO_HEADERS, Run, pairs, secs, verified};

/// Lets a POST lead nowhere.
type Fail = fn(&mut Run);

/// The ways in which a first POST leads nowhere, and how many seconds the machine waits then.
const UNPROCESSED: [(Fail, u64); 4] = [
    (|run| run.post().not_sent(), 1),
    (|run| run.post().answer(429, [("Retry-After", "60")], ""), 60),
    (|run| run.post().answer(401, NO_HEADERS, ""), 0),
    (|run| run.post().fail(Failure::NotAttempted), 0),
];

fn unprocessed() -> impl Iterator<Item = (Run, u64)> {
    UNPROCESSED.into_iter().map(|(post, wait)| {
        let mut run = Run::posting(&["a"]);
        post(&mut run);
        (run, wait)
    })
}

#[test]
fn it_is_repeated_directly_after_a_recheck_that_shows_only_the_baseline() {
    for (mut run, wait) in unprocessed() {
        assert_eq!(run.cancellation.progress().phase, Phase::Rechecking);
        run.list(&[("a", "running"), ("old", "canceled")]);
        assert_eq!(run.waited, secs(wait));
        run.post().answer(200, NO_HEADERS, "");
        assert_eq!(run.waited, secs(0), "directly after the recheck");
        run.ends_canceled("a");
    }
}

#[test]
fn a_baseline_that_has_left_the_list_is_polled_at_once_to_its_end() {
    for (mut run, _) in unprocessed() {
        let posted = run.cancellation.posted();
        run.list(&[("a", "completed"), ("b", "running")]);
        run.poll_tracked("a", "completed");
        assert_eq!(run.waited, secs(0), "at once");
        assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed")])), "b was started while it waited");
        assert_eq!(run.cancellation.posted(), posted);
    }
}

/// The list lags or hides the baseline for a moment. The poll tells, and the POST leaves after another recheck.
#[test]
fn a_list_that_hides_the_running_baseline_keeps_no_post_back() {
    for (mut run, _) in unprocessed() {
        run.list(&[]);
        run.poll_tracked("a", "running");
        assert_eq!(run.cancellation.progress().phase, Phase::Rechecking);
        run.list(&[("a", "running")]);
        assert!((1..=7).contains(&run.waited.as_secs()), "{:?}", run.waited);
        run.post().answer(200, NO_HEADERS, "");
        run.ends_canceled("a");
    }
}

/// It is polled and listed on the schedule for all of the 15 minutes, and not every second.
#[test]
fn a_list_that_hides_the_running_baseline_for_ever_does_not_make_it_hurry() {
    let mut run = Run::posting(&["a"]);
    run.post().not_sent();
    let mut requests = 0;
    while run.cancellation.progress().due < Some(run.cancellation.progress().deadline) {
        match run.cancellation.progress().phase {
            Phase::Verifying => run.poll_tracked("a", "running"),
            _ => run.list(&[]),
        }
        requests += 1;
    }
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::No));
    assert!((80..120).contains(&requests), "{requests}");
}

#[test]
fn somebody_elses_operation_is_waited_for_and_then_the_post_leaves() {
    for (mut run, _) in unprocessed() {
        run.list(&[("a", "running"), ("b", "running")]);
        assert_eq!(run.cancellation.progress().phase, Phase::Rechecking);
        run.list(&[("a", "running"), ("b", "running")]);
        assert!(run.waited > secs(0));
        run.list(&[("a", "running"), ("b", "completed")]);
        run.post().answer(200, NO_HEADERS, "");
        run.ends_canceled("a");
    }
}

#[test]
fn the_error_of_the_deadline_names_somebody_elses_operation() {
    let mut run = Run::posting(&["a"]);
    run.post().not_sent();
    run.list(&[("a", "running"), ("b", "running")]);
    run.now += secs(10_000);
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::No));
    let error = run.end().unwrap_err().to_string();
    assert!(error.contains("in progress when last polled: a (running)"), "{error}");
    assert!(error.contains("operation b was started in the meantime, so that no cancel was sent"), "{error}");
}

#[test]
fn an_operation_that_is_gone_is_not_named_any_more() {
    let mut run = Run::posting(&["a"]);
    run.post().not_sent();
    run.list(&[("a", "running"), ("b", "running")]);
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");
    run.now += secs(10_000);
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Yes));
    let error = run.end().unwrap_err().to_string();
    assert!(!error.contains("operation b"), "{error}");
}

#[test]
fn as_many_posts_as_attempts_that_lead_nowhere_end_it() {
    for (kind, posted, post) in [
        (ErrorKind::Transport, Posted::No, (|run| run.post().not_sent()) as Fail),
        (ErrorKind::Throttled, Posted::Yes, |run| run.post().answer(429, NO_HEADERS, "")),
        (ErrorKind::Unauthorized, Posted::Yes, |run| run.post().answer(401, NO_HEADERS, "")),
    ] {
        let mut run = Run::posting(&["a"]);
        for _ in 0..4 {
            post(&mut run);
            run.list(&[("a", "running")]);
        }
        post(&mut run);
        assert_eq!(run.error(), (kind, posted));
    }
}

/// Nothing has left, so that failures of GETs are final as before the POST.
#[test]
fn a_recheck_that_fails_is_repeated_as_often_as_there_are_attempts() {
    let unsent = || {
        let mut run = Run::posting(&["a"]);
        run.post().not_sent();
        run
    };
    let mut run = unsent();
    for _ in 0..4 {
        run.get(LIST).answer(503, NO_HEADERS, "");
    }
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");

    let mut run = unsent();
    for _ in 0..5 {
        run.get(LIST).answer(503, NO_HEADERS, "");
    }
    assert_eq!(run.error(), (ErrorKind::Server, Posted::No));

    let mut run = unsent();
    run.get(LIST).answer(404, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::NotFound, Posted::No));
}

/// A throttle or a slow disk holds it back, and somebody starts another operation in the meantime.
#[test]
fn a_post_that_was_held_back_goes_out_after_a_recheck() {
    let held_back = || {
        let mut run = Run::posting(&["a"]);
        run.now += secs(6);
        run
    };
    let mut run = held_back();
    run.list(&[("a", "completed"), ("b", "running")]);
    run.poll_tracked("a", "completed");
    assert_eq!((run.ended().0, run.cancellation.posted()), (Proof::Verified, Posted::No));

    let mut run = held_back();
    run.list(&[("a", "running")]);
    run.now += secs(60);
    run.post().answer(429, NO_HEADERS, "");
    run.list(&[("a", "running")]);
    run.now += secs(6);
    run.list(&[("a", "running")]);
    run.now += secs(5);
    run.post().answer(200, NO_HEADERS, "");
}

/// The service read the offer when it got the request, and the answer took 29 s.
#[test]
fn the_age_of_a_list_counts_from_its_request() {
    let mut run = Run::new(verified());
    let list = run.get(LIST);
    list.run.now += secs(29);
    list.answer(200, NO_HEADERS, &crate::run::list_of(&[("a", "running")]));
    run.list(&[("a", "completed"), ("b", "running")]);
    assert_eq!((run.waited, run.cancellation.posted()), (secs(0), Posted::No));
    run.poll_tracked("a", "completed");
    assert_eq!(run.ended().0, Proof::Verified, "b is spared");

    for (seconds, is_fresh) in [(5, true), (6, false)] {
        let mut run = Run::new(verified());
        let list = run.get(LIST);
        list.run.now += secs(seconds);
        list.answer(200, NO_HEADERS, &crate::run::list_of(&[("a", "running")]));
        let next = run.next();
        assert_eq!(next.exchange.is_post(), is_fresh, "{seconds} s");
    }
}

/// Where every list is slow, the POST leaves all the same.
#[test]
fn a_slow_list_is_read_again_once_per_post() {
    let slow = |run: &mut Run| {
        let list = run.get(LIST);
        list.run.now += secs(29);
        list.answer(200, NO_HEADERS, &crate::run::list_of(&[("a", "running")]));
    };
    let mut run = Run::new(verified());
    slow(&mut run);
    slow(&mut run);
    run.post().not_sent();
    slow(&mut run);
    slow(&mut run);
    run.post().answer(200, NO_HEADERS, "");
    run.ends_canceled("a");
}
