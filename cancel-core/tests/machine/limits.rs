//! Rule 6: it ends.

use cancel_core::{Body, ErrorKind, Posted, Step};

use crate::talk::{MIGRATED, NO_HEADERS, Talk, secs, settled, status};

#[test]
fn a_conversation_that_does_not_end_is_ended() {
    let mut talk = Talk::watching(settled().deadline(secs(60)));
    let start = talk.now;
    while let Step::WaitUntil(when) = talk.cancellation.step(talk.now) {
        assert!(when > talk.now, "a wait that is over");
        talk.now = when;
        if when < start + secs(60) {
            talk.get(MIGRATED).answer(200, NO_HEADERS, &status("running"));
        }
    }
    assert_eq!((talk.now - start, talk.error()), (secs(60), (ErrorKind::Deadline, Posted::Yes)));
}

#[test]
fn a_wait_never_goes_beyond_the_deadline() {
    let mut talk = Talk::new(settled().deadline(secs(60)));
    let start = talk.now;
    talk.post().answer(202, [("Location", MIGRATED), ("Retry-After", "3600")], "");
    assert_eq!(talk.deadline(), (ErrorKind::Deadline, Posted::Yes));
    assert_eq!(talk.now - start, secs(60));
}

#[test]
fn an_attempt_that_the_deadline_cuts_short_is_a_deadline() {
    let mut talk = Talk::new(settled().deadline(secs(10)));
    let post = talk.post();
    assert_eq!(post.exchange.timeout, secs(10));
    let id = post.exchange.id;
    talk.now += secs(10);
    talk.cancellation.handle_failure(talk.now, id, cancel_core::Failure::maybe_sent("timeout")).unwrap();
    assert_eq!(talk.error(), (ErrorKind::Deadline, Posted::Maybe));

    let mut talk = Talk::new(settled().deadline(secs(10)));
    talk.post();
    talk.now += secs(10);
    assert_eq!(talk.error(), (ErrorKind::Deadline, Posted::Maybe), "also when nobody answers");
}

#[test]
fn an_answer_that_the_deadline_cuts_short_is_a_deadline() {
    let mut talk = Talk::watching(settled().deadline(secs(10)).attempts(1));
    let look = talk.get(MIGRATED);
    look.talk.now += secs(10);
    look.answer_with(200, NO_HEADERS, Body::CutOff("{".into()));
    assert_eq!(talk.error(), (ErrorKind::Deadline, Posted::Yes));
}

/// A timer may be early by a little.
#[test]
fn time_that_is_up_is_up_by_the_machines_clock_too() {
    let mut talk = Talk::new(settled().deadline(secs(10)));
    let post = talk.post();
    post.talk.now += secs(9);
    post.fail(cancel_core::Failure::TimedOut);
    assert_eq!((talk.cancellation.now() - talk.now, talk.error()), (secs(1), (ErrorKind::Deadline, Posted::Maybe)));
}

#[test]
fn a_deadline_says_what_failed_last() {
    let mut talk = Talk::watching(settled().deadline(secs(2)));
    talk.look(503, r#"{"error":{"code":"Busy","message":"later"}}"#);
    assert_eq!(talk.deadline(), (ErrorKind::Deadline, Posted::Yes));
    let error = talk.end().unwrap_err();
    assert_eq!(error.answer().and_then(|answer| answer.code()), Some("Busy"));
    assert!(error.to_string().contains("2s after the start"), "{error}");
}

#[test]
fn a_deadline_of_nothing_sends_nothing() {
    let mut talk = Talk::new(settled().deadline(secs(0)));
    assert_eq!(talk.error(), (ErrorKind::Deadline, Posted::No));
}

#[test]
fn absurd_policies_and_times_do_not_panic() {
    let policy = settled()
        .deadline(std::time::Duration::MAX)
        .attempt_timeout(std::time::Duration::MAX)
        .poll_interval(std::time::Duration::MAX)
        .attempts(0);
    let mut talk = Talk::new(policy);
    talk.post().answer(202, [("Location", MIGRATED)], "");
    assert!(matches!(talk.cancellation.step(std::time::Duration::MAX), Step::Done(Err(_))));
}

#[test]
fn a_body_may_be_as_long_as_the_limit() {
    let body = status("canceled");
    let mut talk = Talk::watching(settled().body_limit(body.len()));
    talk.look(200, &body);
    assert!(talk.end().is_ok());
    let mut talk = Talk::watching(settled().body_limit(body.len() - 1).attempts(1));
    talk.look(200, &body);
    assert_eq!(talk.error(), (ErrorKind::BodyTooLarge, Posted::Yes));
}

#[test]
fn a_202_with_its_header_needs_no_body() {
    for body in [Body::CutOff("".into()), Body::TooLarge("x".into())] {
        let mut talk = Talk::new(settled());
        talk.post().answer_with(202, [("Location", MIGRATED)], body);
        talk.look(200, &status("canceled"));
    }
    for (body, kind) in [
        (Body::CutOff("\"/api".into()), ErrorKind::Transport),
        (Body::TooLarge(format!("\"{MIGRATED}\"").into()), ErrorKind::BodyTooLarge),
        (Body::from(""), ErrorKind::MissingLocation),
        (Body::from("{}"), ErrorKind::MissingLocation),
        (Body::from("<html>"), ErrorKind::MissingLocation),
        (Body::from(r#"{"location":7}"#), ErrorKind::MissingLocation),
    ] {
        let mut talk = Talk::new(settled());
        talk.post().answer_with(202, NO_HEADERS, body);
        assert_eq!(talk.error(), (kind, Posted::Yes));
    }
}
