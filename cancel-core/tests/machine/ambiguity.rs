//! Rule 5: a second POST needs a reason.

use cancel_core::{ErrorKind, Failure, Posted, Proof};

use crate::talk::{NO_HEADERS, Talk, settled};

#[test]
fn a_post_that_may_have_been_processed_is_not_repeated() {
    for failure in [Failure::maybe_sent("connection reset"), Failure::Dropped] {
        let mut talk = Talk::new(settled());
        talk.post().fail(failure);
        assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe));
    }

    for status in [500, 501, 502, 503, 504, 599] {
        let mut talk = Talk::new(settled());
        talk.post().answer(status, [("Retry-After", "1")], "");
        assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Yes), "{status}, a gateway's too");
    }
}

#[test]
fn an_ambiguous_error_keeps_what_the_service_said() {
    let mut talk = Talk::new(settled());
    talk.post().answer(503, NO_HEADERS, r#"{"error":{"code":"Busy","message":"later"}}"#);
    let error = talk.end().unwrap_err();
    assert_eq!(error.answer().and_then(|answer| answer.code()), Some("Busy"));

    let mut talk = Talk::new(settled());
    talk.post().maybe_sent();
    let error = talk.end().unwrap_err();
    assert_eq!(error.detail(), "connection reset");
}

#[test]
fn a_caller_who_knows_better_may_repeat_it() {
    let mut talk = Talk::new(settled().retry_ambiguous(true));
    talk.post().maybe_sent();
    talk.post().answer(503, NO_HEADERS, "");
    talk.post().answer(200, NO_HEADERS, "");
    assert_eq!(talk.canceled(), Proof::Acknowledged);

    let mut talk = Talk::new(settled().retry_ambiguous(true));
    for _ in 0..5 {
        talk.post().maybe_sent();
    }
    assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn what_was_certainly_not_sent_is_repeated() {
    let mut talk = Talk::new(settled());
    for _ in 0..4 {
        talk.post().not_sent();
    }
    talk.post().answer(200, NO_HEADERS, "");
    assert_eq!(talk.canceled(), Proof::Acknowledged);

    let mut talk = Talk::new(settled());
    for _ in 0..5 {
        talk.post().not_sent();
    }
    assert_eq!(talk.error(), (ErrorKind::Transport, Posted::No));
}

#[test]
fn what_was_refused_unread_is_repeated() {
    for status in [408, 429] {
        let mut talk = Talk::new(settled());
        for _ in 0..4 {
            talk.post().answer(status, NO_HEADERS, "");
        }
        talk.post().answer(200, NO_HEADERS, "");
        assert_eq!(talk.canceled(), Proof::Acknowledged);
    }
    let mut talk = Talk::new(settled());
    for _ in 0..5 {
        talk.post().answer(429, NO_HEADERS, "");
    }
    assert_eq!(talk.error(), (ErrorKind::Throttled, Posted::Yes));
}

#[test]
fn what_was_once_uncertain_stays_so() {
    let mut talk = Talk::new(settled().retry_ambiguous(true));
    talk.post().maybe_sent();
    for _ in 0..4 {
        talk.post().fail(Failure::not_sent("no route"));
    }
    assert_eq!(talk.error(), (ErrorKind::Transport, Posted::Maybe));
}
