//! Rule 5: a second POST needs a reason.

use cancel_core::{ErrorKind, Failure, Posted, Proof};

use crate::run::{NO_HEADERS, Run, accepted, secs, settled};

#[test]
fn a_post_that_may_have_been_processed_is_not_repeated() {
    for policy in [accepted(), settled()] {
        for failure in [Failure::maybe_sent("connection reset"), Failure::Dropped] {
            let mut run = Run::new(policy.clone());
            run.post().fail(failure);
            assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe));
        }
        // 408 is a gateway's word too.
        for status in (500..600).chain([408]) {
            let mut run = Run::new(policy.clone());
            run.post().answer(status, [("Retry-After", "1")], "");
            assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Yes), "{status}: a gateway may have sent it");
        }
    }
}

#[test]
fn an_ambiguous_error_keeps_what_the_service_said() {
    let mut run = Run::new(settled());
    run.post().answer(503, NO_HEADERS, r#"{"error":{"code":"Busy","message":"later"}}"#);
    let error = run.end().unwrap_err();
    assert_eq!(error.answer().and_then(|answer| answer.code()), Some("Busy"));

    let mut run = Run::new(settled());
    run.post().maybe_sent();
    assert_eq!(run.end().unwrap_err().detail(), "connection reset");
}

#[test]
fn retry_ambiguous_repeats_it_until_the_attempts_are_used_up() {
    let mut run = Run::new(settled().retry_ambiguous(true));
    run.post().maybe_sent();
    run.post().answer(503, NO_HEADERS, "");
    run.post().answer(408, NO_HEADERS, "");
    run.post().answer(200, NO_HEADERS, "<html>");
    run.post().answer(200, NO_HEADERS, "");
    assert_eq!(run.canceled(), Proof::Acknowledged);

    let mut run = Run::new(settled().retry_ambiguous(true));
    for _ in 0..5 {
        run.post().maybe_sent();
    }
    assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn a_post_that_was_not_sent_is_repeated() {
    let mut run = Run::new(settled());
    for _ in 0..4 {
        run.post().not_sent();
    }
    run.post().answer(200, NO_HEADERS, "");
    assert_eq!(run.canceled(), Proof::Acknowledged);

    let mut run = Run::new(settled());
    for _ in 0..5 {
        run.post().not_sent();
    }
    assert_eq!(run.error(), (ErrorKind::Transport, Posted::No));
}

#[test]
fn a_post_that_was_refused_unread_is_repeated() {
    let mut run = Run::new(settled());
    for _ in 0..4 {
        run.post().answer(429, NO_HEADERS, "");
    }
    run.post().answer(200, NO_HEADERS, "");
    assert_eq!(run.canceled(), Proof::Acknowledged);

    let mut run = Run::new(settled());
    for _ in 0..5 {
        run.post().answer(429, NO_HEADERS, "");
    }
    assert_eq!(run.error(), (ErrorKind::Throttled, Posted::Yes));
}

/// A throttle or a slow disk holds it back. No list is read in these modes, also not because of that.
#[test]
fn a_post_that_was_held_back_leaves_as_it_is() {
    for policy in [accepted(), settled()] {
        let mut run = Run::new(policy);
        run.now += secs(60);
        run.post().not_sent();
        run.now += secs(60);
        run.post().answer(200, NO_HEADERS, "");
        assert_eq!(run.canceled(), Proof::Acknowledged);
    }
}

#[test]
fn a_post_in_doubt_stays_in_doubt_when_its_repeats_are_not_sent() {
    let mut run = Run::new(settled().retry_ambiguous(true));
    run.post().maybe_sent();
    for _ in 0..4 {
        run.post().fail(Failure::not_sent("no route"));
    }
    assert_eq!(run.error(), (ErrorKind::Transport, Posted::Maybe));
}
