//! `Until::Verified`: the list, the POST, and polls of the baseline until all of it has ended.

use cancel_core::{Outcome, Phase, Posted, Proof, State};

use crate::run::{
    CANCEL_OPERATION, LIST, NO_HEADERS, Run, list_of, operation, pairs, secs, settled, status, statuses, verified,
};

#[test]
fn it_polls_the_baseline_and_the_location_until_the_baseline_is_canceled() {
    let mut run = Run::new(verified());
    run.list(&[("old", "completed"), ("a", "running")]);
    run.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("running"));
    run.poll_tracked("a", "canceled");
    match run.end() {
        Ok(Outcome::Canceled { proof, operation, operations, posted, .. }) => {
            assert_eq!((proof, posted), (Proof::Verified, Posted::Yes));
            assert_eq!(operation.map(|operation| operation.state()), Some(State::Canceled));
            assert_eq!(statuses(&operations), pairs(&[("a", "canceled")]));
        }
        other => panic!("not canceled: {other:?}"),
    }
    assert_eq!(run.cancellation.progress().polls, 3, "a list is not a poll");
}

#[test]
fn nothing_is_posted_where_nothing_is_in_progress() {
    for entries in [&[][..], &[("a", "canceled"), ("b", "Completed"), ("c", "failed")]] {
        let mut run = Run::new(verified());
        run.list(entries);
        assert_eq!((run.end().unwrap().as_str(), run.cancellation.posted()), ("nothing_running", Posted::No));
    }
}

#[test]
fn every_status_that_is_not_an_end_is_in_the_baseline() {
    for word in ["running", "notStarted", "waitingForPublisherReview", "?"] {
        let mut run = Run::new(verified());
        run.list(&[("a", word)]);
        run.post().answer(200, NO_HEADERS, "");
        run.poll_tracked("a", "canceled");
        assert_eq!(run.canceled(), Proof::Verified, "{word}");
    }
}

#[test]
fn a_200_is_verified_like_a_202() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(200, NO_HEADERS, "");
    run.poll_tracked("a", "running");
    assert_eq!(run.waited, secs(1));
    run.poll_tracked("a", "completed");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
}

#[test]
fn a_baseline_that_completes_is_not_canceled() {
    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("completed"));
    run.poll_tracked("a", "running");
    run.poll_tracked("a", "completed");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "completed")])));
}

#[test]
fn every_operation_of_the_baseline_is_polled_to_its_end() {
    let mut run = Run::verifying(&["a", "b", "A"]);
    run.poll_tracked("a", "canceled");
    run.poll_tracked("b", "running");
    assert_eq!((run.elapsed(), run.waited), (1000, secs(0)), "what has ended one has most likely ended the others");
    run.poll_tracked("b", "failed");
    assert_eq!(run.elapsed(), 7000, "the schedule goes on");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("a", "canceled"), ("b", "failed")])), "a and A are the same");
    assert_eq!(run.end().unwrap().operation().unwrap().status(), "failed", "the one that was not canceled");

    let mut run = Run::verifying(&["a", "b"]);
    run.get(&operation("a")).answer(200, [("Retry-After", "5")], &status("canceled"));
    run.ends_canceled("b");
    assert_eq!(run.elapsed(), 6000, "not before the service wants it");
}

/// Every half a minute, and no poll of the baseline is later for it, but for the wait that the service asks for.
#[test]
fn the_location_is_polled_seldom_beside_the_baseline() {
    let mut run = Run::verifying(&["a"]);
    let mut times = Vec::new();
    for _ in 0..40 {
        let sent = run.next();
        let is_location = sent.url().ends_with(CANCEL_OPERATION);
        sent.answer(200, NO_HEADERS, &status("running"));
        if is_location {
            times.push((run.elapsed(), run.waited));
        }
    }
    assert_eq!(
        times,
        [45_000, 79_000, 114_000, 149_000, 184_000, 215_944, 253_434, 297_433].map(|at| (at, secs(0))),
        "in a poll's wake-up"
    );
    assert_eq!(run.elapsed(), 347_220, "as without a location");

    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    run.get(&operation("a")).answer(200, [("Retry-After", "5")], &status("running"));
    run.get(CANCEL_OPERATION).answer(202, [("Retry-After", "2")], "");
    run.poll_tracked("a", "running");
    assert_eq!(run.elapsed(), 50_000, "as it was due, 20 s after the one before");

    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    run.get(&operation("a")).answer(200, [("Retry-After", "15")], &status("running"));
    run.get(CANCEL_OPERATION).answer(202, [("Retry-After", "10")], "");
    run.poll_tracked("a", "running");
    assert_eq!(run.elapsed(), 55_000, "10 s after the answer at 45 s");
}

