//! After a POST in doubt in `Until::Verified`: a recheck, and another POST only where it can cancel nothing but the
//! baseline.

use cancel_core::{CancelRequest, ErrorKind, OfferId, OperationId, Posted, Proof, PublisherId};

use crate::run::{CANCEL_OPERATION, LIST, NO_HEADERS, Run, pairs, secs, verified};

/// A run whose POST had no answer.
fn in_doubt() -> Run {
    let mut run = Run::posting(&["a"]);
    run.post().maybe_sent();
    run
}

#[test]
fn it_posts_again_while_only_the_baseline_is_in_progress() {
    let mut run = in_doubt();
    run.list(&[("a", "running"), ("old", "canceled")]);
    assert_eq!(run.waited, secs(1));
    run.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    assert_eq!(run.waited, secs(0), "directly after the recheck");
    run.ends_canceled("a");
}

#[test]
fn it_does_not_post_again_once_another_operation_has_been_started() {
    for entries in [&[("a", "running"), ("b", "notStarted")][..], &[("a", "canceled"), ("b", "running")]] {
        let mut run = in_doubt();
        run.list(entries);
        run.poll_tracked("a", "running");
        run.ends_canceled("a");
        assert_eq!(run.cancellation.posted(), Posted::Maybe);
    }
}

#[test]
fn it_polls_a_baseline_that_has_left_the_list_to_its_end() {
    let mut run = in_doubt();
    run.list(&[("a", "completed")]);
    run.poll_tracked("a", "completed");
    assert_eq!(run.waited, secs(0), "at once");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
}

#[test]
fn an_error_of_a_gateway_is_followed_by_a_recheck_too() {
    for status in [500, 503] {
        let mut run = Run::posting(&["a"]);
        run.post().answer(status, [("Retry-After", "20")], "");
        run.list(&[("a", "running")]);
        assert_eq!(run.waited, secs(20));
        run.post().answer(200, NO_HEADERS, "");
        run.ends_canceled("a");
    }
}

#[test]
fn a_recheck_precedes_every_later_post() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(429, [("Retry-After", "60")], "");
    run.list(&[("b", "running")]);
    run.poll_tracked("a", "completed");
    assert_eq!(run.ended().0, Proof::Verified, "what runs now was started while it waited");

    let mut run = Run::posting(&["a"]);
    run.post().not_sent();
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");
}

#[test]
fn a_recheck_follows_the_401_to_a_post() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(401, NO_HEADERS, "");
    run.list(&[("b", "running")]);
    run.poll_tracked("a", "completed");
    assert_eq!(run.ended().0, Proof::Verified, "what runs now was started while the token was fetched");

    let mut run = Run::posting(&["a"]);
    run.post().answer(401, NO_HEADERS, "");
    run.list(&[("a", "running")]);
    run.post().answer(401, NO_HEADERS, "");
    assert_eq!(
        run.error(),
        (ErrorKind::Unauthorized, Posted::Yes),
        "the answer to the list between them does not accept the token for a POST"
    );
}

#[test]
fn the_error_of_a_deadline_names_what_was_started_in_the_meantime() {
    let mut run = in_doubt();
    run.list(&[("a", "running"), ("b", "running")]);
    run.poll_tracked("a", "running");
    run.now += secs(10_000);
    assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Maybe));
    let error = run.end().unwrap_err().to_string();
    assert!(error.contains("operation b was started in the meantime"), "{error}");
}

#[test]
fn a_recheck_that_fails_is_repeated() {
    let mut run = in_doubt();
    for _ in 0..4 {
        run.get(LIST).answer(503, NO_HEADERS, "");
    }
    run.list(&[("a", "running")]);
    run.post().answer(200, NO_HEADERS, "");

    let mut run = in_doubt();
    for _ in 0..5 {
        run.get(LIST).answer(503, NO_HEADERS, "");
    }
    assert_eq!(run.error(), (ErrorKind::Server, Posted::Maybe));
}

#[test]
fn five_posts_in_doubt_end_it() {
    let mut run = Run::new(verified());
    for _ in 0..5 {
        run.list(&[("a", "running")]);
        run.post().maybe_sent();
    }
    assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn it_does_not_post_again_once_the_operation_of_only_if_running_has_ended() {
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
        .only_if_running(OperationId::new("a").unwrap());
    let mut run = Run::about(request, verified());
    run.list(&[("a", "running"), ("b", "running")]);
    run.post().maybe_sent();
    run.list(&[("b", "running")]);
    run.poll_tracked("a", "canceled");
    run.poll_tracked("b", "completed");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "canceled"), ("b", "completed")])));
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
