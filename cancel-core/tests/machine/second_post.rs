//! After a POST of which nobody knows what became, in `Until::Verified`: a look, and another POST only while it can cancel
//! nothing but what was noted.

use cancel_core::{CancelRequest, ErrorKind, OfferId, OperationId, Posted, Proof, PublisherId};

use crate::talk::{CANCEL_OPERATION, LIST, NO_HEADERS, Talk, pairs, secs, verified};

/// A conversation whose POST had no answer.
fn in_doubt() -> Talk {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().maybe_sent();
    talk
}

#[test]
fn it_posts_again_while_only_the_noted_are_in_progress() {
    let mut talk = in_doubt();
    talk.list(&[("a", "running"), ("old", "canceled")]);
    assert_eq!(talk.waited, secs(1));
    talk.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    assert_eq!(talk.waited, secs(0), "directly after the look");
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified);
}

#[test]
fn it_never_posts_once_another_has_been_started() {
    for entries in [&[("a", "running"), ("b", "notStarted")][..], &[("a", "canceled"), ("b", "running")]] {
        let mut talk = in_doubt();
        talk.list(entries);
        talk.look_at("a", "running");
        talk.look_at("a", "canceled");
        assert_eq!(talk.canceled(), Proof::Verified);
        assert_eq!(talk.cancellation.posted(), Posted::Maybe);
    }
}

#[test]
fn it_follows_the_noted_to_their_end_when_they_are_gone() {
    let mut talk = in_doubt();
    talk.list(&[("a", "completed")]);
    talk.look_at("a", "completed");
    assert_eq!(talk.waited, secs(0), "at once");
    assert_eq!(talk.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
}

#[test]
fn a_gateways_error_is_looked_into_as_well() {
    for status in [500, 503] {
        let mut talk = Talk::new(verified());
        talk.list(&[("a", "running")]);
        talk.post().answer(status, [("Retry-After", "20")], "");
        talk.list(&[("a", "running")]);
        assert_eq!(talk.waited, secs(20));
        talk.post().answer(200, NO_HEADERS, "");
        talk.look_at("a", "canceled");
        assert_eq!(talk.canceled(), Proof::Verified);
    }
}

#[test]
fn it_looks_again_before_any_later_post() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(429, [("Retry-After", "60")], "");
    talk.list(&[("b", "running")]);
    talk.look_at("a", "completed");
    assert_eq!(talk.ended().0, Proof::Verified, "what runs now was started while it waited");

    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().not_sent();
    talk.list(&[("a", "running")]);
    talk.post().answer(200, NO_HEADERS, "");
}

#[test]
fn a_fresh_token_may_take_its_time() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(401, NO_HEADERS, "");
    talk.list(&[("b", "running")]);
    talk.look_at("a", "completed");
    assert_eq!(talk.ended().0, Proof::Verified, "what runs now was started while the token was fetched");

    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(401, NO_HEADERS, "");
    talk.list(&[("a", "running")]);
    talk.post().answer(401, NO_HEADERS, "");
    assert_eq!(
        talk.error(),
        (ErrorKind::Unauthorized, Posted::Yes),
        "the look between them accepts no token for a POST"
    );
}

#[test]
fn a_deadline_says_what_was_started_in_the_meantime() {
    let mut talk = in_doubt();
    talk.list(&[("a", "running"), ("b", "running")]);
    talk.look_at("a", "running");
    talk.now += secs(10_000);
    assert_eq!(talk.error(), (ErrorKind::Deadline, Posted::Maybe));
    let error = talk.end().unwrap_err().to_string();
    assert!(error.contains("operation b was started in the meantime"), "{error}");
}

#[test]
fn a_look_that_fails_is_tried_again() {
    let mut talk = in_doubt();
    for _ in 0..4 {
        talk.get(LIST).answer(503, NO_HEADERS, "");
    }
    talk.list(&[("a", "running")]);
    talk.post().answer(200, NO_HEADERS, "");

    let mut talk = in_doubt();
    for _ in 0..5 {
        talk.get(LIST).answer(503, NO_HEADERS, "");
    }
    assert_eq!(talk.error(), (ErrorKind::Server, Posted::Maybe));
}

#[test]
fn five_posts_that_lead_nowhere_are_enough() {
    let mut talk = Talk::new(verified());
    for _ in 0..5 {
        talk.list(&[("a", "running")]);
        talk.post().maybe_sent();
    }
    assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn a_target_that_is_gone_is_not_posted_for_again() {
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
        .only_if_running(OperationId::new("a").unwrap());
    let mut talk = Talk::about(request, verified());
    talk.list(&[("a", "running"), ("b", "running")]);
    talk.post().maybe_sent();
    talk.list(&[("b", "running")]);
    talk.look_at("a", "canceled");
    talk.look_at("b", "completed");
    assert_eq!(talk.ended(), (Proof::Verified, pairs(&[("a", "canceled"), ("b", "completed")])));
}

/// A throttle or a slow disk keeps it waiting, and somebody starts another in the meantime.
#[test]
fn a_post_that_was_kept_waiting_goes_out_after_another_look() {
    let kept_waiting = || {
        let mut talk = Talk::new(verified());
        talk.list(&[("a", "running")]);
        talk.now += secs(6);
        talk
    };
    let mut talk = kept_waiting();
    talk.list(&[("a", "completed"), ("b", "running")]);
    talk.look_at("a", "completed");
    assert_eq!((talk.ended().0, talk.cancellation.posted()), (Proof::Verified, Posted::No));

    let mut talk = kept_waiting();
    talk.list(&[("a", "running")]);
    talk.now += secs(60);
    talk.post().answer(429, NO_HEADERS, "");
    talk.list(&[("a", "running")]);
    talk.now += secs(6);
    talk.list(&[("a", "running")]);
    talk.now += secs(5);
    talk.post().answer(200, NO_HEADERS, "");
}