#[test]
fn a_location_that_disappears_or_fails_does_not_end_it() {
    for (code, body) in [(403, ""), (404, ""), (410, ""), (302, ""), (201, ""), (400, r#"{"status":"failed"}"#)] {
        let mut run = Run::verifying(&["a"]);
        run.now += secs(30);
        run.poll_tracked("a", "running");
        run.get(CANCEL_OPERATION).answer(code, NO_HEADERS, body);
        if code == 404 {
            // At first the location may not exist yet.
            for _ in 0..3 {
                run.poll_tracked("a", "running");
            }
            run.get(CANCEL_OPERATION).answer(code, NO_HEADERS, body);
        }
        run.poll_tracked("a", "running");
        run.poll_tracked("a", "canceled");
        assert_eq!(run.canceled(), Proof::Verified, "{code}");
    }
    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    for polls in [1, 3, 5, 5, 5] {
        for _ in 0..polls {
            run.poll_tracked("a", "running");
        }
        run.get(CANCEL_OPERATION).maybe_sent();
    }
    // After five failures it is not polled any more.
    for _ in 0..10 {
        run.poll_tracked("a", "running");
    }
    run.ends_canceled("a");
}

#[test]
fn a_dry_run_says_what_would_be_canceled() {
    for policy in [verified().dry_run(true), settled().dry_run(true)] {
        let mut run = Run::new(policy.clone());
        run.list(&[("a", "running")]);
        let Ok(Outcome::WouldCancel { operations, others, .. }) = run.end() else { panic!("it runs") };
        assert_eq!((statuses(&operations), others.len()), (pairs(&[("a", "running")]), 0));
        assert_eq!((run.end().unwrap().as_str(), run.cancellation.posted()), ("would_cancel", Posted::No));
        let mut run = Run::new(policy);
        run.get(LIST).answer(200, NO_HEADERS, &list_of(&[]));
        assert_eq!(run.end().unwrap().as_str(), "nothing_running");
    }
}

#[test]
fn progress_names_every_phase() {
    let mut run = Run::new(verified());
    assert_eq!(run.cancellation.progress().phase, Phase::Listing);
    run.list(&[("a", "running")]);
    assert_eq!(run.cancellation.progress().phase, Phase::Posting);
    assert_eq!(statuses(run.cancellation.progress().baseline), pairs(&[("a", "running")]));
    run.post().not_sent();
    assert_eq!(run.cancellation.progress().phase, Phase::Rechecking);
    run.list(&[]);
    assert_eq!(run.cancellation.progress().phase, Phase::Verifying);
    run.poll_tracked("a", "canceled");
    assert_eq!(run.cancellation.progress().phase, Phase::Done);
}

#[test]
fn a_401_to_any_request_is_repeated_with_a_fresh_token() {
    let mut run = Run::new(verified());
    run.get(LIST).answer(401, NO_HEADERS, "");
    run.list(&[("a", "running")]);
    run.post().answer(401, NO_HEADERS, "");
    run.list(&[("a", "running")]);
    run.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    run.get(&operation("a")).answer(401, NO_HEADERS, "");
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(401, NO_HEADERS, "");
    run.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    run.ends_canceled("a");
    assert_eq!((run.tokens.len(), run.cancellation.progress().polls), (5, 3));
}

/// The outcome has what the service said of the operation that was not canceled, whatever was polled after it.
#[test]
fn an_operation_that_was_not_canceled_is_reported_with_its_details() {
    let mut run = Run::verifying(&["a", "b"]);
    run.get(&operation("a")).answer(200, NO_HEADERS, r#"{"status":"failed","publishingVersion":2}"#);
    run.poll_tracked("b", "canceled");
    let Ok(Outcome::Ended { operation, .. }) = run.end() else { panic!("it has not been canceled") };
    assert_eq!((operation.status(), operation.details().publishing_version), ("failed", Some(2)));
}
