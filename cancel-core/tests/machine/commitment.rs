//! Returning `Step::Send` is the commitment. A stale answer changes nothing.

use std::time::Duration;

use cancel_core::{Body, ErrorKind, Failure, Posted, Proof, Step};
use http::Response;

use crate::run::{MIGRATED, NO_HEADERS, Run, secs, settled, status};

fn ok() -> Response<Body> {
    Response::new(Body::from(""))
}

#[test]
fn the_same_post_is_never_handed_out_twice() {
    let mut run = Run::new(settled());
    assert_eq!(run.cancellation.posted(), Posted::No);
    let id = run.post().exchange.id;
    assert_eq!(run.cancellation.posted(), Posted::Maybe, "it may be sent from here on");
    for _ in 0..3 {
        let Step::Await { id: in_flight, until } = run.cancellation.step(run.now) else {
            panic!("it is in flight");
        };
        assert_eq!((in_flight, until), (id, run.now + secs(30)));
    }
}

#[test]
fn an_exchange_times_out_where_no_answer_comes() {
    let mut run = Run::new(settled());
    let id = run.post().exchange.id;
    run.now += secs(30) - Duration::from_nanos(1);
    assert!(matches!(run.cancellation.step(run.now), Step::Await { .. }));
    run.now += Duration::from_nanos(1);
    assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe));
    let stale = run.cancellation.handle_response(run.now, id, ok()).unwrap_err();
    assert_eq!(stale.to_string(), "exchange #1 is not in flight");
    assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn a_late_answer_counts_if_it_comes_before_the_next_step() {
    let mut run = Run::new(settled());
    let id = run.post().exchange.id;
    run.now += secs(10_000);
    run.cancellation.handle_response(run.now, id, ok()).unwrap();
    assert_eq!(run.canceled(), Proof::Acknowledged);
}

#[test]
fn a_late_answer_to_the_post_is_not_taken_for_that_of_a_poll() {
    let mut run = Run::new(settled());
    let post = run.post();
    let id = post.exchange.id;
    post.answer(202, [("Location", MIGRATED)], "");
    let get = run.get(MIGRATED).exchange.id;
    let stale = run.cancellation.handle_response(run.now, id, ok()).unwrap_err();
    assert_eq!(stale.to_string(), "exchange #1 is not in flight: #2 is");
    assert!(run.cancellation.handle_failure(run.now, id, Failure::not_sent("late")).is_err());
    let body = Response::new(Body::from(status("canceled")));
    run.cancellation.handle_response(run.now, get, body).unwrap();
    assert_eq!(run.canceled(), Proof::ByLocation);
}

#[test]
fn an_exchange_is_answered_once() {
    let mut run = Run::new(settled());
    let post = run.post();
    let id = post.exchange.id;
    post.answer(202, [("Location", MIGRATED)], "");
    assert!(run.cancellation.handle_response(run.now, id, ok()).is_err());
    assert!(run.cancellation.handle_failure(run.now, id, Failure::maybe_sent("")).is_err());
    run.ends_canceled_by_location();
}

#[test]
fn a_cancellation_names_its_endpoint_and_its_offer() {
    let mut run = Run::new(settled());
    assert_eq!(run.cancellation.endpoint().to_string(), "https://cloudpartner.azure.com");
    assert_eq!(run.cancellation.request().publisher().as_str(), "contoso");
    assert!(run.cancellation.result().is_none());
    run.post().answer(200, NO_HEADERS, "");
    assert!(matches!(run.cancellation.result(), Some(Ok(_))));
}

#[test]
fn time_does_not_run_backwards() {
    let mut run = Run::following(settled());
    let Step::WaitUntil(when) = run.cancellation.step(run.now) else { panic!("it waits") };
    let Step::WaitUntil(same) = run.cancellation.step(Duration::ZERO) else { panic!("it waits") };
    assert_eq!(when, same);
    assert_eq!(run.cancellation.now(), run.now);
}

#[test]
fn an_exchange_names_its_limits() {
    let mut run = Run::new(settled().attempt_timeout(secs(9)).body_limit(77));
    let post = run.post();
    assert_eq!((post.exchange.timeout, post.exchange.body_limit), (secs(9), 77));
    assert!(post.exchange.is_post());
    post.answer(202, [("Location", MIGRATED)], "");
    let get = run.get(MIGRATED);
    assert!(!get.exchange.is_post());
    get.answer(200, NO_HEADERS, &status("canceled"));
}

/// Writing to a journal takes a part of it.
#[test]
fn an_exchange_at_a_later_time_has_the_rest_of_its_time() {
    let mut run = Run::new(settled());
    let exchange = run.post().exchange;
    let (id, until) = (exchange.id, exchange.until);
    let later = exchange.at(run.now + secs(29)).unwrap();
    assert_eq!((later.id, later.timeout, later.until), (id, secs(1), until));
    assert!(matches!(later.at(until), Err(Failure::NotSent(_))));
    assert_eq!(u64::from(id), 1);
}

/// Because no journal could be written, for example.
#[test]
fn an_exchange_that_was_not_attempted_counts_for_nothing() {
    let mut run = Run::new(settled().attempts(1));
    for _ in 0..10 {
        run.post().fail(Failure::NotAttempted);
        assert_eq!((run.waited, run.cancellation.posted()), (secs(0), Posted::No));
    }
    run.post().answer(202, [("Location", MIGRATED)], "");
    run.get(MIGRATED).fail(Failure::NotAttempted);
    run.poll(200, &status("canceled"));
    assert_eq!((run.waited, run.canceled()), (secs(0), Proof::ByLocation));

    let mut run = Run::posting(&["a"]);
    run.post().fail(Failure::NotAttempted);
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");
}
