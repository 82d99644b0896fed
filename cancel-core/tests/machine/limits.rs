//! Rule 6: it ends.

use cancel_core::{Body, ErrorKind, Posted, Step};

use crate::run::{MIGRATED, NO_HEADERS, Run, secs, settled, status};

#[test]
fn a_run_without_an_end_ends_at_its_deadline() {
    let mut run = Run::following(settled().deadline(secs(60)));
    let start = run.now;
    while let Step::WaitUntil(when) = run.cancellation.step(run.now) {
        assert!(when > run.now, "a wait that is over");
        run.now = when;
        if when < start + secs(60) {
            run.get(MIGRATED).answer(200, NO_HEADERS, &status("running"));
        }
    }
    assert_eq!((run.now - start, run.error()), (secs(60), (ErrorKind::Deadline, Posted::Yes)));
}

#[test]
fn a_wait_ends_at_the_deadline() {
    let mut run = Run::new(settled().deadline(secs(60)));
    let start = run.now;
    run.post().answer(202, [("Location", MIGRATED), ("Retry-After", "3600")], "");
    assert_eq!(run.poll(200, &status("running")), secs(55), "a last poll");
    let mut polls = 1;
    while run.cancellation.progress().due < Some(run.cancellation.progress().deadline) {
        run.poll(200, &status("running"));
        polls += 1;
    }
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Yes));
    assert_eq!((run.now - start, polls), (secs(60), 3), "at 55, 57.5 and 58.75 s");
}

#[test]
fn an_attempt_that_the_deadline_cuts_short_is_a_deadline() {
    let mut run = Run::new(settled().deadline(secs(10)));
    let post = run.post();
    assert_eq!(post.exchange.timeout, secs(10));
    let id = post.exchange.id;
    run.now += secs(10);
    run.cancellation.handle_failure(run.now, id, cancel_core::Failure::maybe_sent("timeout")).unwrap();
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Maybe));

    let mut run = Run::new(settled().deadline(secs(10)));
    run.post();
    run.now += secs(10);
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Maybe), "also when no answer comes");
}

#[test]
fn an_answer_that_the_deadline_cuts_short_is_a_deadline() {
    let mut run = Run::following(settled().deadline(secs(10)).attempts(1));
    let poll = run.get(MIGRATED);
    poll.run.now += secs(10);
    poll.answer_with(200, NO_HEADERS, Body::CutOff("{".into()));
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Yes));
}

/// A timer may fire a little early.
#[test]
fn the_time_of_a_timeout_has_passed_on_the_machines_clock() {
    let mut run = Run::new(settled().deadline(secs(10)));
    let post = run.post();
    post.run.now += secs(9);
    post.fail(cancel_core::Failure::TimedOut);
    assert_eq!((run.cancellation.now() - run.now, run.error()), (secs(1), (ErrorKind::Deadline, Posted::Maybe)));
}

#[test]
fn a_deadline_says_what_failed_last() {
    let mut run = Run::following(settled().deadline(secs(2)));
    run.poll(503, r#"{"error":{"code":"Busy","message":"later"}}"#);
    assert_eq!(run.deadline(), (ErrorKind::Deadline, Posted::Yes));
    let error = run.end().unwrap_err();
    assert_eq!(error.answer().and_then(|answer| answer.code()), Some("Busy"));
    assert!(error.to_string().contains("2s after the start"), "{error}");
}

#[test]
fn a_deadline_of_zero_sends_nothing() {
    let mut run = Run::new(settled().deadline(secs(0)));
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::No));
}

#[test]
fn absurd_policies_and_times_do_not_panic() {
    let policy = settled()
        .deadline(std::time::Duration::MAX)
        .attempt_timeout(std::time::Duration::MAX)
        .poll_interval(std::time::Duration::MAX)
        .attempts(0);
    let mut run = Run::new(policy);
    run.post().answer(202, [("Location", MIGRATED)], "");
    assert!(matches!(run.cancellation.step(std::time::Duration::MAX), Step::Done(Err(_))));
}

#[test]
fn a_body_may_be_as_long_as_the_limit() {
    let body = status("canceled");
    let mut run = Run::following(settled().body_limit(body.len()));
    run.poll(200, &body);
    assert!(run.end().is_ok());
    let mut run = Run::following(settled().body_limit(body.len() - 1).attempts(1));
    run.poll(200, &body);
    assert_eq!(run.error(), (ErrorKind::BodyTooLarge, Posted::Yes));
}

/// What waits keeps no body that is longer than any of the service.
#[test]
fn a_body_of_more_than_32_kib_is_not_kept() {
    for (length, is_kept) in [(32 << 10, true), ((32 << 10) + 1, false)] {
        let mut run = Run::following(settled());
        let body = r#"{"status":"running","publishingVersion":2}"#;
        run.poll(200, &(body.to_owned() + &" ".repeat(length - body.len())));
        let operation = run.cancellation.progress().operation.unwrap();
        let details = operation.details();
        assert_eq!((operation.status(), details.publishing_version.is_some()), ("running", is_kept), "{length}");
    }
}

#[test]
fn a_202_with_its_header_needs_no_body() {
    for body in [Body::CutOff("".into()), Body::TooLarge("x".into())] {
        let mut run = Run::new(settled());
        run.post().answer_with(202, [("Location", MIGRATED)], body);
        run.poll(200, &status("canceled"));
    }
    for (body, why) in [
        (Body::CutOff("\"/api".into()), "the answer was cut off"),
        (Body::TooLarge(format!("\"{MIGRATED}\"").into()), "the answer is longer than the limit"),
        (Body::from("<html>"), ""),
    ] {
        let mut run = Run::new(settled());
        run.post().answer_with(202, NO_HEADERS, body);
        assert_eq!(run.error(), (ErrorKind::MissingLocation, Posted::Yes));
        assert_eq!(run.end().unwrap_err().detail(), why);
    }
}
