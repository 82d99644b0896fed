//! Going on in another process, at every point of a conversation.

use cancel_core::{ErrorKind, Posted, Proof, Step, TokenReason};

use crate::talk::{CANCEL_OPERATION, MIGRATED, NO_HEADERS, Talk, accepted, pairs, secs, settled, status, verified};

#[test]
fn before_anything_was_sent_it_begins_anew() {
    let mut talk = Talk::new(verified()).resume(verified());
    talk.list(&[("a", "running")]);
    let mut talk = Talk::new(settled()).resume(settled());
    talk.post();
}

#[test]
fn after_the_list_it_looks_again_and_keeps_what_it_noted() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    let mut talk = talk.resume(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(200, NO_HEADERS, "");
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified);

    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    let mut talk = talk.resume(verified());
    talk.list(&[("b", "running")]);
    talk.look_at("a", "completed");
    assert_eq!((talk.ended().0, talk.cancellation.posted()), (Proof::Verified, Posted::No));
}

#[test]
fn a_post_that_was_out_is_looked_into() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post();
    let mut talk = talk.resume(verified());
    assert_eq!(talk.cancellation.posted(), Posted::Maybe);
    talk.list(&[("a", "canceled")]);
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified);
}

#[test]
fn a_post_that_was_out_is_ambiguous_where_nothing_can_be_looked_into() {
    for policy in [settled(), accepted()] {
        let mut talk = Talk::new(policy.clone());
        talk.post();
        let mut talk = talk.resume(policy.clone());
        assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe));
        let mut talk = talk.resume(policy.clone());
        assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe), "and stays so");
        let mut talk = talk.resume(policy.retry_ambiguous(true));
        talk.post();
    }
}

#[test]
fn a_post_that_was_accepted_is_never_sent_again() {
    let mut talk = Talk::watching(settled()).resume(settled());
    talk.look(200, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);

    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", "https://evil.example/")], "");
    assert_eq!(talk.error(), (ErrorKind::ForeignLocation, Posted::Yes));
    let mut talk = talk.resume(settled().retry_ambiguous(true));
    assert_eq!(
        talk.error(),
        (ErrorKind::Ambiguous, Posted::Yes),
        "whatever the policy says of those that are not known"
    );

    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(202, [("Location", "https://evil.example/")], "");
    let mut talk = talk.resume(verified());
    talk.look_at("a", "canceled");
    assert_eq!(talk.canceled(), Proof::Verified, "what was noted is followed all the same");
}

#[test]
fn a_deadline_in_the_middle_of_a_post_does_not_make_it_unsent() {
    for (policy, next) in [(settled(), None), (verified(), Some("look"))] {
        let mut talk = Talk::new(policy.clone().deadline(secs(10)));
        if next.is_some() {
            talk.list(&[("a", "running")]);
        }
        talk.post();
        talk.now += secs(10);
        assert_eq!(talk.error(), (ErrorKind::Deadline, Posted::Maybe));
        let mut talk = talk.resume(policy);
        match next {
            Some(_) => talk.list(&[("a", "running")]),
            None => assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe)),
        }
    }
}

#[test]
fn what_was_seen_of_the_operations_is_seen_again() {
    let mut talk = Talk::verifying(&["a", "b"]);
    talk.look_at("a", "canceled");
    let mut talk = talk.resume(verified());
    talk.look_at("a", "canceled");
    talk.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    talk.look_at("b", "completed");
    assert_eq!(talk.ended(), (Proof::Verified, pairs(&[("a", "canceled"), ("b", "completed")])));
}

#[test]
fn that_the_cancel_has_failed_is_remembered() {
    let mut talk = Talk::verifying(&["a"]);
    talk.look_at("a", "running");
    talk.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("failed"));
    let mut talk = talk.resume(verified());
    talk.look_at("a", "running");
    assert_eq!(talk.end().unwrap().as_str(), "still_running");
}

#[test]
fn the_token_is_asked_for_anew() {
    let mut talk = Talk::watching(settled()).resume(settled());
    talk.look(200, &status("running"));
    assert_eq!(talk.tokens, [TokenReason::FirstUse]);
}

#[test]
fn the_wait_goes_on_where_it_was() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", MIGRATED), ("Retry-After", "60")], "");
    talk.now += secs(20);
    let mut talk = talk.resume(settled());
    let waited = talk.look(200, &status("running"));
    assert_eq!(waited, secs(40));
}

#[test]
fn time_that_passed_counts_on_the_same_clock() {
    let talk = Talk::watching(settled().deadline(secs(60)));
    let text = talk.cancellation.checkpoint().to_json();
    let mut later = Talk { now: talk.now + secs(61), ..talk };
    later = later.resume_from(&text, settled().deadline(secs(60))).unwrap();
    assert_eq!(later.error(), (ErrorKind::Deadline, Posted::Yes));
}

#[test]
fn on_another_clock_no_time_has_passed() {
    let talk = Talk::watching(settled().deadline(secs(60)));
    let text = talk.cancellation.checkpoint().to_json();
    let mut other = Talk { now: secs(3), ..talk };
    other = other.resume_from(&text, settled().deadline(secs(60))).unwrap();
    let Step::WaitUntil(when) = other.cancellation.step(other.now) else { panic!("it waits") };
    assert_eq!(when, secs(4));
    other.now = secs(62);
    assert!(!matches!(other.cancellation.step(other.now), Step::Done(_)));
    other.now = secs(63);
    assert_eq!(other.error(), (ErrorKind::Deadline, Posted::Yes));
}

#[test]
fn after_an_error_another_run_has_a_deadline_and_tries_of_its_own() {
    let mut talk = Talk::watching(settled().deadline(secs(60)));
    talk.now += secs(1000);
    assert_eq!(talk.error(), (ErrorKind::Deadline, Posted::Yes));
    let mut talk = talk.resume(settled().deadline(secs(60)));
    talk.look(200, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);

    let mut talk = Talk::watching(settled());
    for _ in 0..5 {
        talk.look(503, "");
    }
    let mut talk = talk.resume(settled());
    for _ in 0..4 {
        talk.look(503, "");
    }
    talk.look(200, &status("canceled"));

    let mut talk = Talk::new(verified());
    for _ in 0..5 {
        talk.list(&[("a", "running")]);
        talk.post().maybe_sent();
    }
    let mut talk = talk.resume(verified());
    talk.list(&[("a", "running")]);
    talk.post();
}

#[test]
fn a_crash_loop_posts_no_more_than_one_run_would() {
    let mut talk = Talk::new(verified());
    talk.list(&[("a", "running")]);
    for _ in 0..5 {
        talk.post();
        talk = talk.resume(verified());
        talk.list(&[("a", "running")]);
    }
    assert_eq!(talk.error(), (ErrorKind::Ambiguous, Posted::Maybe));
}

#[test]
fn waits_go_on_where_they_were() {
    let mut talk = Talk::watching(settled());
    for _ in 0..4 {
        talk.look(200, &status("running"));
    }
    let mut talk = talk.resume(settled());
    let waits: Vec<_> = (0..4).map(|_| talk.look(200, &status("running")).as_millis()).collect();
    assert_eq!(waits, [5000, 5000, 20_000, 20_000]);
}
