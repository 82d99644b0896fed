//! A POST in doubt in `Until::Verified`: polls first, another POST only after the time that a cancel takes, and the
//! truth at the end.

use cancel_core::{Body, ErrorKind, Failure, Outcome, Phase, Posted, Proof};

use crate::run::{
    CANCEL_OPERATION, LIST, NO_HEADERS, Run, list_of, operation, pairs, secs, settled, status, statuses, verified,
};

/// When the baseline is polled after a POST at the start, up to the first poll that comes 180 s after it, in
/// milliseconds.
const POLLS: [u128; 24] = [
    1000, 7000, 13_000, 19_000, 25_000, 45_000, 65_000, 72_000, 79_000, 86_000, 93_000, 100_000, 107_000, 114_000,
    121_000, 128_000, 135_000, 142_000, 149_000, 156_000, 163_000, 170_000, 177_000, 184_000,
];

/// Also when an earlier one was answered.
#[test]
fn after_a_post_that_was_lost_no_connection_is_used_again() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(503, NO_HEADERS, "");
    while run.cancellation.progress().phase == Phase::Verifying {
        run.poll_tracked("a", "running");
    }
    run.list(&[("a", "running")]);
    run.post().maybe_sent();
    assert!(!run.get(&operation("a")).exchange.keep_alive);
}

#[test]
fn a_lost_answer_is_followed_by_polls_on_the_schedule_and_a_second_post_after_three_minutes() {
    let mut run = Run::in_doubt(&["a"]);
    assert_eq!(run.cancellation.progress().phase, Phase::Verifying);
    assert_eq!(run.poll_while_running("a"), POLLS);
    assert_eq!(run.cancellation.progress().phase, Phase::Rechecking);
    run.list(&[("a", "running"), ("old", "canceled")]);
    assert_eq!(run.elapsed(), 184_000, "directly after the poll");
    run.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    assert_eq!(run.elapsed(), 184_000, "directly after the recheck");
    run.poll_tracked("a", "running");
    assert_eq!(run.waited, secs(1), "the schedule begins anew");
    run.ends_canceled("a");
}

/// A server that closes each connection once it has answered would lose the next POST too.
#[test]
fn while_a_post_is_in_doubt_no_connection_is_used_twice() {
    let mut run = Run::new(verified());
    let list = run.next();
    assert!(list.exchange.keep_alive);
    list.answer(200, NO_HEADERS, &list_of(&[("a", "running")]));
    let post = run.post();
    assert!(post.exchange.keep_alive);
    post.maybe_sent();
    let poll = run.get(&operation("a"));
    assert!(!poll.exchange.keep_alive);
    poll.answer(200, NO_HEADERS, &status("running"));
    run.poll_while_running("a");
    let recheck = run.get(LIST);
    assert!(!recheck.exchange.keep_alive);
    recheck.answer(200, NO_HEADERS, &list_of(&[("a", "running")]));
    let post = run.post();
    assert!(!post.exchange.keep_alive);
    post.answer(200, NO_HEADERS, "");
    assert!(run.get(&operation("a")).exchange.keep_alive);
}

/// A gateway answers 504 to each POST, and each was processed: one POST is enough.
#[test]
fn a_cancel_that_takes_effect_meanwhile_is_polled_to_its_end_with_one_post() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(504, NO_HEADERS, "");
    for _ in 0..6 {
        run.poll_tracked("a", "running");
    }
    run.poll_tracked("a", "canceled");
    assert_eq!((run.elapsed(), run.canceled(), run.cancellation.posted()), (65_000, Proof::Verified, Posted::Yes));
}

