//! A location that is refused, missing or of another operation is not called: the baseline decides
//! (`Until::Verified`).

use cancel_core::{Body, Error, ErrorKind, Outcome, Posted, Proof};

use crate::run::{
    CANCEL_OPERATION, MIGRATED, NO_HEADERS, NON_MIGRATED, Run, accepted, operation, secs, settled, status, verified,
};

const FOREIGN: &str = "https://evil.example/api/operations/1";

#[test]
fn a_refused_location_is_reported_and_the_baseline_decides() {
    for (location, kind) in [
        (FOREIGN, ErrorKind::ForeignLocation),
        ("//evil.example/x", ErrorKind::ForeignLocation),
        ("/api/../x", ErrorKind::InvalidLocation),
        ("", ErrorKind::MissingLocation),
    ] {
        let mut run = Run::posting(&["a"]);
        run.post().answer(202, [("Location", location)], "");
        let refused = run.cancellation.progress().refused_location.map(Error::kind);
        assert_eq!(refused, Some(kind), "{location}");
        run.poll_tracked("a", "running");
        run.poll_tracked("a", "running");
        run.ends_canceled("a");
        let outcome = run.end().unwrap();
        assert_eq!(outcome.refused_location().map(Error::kind), Some(kind));
    }
    let mut run = Run::posting(&["a"]);
    run.post().answer(202, [("Location", FOREIGN)], "");
    run.poll_tracked("a", "completed");
    run.ended();
    assert!(run.end().unwrap().refused_location().is_some());
}

#[test]
fn a_location_that_may_be_called_is_not_reported() {
    let mut run = Run::verifying(&["a"]);
    run.ends_canceled("a");
    assert_eq!(run.end().unwrap().refused_location(), None);
}

/// The location stood in what did not arrive. The service has accepted the cancel all the same.
#[test]
fn a_202_whose_body_was_cut_off_is_accepted_without_a_location() {
    let mut run = Run::posting(&["a"]);
    run.post().answer_with(202, NO_HEADERS, Body::CutOff("\"/api".into()));
    assert_eq!(run.poll_while_running("a").last(), Some(&898_750), "no second POST");

    let mut run = Run::new(settled());
    run.post().answer_with(202, NO_HEADERS, Body::CutOff("\"/api".into()));
    assert_eq!(run.error(), (ErrorKind::MissingLocation, Posted::Yes));
    assert!(!run.end().unwrap_err().is_transient());
}

#[test]
fn in_accepted_a_202_without_a_usable_location_is_accepted() {
    for (location, kind) in [
        (FOREIGN, ErrorKind::ForeignLocation),
        ("/api/../x", ErrorKind::InvalidLocation),
        ("", ErrorKind::MissingLocation),
    ] {
        let mut run = Run::new(accepted());
        run.post().answer(202, [("Location", location), ("Retry-After", "7")], "");
        let Ok(Outcome::Accepted { location, retry_after, refused_location, posted, .. }) = run.end() else {
            panic!("not accepted");
        };
        assert_eq!((location, retry_after, posted), (None, Some(secs(7)), Posted::Yes));
        assert_eq!(refused_location.as_ref().map(Error::kind), Some(kind));
    }
}

#[test]
fn in_settled_a_refused_location_is_an_error() {
    for (location, kind) in [
        (FOREIGN, ErrorKind::ForeignLocation),
        ("/api/../x", ErrorKind::InvalidLocation),
        ("", ErrorKind::MissingLocation),
    ] {
        let mut run = Run::new(settled());
        run.post().answer(202, [("Location", location)], "");
        assert_eq!(run.error(), (kind, Posted::Yes));
    }
}

