//! Returning `Step::Send` is the commitment; an input that does not fit changes nothing.

use std::time::Duration;

use cancel_core::{Body, ErrorKind, Failure, Posted, Proof, Step};
use http::Response;

use crate::talk::{MIGRATED, NO_HEADERS, Talk, secs, settled, status, verified};

fn ok() -> Response<Body> {
    Response::new(Body::from(""))
}

#[test]
fn the_same_post_is_never_handed_out_twice() {
    let mut talk = Talk::new(settled());
    assert_eq!(talk.cancellation.posted(), Posted::No);
    let id = talk.post().exchange.id;
    assert_eq!(talk.cancellation.posted(), Posted::Maybe, "handed out is as good as sent");
    for _ in 0..3 {
        let Step::Await { id: out, until } = talk.cancellation.step(talk.now) else {
            panic!("it is out");
        };
        assert_eq!((out, until), (id, talk.now + secs(30)));
    }
}

#[test]
fn an_answer_that_never_comes_is_given_up() {
    let mut talk = Talk::new(settled());
    let id = talk.post().exchange.id;
    talk.now += secs(30) - Duration::from_nanos(1);
    assert!(matches!(talk.cancellation.step(talk.now), Step::Await { .. }));
    talk.now += Duration::from_nanos(1);
    assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe));
    let misuse = talk.cancellation.handle_response(talk.now, id, ok()).unwrap_err();
    assert_eq!(misuse.to_string(), "exchange #1 is not in flight");
    assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn an_answer_that_comes_late_but_before_anyone_asked_counts() {
    let mut talk = Talk::new(settled());
    let id = talk.post().exchange.id;
    talk.now += secs(10_000);
    talk.cancellation.handle_response(talk.now, id, ok()).unwrap();
    assert_eq!(talk.canceled(), Proof::Acknowledged);
}

#[test]
fn a_late_answer_to_a_post_is_not_taken_for_that_of_a_get() {
    let mut talk = Talk::new(settled());
    let post = talk.post();
    let id = post.exchange.id;
    post.answer(202, [("Location", MIGRATED)], "");
    let get = talk.get(MIGRATED).exchange.id;
    let misuse = talk.cancellation.handle_response(talk.now, id, ok()).unwrap_err();
    assert_eq!(misuse.to_string(), "exchange #1 is not in flight: #2 is");
    assert!(talk.cancellation.handle_failure(talk.now, id, Failure::not_sent("late")).is_err());
    let body = Response::new(Body::from(status("canceled")));
    talk.cancellation.handle_response(talk.now, get, body).unwrap();
    assert_eq!(talk.canceled(), Proof::ByLocation);
}

#[test]
fn nothing_is_answered_twice() {
    let mut talk = Talk::new(settled());
    let post = talk.post();
    let id = post.exchange.id;
    post.answer(202, [("Location", MIGRATED)], "");
    assert!(talk.cancellation.handle_response(talk.now, id, ok()).is_err());
    assert!(talk.cancellation.handle_failure(talk.now, id, Failure::maybe_sent("")).is_err());
    talk.look(200, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);
}

#[test]
fn a_machine_says_what_it_is_about() {
    let mut talk = Talk::new(settled());
    assert_eq!(talk.cancellation.endpoint().to_string(), "https://cloudpartner.azure.com");
    assert_eq!(talk.cancellation.request().publisher().as_str(), "contoso");
    assert!(talk.cancellation.result().is_none());
    talk.post().answer(200, NO_HEADERS, "");
    assert!(matches!(talk.cancellation.result(), Some(Ok(_))));
}

#[test]
fn time_does_not_run_backwards() {
    let mut talk = Talk::watching(settled());
    let Step::WaitUntil(when) = talk.cancellation.step(talk.now) else { panic!("it waits") };
    let Step::WaitUntil(same) = talk.cancellation.step(Duration::ZERO) else { panic!("it waits") };
    assert_eq!(when, same);
    assert_eq!(talk.cancellation.now(), talk.now);
}

#[test]
fn a_request_that_is_handed_out_names_its_limits() {
    let mut talk = Talk::new(settled().attempt_timeout(secs(9)).body_limit(77));
    let post = talk.post();
    assert_eq!((post.exchange.timeout, post.exchange.body_limit), (secs(9), 77));
    assert!(post.exchange.is_post());
    post.answer(202, [("Location", MIGRATED)], "");
    let get = talk.get(MIGRATED);
    assert!(!get.exchange.is_post());
    get.answer(200, NO_HEADERS, &status("canceled"));
}

/// It could not be written down, say.
#[test]
fn what_the_caller_keeps_counts_for_nothing() {
    let mut talk = Talk::new(settled().attempts(1));
    for _ in 0..10 {
        talk.post().fail(Failure::NotAttempted);
        assert_eq!((talk.waited, talk.cancellation.posted()), (secs(0), Posted::No));
    }
    talk.post().answer(202, [("Location", MIGRATED)], "");
    talk.get(MIGRATED).fail(Failure::NotAttempted);
    talk.look(200, &status("canceled"));
    assert_eq!((talk.waited, talk.canceled()), (secs(0), Proof::ByLocation));

    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().fail(Failure::NotAttempted);
    talk.list(&[("a", "running")]);
    talk.post().answer(200, NO_HEADERS, "");
}
