//! Waiting: transient failures within the schedule, and the service's own word on when to come back.

use cancel_core::{Body, ErrorKind, Failure, Posted, Proof};

use crate::talk::{MIGRATED, NO_HEADERS, Talk, secs, settled, status};

#[test]
fn transient_failures_of_a_look_are_retried() {
    let mut talk = Talk::watching(settled());
    for code in [408, 429, 500, 503] {
        talk.look(code, r#"{"status":"canceled"}"#);
    }
    talk.look(200, &status("running"));
    talk.get(MIGRATED).not_sent();
    talk.get(MIGRATED).maybe_sent();
    talk.look(200, "");
    talk.look(204, "");
    talk.look(200, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);
}

#[test]
fn five_in_a_row_give_the_last_ones_kind() {
    for (code, body, kind) in [
        (408, "", ErrorKind::UnexpectedStatus),
        (429, "", ErrorKind::Throttled),
        (500, "", ErrorKind::Server),
        (503, "", ErrorKind::Server),
        (200, "", ErrorKind::MalformedBody),
        (200, "null", ErrorKind::MalformedBody),
        (200, "[]", ErrorKind::MalformedBody),
        (200, r#"[{"status":"a"},{"status":"b"}]"#, ErrorKind::MalformedBody),
        (200, r#"{"status":7}"#, ErrorKind::MalformedBody),
        (200, r#"{"state":"canceled"}"#, ErrorKind::MalformedBody),
        (200, r#"{"status":"running","status":"canceled"}"#, ErrorKind::MalformedBody),
        (204, "", ErrorKind::MalformedBody),
    ] {
        let mut talk = Talk::watching(settled());
        for _ in 0..4 {
            talk.look(503, "");
        }
        talk.look(code, body);
        assert_eq!(talk.error(), (kind, Posted::Yes), "{code} {body}");
    }
    let mut talk = Talk::watching(settled());
    for _ in 0..5 {
        talk.get(MIGRATED).maybe_sent();
    }
    assert_eq!(talk.error(), (ErrorKind::Transport, Posted::Yes));
}

#[test]
fn a_look_that_the_caller_gives_up_is_taken_again_and_counts_once() {
    let mut talk = Talk::watching(settled());
    for _ in 0..10 {
        talk.get(MIGRATED).fail(Failure::Dropped);
    }
    assert_eq!(talk.cancellation.progress().due, Some(talk.now), "at once");
    assert_eq!(talk.cancellation.progress().polls, 1);
    talk.look(200, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);
}

#[test]
fn a_body_that_did_not_arrive_is_a_transient_failure_too() {
    for (body, kind) in [
        (Body::CutOff(status("canceled").into()), ErrorKind::Transport),
        (Body::TooLarge(status("canceled").into()), ErrorKind::BodyTooLarge),
        (Body::Complete(vec![b' '; 1024 * 1024 + 1].into()), ErrorKind::BodyTooLarge),
    ] {
        let mut talk = Talk::watching(settled());
        for _ in 0..5 {
            talk.get(MIGRATED).answer_with(200, NO_HEADERS, body.clone());
        }
        assert_eq!(talk.error(), (kind, Posted::Yes));
    }
}

#[test]
fn waits_begin_anew_after_the_post() {
    let mut talk = Talk::new(settled());
    talk.post().not_sent();
    talk.post().not_sent();
    talk.post().answer(202, [("Location", MIGRATED)], "");
    assert_eq!(talk.waited, secs(2), "the second wait");
    let waits: Vec<_> = (0..7).map(|_| talk.look(200, &status("running")).as_millis()).collect();
    assert_eq!(waits, [1000, 2000, 4000, 5000, 5000, 5000, 20_000]);
}

#[test]
fn the_service_may_ask_for_longer_but_not_for_less() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", MIGRATED), ("Retry-After", "9")], "");
    talk.get(MIGRATED).answer(200, [("Retry-After", "0")], &status("running"));
    assert_eq!(talk.waited, secs(9));
    talk.get(MIGRATED).answer(503, [("retry-after-ms", "20000")], "");
    assert_eq!(talk.waited, secs(2), "not remembered past its answer");
    talk.get(MIGRATED).answer(404, [("Retry-After", "-5")], "");
    assert_eq!(talk.waited, secs(20));
    talk.get(MIGRATED).answer(202, [("Retry-After", "50")], "");
    assert_eq!(talk.waited, secs(5));
    talk.get(MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(talk.waited, secs(50));
}

#[test]
fn a_throttled_post_waits_as_long_as_it_is_told() {
    let mut talk = Talk::new(settled());
    talk.post().answer(429, [("Retry-After", "40")], "");
    talk.post().answer(200, NO_HEADERS, "");
    assert_eq!(talk.waited, secs(40));
}
