//! Which location is followed, and when it moves.

use cancel_core::{ErrorKind, Posted, Proof};

use crate::run::{MIGRATED, NO_HEADERS, NON_MIGRATED, Run, settled, status};

const OTHER: &str = "/api/operations/contoso$contoso-offer$3$live?api-version=2017-10-31";
const FOREIGN: &str = "https://evil.example/api/operations/1";

#[test]
fn with_both_headers_operation_location_wins() {
    let mut run = Run::new(settled());
    run.post().answer(202, [("Location", OTHER), ("Operation-Location", NON_MIGRATED)], "");
    run.get(NON_MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(run.canceled(), Proof::ByLocation);
}

#[test]
fn an_empty_header_counts_as_absent() {
    let mut run = Run::new(settled());
    run.post().answer(202, [("Operation-Location", ""), ("Location", " ")], &format!("\"{OTHER}\""));
    run.get(OTHER).answer(200, NO_HEADERS, &status("canceled"));
}

#[test]
fn a_refused_operation_location_is_not_replaced_by_the_other_header() {
    let mut run = Run::new(settled());
    run.post().answer(202, [("Operation-Location", FOREIGN), ("Location", OTHER)], "");
    assert_eq!(run.error(), (ErrorKind::ForeignLocation, Posted::Yes));
}

#[test]
fn operation_location_always_moves_the_location() {
    let mut run = Run::following(settled());
    run.get(MIGRATED).answer(202, [("Operation-Location", NON_MIGRATED)], "");
    run.get(NON_MIGRATED).answer(200, [("Location", OTHER)], &status("running"));
    run.get(NON_MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
}

#[test]
fn the_location_header_moves_it_only_where_the_location_came_from_that_header() {
    let mut run = Run::following(settled());
    run.get(MIGRATED).answer(200, [("Location", OTHER)], &status("running"));
    run.get(OTHER).answer(200, NO_HEADERS, &status("canceled"));

    let mut run = Run::new(settled());
    run.post().answer(202, NO_HEADERS, &format!(r#"{{"operationLocation":"{NON_MIGRATED}"}}"#));
    run.get(NON_MIGRATED).answer(200, [("Location", OTHER)], &status("running"));
    run.get(NON_MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
}

#[test]
fn a_new_location_passes_the_same_checks() {
    let mut run = Run::following(settled());
    run.get(MIGRATED).answer(200, [("Operation-Location", FOREIGN)], &status("running"));
    assert_eq!(run.error(), (ErrorKind::ForeignLocation, Posted::Yes));

    let mut run = Run::following(settled());
    run.get(MIGRATED).answer(202, [("Location", "/api/../x")], "");
    assert_eq!(run.error(), (ErrorKind::InvalidLocation, Posted::Yes));
}

#[test]
fn an_end_counts_wherever_its_headers_point() {
    let mut run = Run::following(settled());
    run.get(MIGRATED).answer(200, [("Location", FOREIGN)], &status("canceled"));
    assert_eq!(run.canceled(), Proof::ByLocation);
}

#[test]
fn an_error_answer_moves_nothing() {
    let mut run = Run::following(settled());
    run.get(MIGRATED).answer(503, [("Operation-Location", FOREIGN)], "");
    run.get(MIGRATED).answer(404, [("Location", OTHER)], "");
    run.get(MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
}

#[test]
fn a_reference_resolves_against_the_url_that_was_called() {
    let mut run = Run::new(settled());
    run.post().answer(202, [("Location", "operations/1")], "");
    let first = "/api/publishers/contoso/offers/contoso-offer/operations/1?api-version=2017-10-31";
    run.get(first).answer(202, [("Location", "2")], "");
    let second = "/api/publishers/contoso/offers/contoso-offer/operations/2?api-version=2017-10-31";
    run.get(second).answer(202, [("Location", "?api-version=2017-10-31&a=b")], "");
    let third = "/api/publishers/contoso/offers/contoso-offer/operations/2?api-version=2017-10-31&a=b";
    run.get(third).answer(200, NO_HEADERS, &status("canceled"));
}