#[test]
fn every_answer_that_leaves_the_post_in_doubt_is_followed_by_polls() {
    let whole = |text: &'static str| Body::from(text);
    for (code, body) in [
        (408, whole("")),
        (500, whole("")),
        (502, whole("")),
        (503, whole("")),
        (504, whole("<html>gateway</html>")),
        (302, whole("")),
        (307, whole("")),
        (201, whole("")),
        (204, whole("")),
        (200, whole("<html>Sign in</html>")),
        (200, whole("{")),
        (200, Body::CutOff("".into())),
        (200, Body::TooLarge("{}".into())),
    ] {
        let mut run = Run::posting(&["a"]);
        run.post().answer_with(code, NO_HEADERS, body.clone());
        assert_eq!(run.poll_while_running("a"), POLLS, "{code} {body:?}");
        run.list(&[("a", "running")]);
        run.post().answer(200, NO_HEADERS, "{}");
        run.ends_canceled("a");
    }
    for failure in [Failure::maybe_sent("connection reset"), Failure::Dropped, Failure::TimedOut] {
        let mut run = Run::posting(&["a"]);
        run.post().fail(failure);
        run.now = run.cancellation.now();
        run.poll_tracked("a", "running");
        assert_eq!(run.waited, secs(1));
        run.ends_canceled("a");
    }
}

/// RFC 9112 §6.3: a client that does not tell a break from an end hands in the body as `Ended`.
#[test]
fn a_200_whose_body_may_go_on_acknowledges_nothing() {
    let ended = |headers: &'static [(&str, &str)], body: Body| {
        let mut run = Run::new(settled());
        run.post().answer_with(200, headers.iter().copied(), body);
        match run.cancellation.result() {
            Some(Ok(outcome)) => outcome.as_str(),
            Some(Err(error)) => error.kind().as_str(),
            None => "nothing",
        }
    };
    let chunked: &[_] = &[("Transfer-Encoding", "Chunked")];
    for (headers, body, expected) in [
        (&[] as &[_], "{}", "canceled"),
        (&[], "{}\r\n", "canceled"),
        (&[], "\"a\" ", "canceled"),
        (&[], "", "ambiguous"),
        (&[], " \r\n", "ambiguous"),
        (&[], "1 ", "ambiguous"),
        (&[], "null", "ambiguous"),
        (&[("Content-Length", "0")], "", "canceled"),
        (&[("Content-Length", "4")], "null", "canceled"),
        (&[("Content-Length", "5")], "null", "ambiguous"),
        (&[("Content-Length", "3")], "null", "ambiguous"),
        (&[("Content-Length", "+2")], "{}", "ambiguous"),
        (&[("Content-Length", "20"), ("Content-Encoding", "gzip")], "{}", "canceled"),
        (&[("Content-Length", "20"), ("Content-Encoding", "gzip")], "null", "ambiguous"),
        (&[("Content-Length", "0"), ("Content-Encoding", "gzip")], "", "canceled"),
        (chunked, "", "canceled"),
        (chunked, "1", "canceled"),
    ] {
        assert_eq!(ended(headers, Body::Ended(body.into())), expected, "{headers:?}, {body:?}");
    }
    // Nobody has decoded it.
    for headers in [&[("Transfer-Encoding", "gzip, chunked")] as &[_], &[("Transfer-Encoding", "chunked"); 2]] {
        for body in [Body::Ended("{}".into()), Body::Complete("{}".into())] {
            assert_eq!(ended(headers, body), "ambiguous", "{headers:?}");
        }
    }
    assert_eq!(ended(chunked, Body::CutOff("{}".into())), "ambiguous");
}

#[test]
fn a_200_is_acknowledged_when_its_body_is_empty_or_json() {
    for body in ["", " \r\n", "{}", "null", r#"{"id":1}"#] {
        let mut run = Run::posting(&["a"]);
        run.post().answer(200, NO_HEADERS, body);
        assert_eq!(run.poll_while_running("a").last(), Some(&898_750), "polls to the deadline, no second POST: {body}");
        assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Yes));
    }
}

#[test]
fn the_services_wait_is_kept_before_the_first_poll() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(503, [("Retry-After", "20")], "");
    run.poll_tracked("a", "running");
    assert_eq!(run.waited, secs(20));
    run.ends_canceled("a");
}