/// A slot shows the publish before. A location of another offer, or of an operation that was on the list, is not
/// this cancel's.
#[test]
fn a_location_that_is_not_of_this_cancel_is_not_polled() {
    for location in [
        NON_MIGRATED,
        "/api/publishers/contoso/offers/another/operations/the-cancel",
        "/api/publishers/another/offers/contoso-offer/operations/the-cancel",
        &*operation("old"),
        &*operation("OLD"),
        &*operation("a"),
        "/api/other",
    ] {
        let mut run = Run::new(verified());
        run.list(&[("a", "running"), ("old", "canceled")]);
        run.post().answer(202, [("Location", location)], "");
        for _ in 0..30 {
            run.poll_tracked("a", "running");
        }
        run.ends_canceled("a");
        assert_eq!(run.end().unwrap().refused_location(), None, "{location} may be called, and tells nothing");
    }
}

/// The list directly before the POST counts, not the first.
#[test]
fn an_operation_that_the_recheck_has_shown_is_not_of_this_cancel() {
    let mut run = Run::posting(&["a"]);
    run.post().not_sent();
    run.list(&[("a", "running"), ("the-cancel", "failed")]);
    run.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    for _ in 0..10 {
        run.poll_tracked("a", "running");
    }
    run.ends_canceled("a");
}

#[test]
fn a_location_that_moves_to_another_place_is_not_polled_any_more() {
    for target in [NON_MIGRATED, MIGRATED] {
        let mut run = Run::verifying(&["a"]);
        run.now += secs(30);
        run.poll_tracked("a", "running");
        run.get(CANCEL_OPERATION).answer(202, [("Operation-Location", target)], "");
        for _ in 0..10 {
            run.poll_tracked("a", "running");
        }
        run.ends_canceled("a");
        assert_eq!(run.end().unwrap().refused_location(), None);
    }
    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(202, [("Operation-Location", CANCEL_OPERATION)], "");
    for _ in 0..3 {
        run.poll_tracked("a", "running");
    }
    run.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    run.ends_canceled("a");
}

#[test]
fn a_location_that_moves_to_a_refused_one_is_reported_and_does_not_end_it() {
    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(202, [("Location", FOREIGN)], "");
    let refused = run.cancellation.progress().refused_location.map(Error::kind);
    assert_eq!(refused, Some(ErrorKind::ForeignLocation));
    run.poll_tracked("a", "running");
    let mut run = run.resume(verified());
    run.poll_tracked("a", "running");
    run.ends_canceled("a");
}

/// What the answer to a poll of the baseline names is of no interest.
#[test]
fn a_location_in_a_poll_of_the_baseline_changes_nothing() {
    let mut run = Run::verifying(&["a"]);
    run.now += secs(30);
    run.get(&operation("a")).answer(200, [("Operation-Location", FOREIGN)], &status("running"));
    run.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    run.ends_canceled("a");
    assert_eq!(run.end().unwrap().refused_location(), None);
}

#[test]
fn a_run_that_was_accepted_with_a_refused_location_resumes_to_the_truth() {
    let mut run = Run::posting(&["a"]);
    run.post().answer(202, [("Location", FOREIGN)], "");
    let mut run = run.resume(verified());
    run.poll_tracked("a", "canceled");
    assert_eq!((run.canceled(), run.cancellation.posted()), (Proof::Verified, Posted::Yes));
}

#[test]
fn an_id_on_a_list_that_is_too_long_to_remember_counts_as_known() {
    let id = |number: usize| format!("{number:010}");
    let ids: Vec<_> = (1..4097).map(id).collect();
    let ended: Vec<_> = ids.iter().map(|id| (id.as_str(), "canceled")).collect();
    let is_followed = |rows: usize, number: usize| {
        let mut run = Run::new(verified());
        run.list(&[&ended[..rows - 1], &[("a", "running")]].concat());
        run.post().answer(202, [("Location", &operation(&id(number)))], "");
        run.cancellation.progress().location.is_some()
    };
    assert!(is_followed(4096, 5000), "it is not on the list");
    assert!(!is_followed(4096, 4000), "it is on the list");
    assert!(!is_followed(4097, 5000), "the list was too long to tell");
}
