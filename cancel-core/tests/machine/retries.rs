//! Waiting: transient failures within the schedule, and the `Retry-After` of the service.

use cancel_core::{Body, ErrorKind, Failure, Posted, Proof};

use crate::run::{MIGRATED, NO_HEADERS, Run, operation, secs, settled, status};

#[test]
fn a_poll_that_fails_for_a_time_is_repeated() {
    let mut run = Run::following(settled());
    for code in [408, 429, 500, 503] {
        run.poll(code, r#"{"status":"canceled"}"#);
    }
    run.poll(200, &status("running"));
    run.get(MIGRATED).not_sent();
    run.get(MIGRATED).maybe_sent();
    run.poll(200, "");
    run.ends_canceled_by_location();
}

#[test]
fn five_failures_in_a_row_end_it_with_the_kind_of_the_last() {
    for (code, body, kind) in [
        (408, "", ErrorKind::UnexpectedStatus),
        (429, "", ErrorKind::Throttled),
        (500, "", ErrorKind::Server),
        (599, "", ErrorKind::Server),
        (200, "", ErrorKind::MalformedBody),
        (200, r#"{"status":7}"#, ErrorKind::MalformedBody),
    ] {
        let mut run = Run::following(settled());
        for _ in 0..4 {
            run.poll(503, "");
        }
        run.poll(code, body);
        assert_eq!(run.error(), (kind, Posted::Yes), "{code} {body}");
    }
    let mut run = Run::following(settled());
    for _ in 0..5 {
        run.get(MIGRATED).maybe_sent();
    }
    assert_eq!(run.error(), (ErrorKind::Transport, Posted::Yes));
}

#[test]
fn a_poll_that_was_dropped_is_repeated_at_once_and_counts_once() {
    let mut run = Run::following(settled());
    for _ in 0..10 {
        run.get(MIGRATED).fail(Failure::Dropped);
    }
    assert_eq!(run.cancellation.progress().due, Some(run.now), "at once");
    assert_eq!(run.cancellation.progress().polls, 1);
    run.ends_canceled_by_location();
}

#[test]
fn a_body_that_did_not_arrive_is_a_transient_failure() {
    let mut run = Run::following(settled());
    for _ in 0..5 {
        run.get(MIGRATED).answer_with(200, NO_HEADERS, Body::CutOff(status("canceled").into()));
    }
    assert_eq!(run.error(), (ErrorKind::Transport, Posted::Yes));
}

#[test]
fn a_body_that_is_too_large_is_not_asked_for_again() {
    for body in [Body::TooLarge(status("canceled").into()), Body::Complete(vec![b' '; 1024 * 1024 + 1].into())] {
        let mut run = Run::following(settled());
        run.get(MIGRATED).answer_with(200, NO_HEADERS, body.clone());
        assert_eq!(run.error(), (ErrorKind::BodyTooLarge, Posted::Yes));

        let mut run = Run::verifying(&["a"]);
        run.get(&operation("a")).answer_with(200, NO_HEADERS, body);
        run.list(&[("a", "canceled")]);
        assert_eq!((run.waited, run.canceled()), (secs(0), Proof::Verified), "the list tells");
    }
}

#[test]
fn the_schedule_begins_anew_after_the_post() {
    let mut run = Run::new(settled());
    run.post().not_sent();
    run.post().not_sent();
    run.post().answer(202, [("Location", MIGRATED)], "");
    assert_eq!(run.waited, secs(6), "the second wait");
    let waits: Vec<_> = (0..7).map(|_| run.poll(200, &status("running")).as_millis()).collect();
    assert_eq!(waits, [1000, 6000, 6000, 6000, 6000, 20_000, 20_000]);
}

#[test]
fn retry_after_can_lengthen_a_wait_and_not_shorten_it() {
    let mut run = Run::new(settled());
    run.post().answer(202, [("Location", MIGRATED), ("Retry-After", "9")], "");
    run.get(MIGRATED).answer(200, [("Retry-After", "0")], &status("running"));
    assert_eq!(run.waited, secs(9));
    run.get(MIGRATED).answer(503, [("retry-after-ms", "20000")], "");
    assert_eq!(run.waited, secs(6), "not remembered past its answer");
    run.get(MIGRATED).answer(404, [("Retry-After", "-5")], "");
    assert_eq!(run.waited, secs(20));
    run.get(MIGRATED).answer(202, [("Retry-After", "50")], "");
    assert_eq!(run.waited, secs(20));
    run.get(MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(run.waited, secs(50));
}

#[test]
fn a_throttled_post_waits_as_long_as_the_service_asks() {
    let mut run = Run::new(settled());
    run.post().answer(429, [("Retry-After", "40")], "");
    run.post().answer(200, NO_HEADERS, "");
    assert_eq!(run.waited, secs(40));
}