/// Not one of the five POSTs has an answer. The polls go on until the deadline.
#[test]
fn there_are_as_many_posts_as_attempts_and_then_polls_until_the_deadline() {
    let mut run = Run::posting_with(verified().deadline(secs(3600)), &["a"]);
    run.post().maybe_sent();
    let mut posts = vec![0];
    for _ in 0..4 {
        run.second_post("a").maybe_sent();
        posts.push(run.elapsed());
    }
    assert_eq!(posts, [0, 184_000, 368_000, 552_000, 736_000]);
    let polls = run.poll_while_running("a");
    assert_eq!(polls.last(), Some(&3_598_750), "last polls before the deadline");
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Maybe));
}

#[test]
fn the_truth_counts_after_the_last_post_too() {
    let mut run = Run::posting_with(verified().attempts(2), &["a"]);
    run.post().answer(504, NO_HEADERS, "");
    run.second_post("a").answer(504, NO_HEADERS, "");
    for _ in 0..20 {
        run.poll_tracked("a", "running");
    }
    run.ends_canceled("a");
}

#[test]
fn with_one_attempt_there_is_one_post() {
    let mut run = Run::posting_with(verified().attempts(1), &["a"]);
    run.post().maybe_sent();
    assert_eq!(run.poll_while_running("a").last(), Some(&898_750));
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Maybe));
}

#[test]
fn a_shorter_poll_interval_shortens_the_time_to_the_second_post_in_proportion() {
    let policy = verified().poll_interval(std::time::Duration::from_millis(100));
    let mut run = Run::posting_with(policy, &["a"]);
    run.post().maybe_sent();
    run.second_post("a").answer(200, NO_HEADERS, "");
    assert_eq!(run.elapsed(), 18_400, "the first poll after 18 s");
}

/// "It is already being canceled": that is the first cancel, which takes effect a minute later.
#[test]
fn a_repeat_that_is_refused_says_nothing_of_the_first() {
    for code in [400, 403, 404, 405, 409, 410, 412, 422] {
        let mut run = Run::in_doubt(&["a"]);
        run.second_post("a").answer(code, NO_HEADERS, "");
        assert_eq!(run.cancellation.progress().phase, Phase::Verifying, "{code}");
        run.poll_tracked("a", "running");
        assert_eq!(run.waited, secs(1));
        run.poll_tracked("a", "running");
        run.ends_canceled("a");
    }
}

/// The cancel operation of the repeat fails because of the first one.
#[test]
fn the_location_of_a_repeat_is_not_polled() {
    let mut run = Run::in_doubt(&["a"]);
    run.second_post("a").answer(202, [("Location", CANCEL_OPERATION)], "");
    for _ in 0..30 {
        run.poll_tracked("a", "running");
    }
    run.ends_canceled("a");
}

#[test]
fn a_repeat_that_is_not_processed_leads_to_another_recheck_at_once() {
    let mut run = Run::in_doubt(&["a"]);
    run.second_post("a").answer(429, [("Retry-After", "40")], "");
    run.list(&[("a", "running")]);
    assert_eq!(run.waited, secs(40));
    run.post().not_sent();
    run.list(&[("a", "running")]);
    run.post().answer(401, NO_HEADERS, "");
    run.list(&[("a", "running")]);
    run.post().answer(429, NO_HEADERS, "");
    run.poll_tracked("a", "running");
    assert_eq!(run.poll_while_running("a").last(), Some(&898_750), "that was the fifth POST");
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Yes));
}

#[test]
fn a_last_repeat_that_is_not_processed_leads_to_polls() {
    for post in [
        (|run| run.second_post("a").answer(401, NO_HEADERS, "")) as fn(&mut Run),
        |run| run.second_post("a").answer(429, NO_HEADERS, ""),
        |run| run.second_post("a").not_sent(),
    ] {
        let mut run = Run::posting_with(verified().attempts(2), &["a"]);
        run.post().maybe_sent();
        post(&mut run);
        assert_eq!(run.cancellation.progress().phase, Phase::Verifying);
        run.poll_tracked("a", "running");
        run.ends_canceled("a");
    }
}

/// The driver keeps it waiting, and somebody starts another operation in the meantime.
#[test]
fn a_repeat_that_was_held_back_goes_out_after_another_recheck() {
    for (entries, posts) in [(&[("a", "running")][..], true), (&[("a", "canceled"), ("b", "running")], false)] {
        let mut run = Run::in_doubt(&["a"]);
        run.poll_while_running("a");
        run.list(&[("a", "running")]);
        run.now += secs(6);
        run.list(entries);
        if posts {
            run.post().answer(409, NO_HEADERS, "");
        }
        run.ends_canceled("a");
    }
}

#[test]
fn it_does_not_post_again_once_another_operation_has_been_started() {
    let mut run = Run::in_doubt(&["a"]);
    run.poll_while_running("a");
    run.list(&[("a", "running"), ("b", "notStarted")]);
    run.poll_tracked("a", "running");
    assert_eq!(run.cancellation.posted(), Posted::Maybe);
    // The other ends: after another three minutes the POST may be repeated.
    let again = run.poll_while_running("a").last().copied().unwrap();
    assert!((364_000..390_000).contains(&again), "{again}");
    run.list(&[("a", "running"), ("b", "completed")]);
    run.post().answer(200, NO_HEADERS, "");
    run.ends_canceled("a");
}

#[test]
fn a_recheck_that_shows_the_baseline_gone_is_followed_by_a_poll_at_once() {
    for entries in [&[("a", "completed")][..], &[], &[("b", "running")]] {
        let mut run = Run::in_doubt(&["a"]);
        run.poll_while_running("a");
        run.list(entries);
        run.poll_tracked("a", "completed");
        assert_eq!((run.waited, run.ended()), (secs(0), (Proof::Verified, pairs(&[("a", "completed")]))));
    }
    let mut run = Run::in_doubt(&["a"]);
    run.poll_while_running("a");
    run.list(&[]);
    assert_eq!(run.poll_while_running("a").len(), 25, "the list was wrong: three minutes later it is read again");
    run.list(&[("a", "running")]);
    run.post();
}

#[test]
fn a_recheck_that_cannot_be_read_leads_back_to_the_polls() {
    for code in [503, 429, 404, 405, 302, 410] {
        let mut run = Run::in_doubt(&["a"]);
        run.poll_while_running("a");
        run.get(LIST).answer(code, NO_HEADERS, "");
        run.poll_tracked("a", "running");
        run.ends_canceled("a");
    }
    let mut run = Run::in_doubt(&["a"]);
    run.poll_while_running("a");
    run.get(LIST).maybe_sent();
    run.ends_canceled("a");
}

#[test]
fn a_recheck_that_is_forbidden_ends_it() {
    let mut run = Run::in_doubt(&["a"]);
    run.poll_while_running("a");
    run.get(LIST).answer(403, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Forbidden, Posted::Maybe));
}

#[test]
fn the_error_of_the_deadline_names_the_baseline_and_what_was_started_meanwhile() {
    let mut run = Run::in_doubt(&["a"]);
    run.poll_while_running("a");
    run.list(&[("a", "running"), ("b", "running")]);
    run.get(&operation("a")).answer(200, NO_HEADERS, &status("waitingForPublisherReview"));
    run.now += secs(10_000);
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Maybe));
    let error = run.end().unwrap_err().to_string();
    assert!(error.contains("in progress when last polled: a (waitingForPublisherReview)"), "{error}");
    assert!(error.contains("operation b was started in the meantime, so that no other cancel was sent"), "{error}");
}

#[test]
fn all_of_the_baseline_is_polled_in_turn() {
    let mut run = Run::in_doubt(&["a", "b"]);
    run.poll_tracked("a", "running");
    run.poll_tracked("b", "running");
    run.poll_tracked("a", "canceled");
    run.poll_tracked("b", "running");
    run.poll_tracked("b", "canceled");
    let Ok(Outcome::Canceled { operations, .. }) = run.end() else { panic!("both are canceled") };
    assert_eq!(statuses(&operations), pairs(&[("a", "canceled"), ("b", "canceled")]));
}
