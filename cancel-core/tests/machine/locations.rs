//! Which location is followed, and when it moves.

use cancel_core::{ErrorKind, Posted, Proof};

use crate::talk::{MIGRATED, NO_HEADERS, NON_MIGRATED, Talk, settled, status};

const OTHER: &str = "/api/operations/contoso$contoso-offer$3$live?api-version=2017-10-31";
const FOREIGN: &str = "https://evil.example/api/operations/1";

#[test]
fn with_both_headers_operation_location_wins() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", OTHER), ("Operation-Location", NON_MIGRATED)], "");
    talk.get(NON_MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);
}

#[test]
fn an_empty_header_is_an_absent_one() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Operation-Location", ""), ("Location", " ")], &format!("\"{OTHER}\""));
    talk.get(OTHER).answer(200, NO_HEADERS, &status("canceled"));
}

#[test]
fn a_bad_operation_location_is_not_replaced_by_a_good_location() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Operation-Location", FOREIGN), ("Location", OTHER)], "");
    assert_eq!(talk.error(), (ErrorKind::ForeignLocation, Posted::Yes));
}

#[test]
fn a_location_without_a_version_gets_the_configured_one() {
    for (named, called) in [
        ("/api/x", "/api/x?api-version=2017-10-31"),
        ("/api/x?", "/api/x?api-version=2017-10-31"),
        ("/api/x?a=b", "/api/x?a=b&api-version=2017-10-31"),
        ("/api/x?API-Version=2020-01-01&a=b", "/api/x?API-Version=2020-01-01&a=b"),
        ("/api/x?api%2Dversion=2020-01-01", "/api/x?api%2Dversion=2020-01-01"),
        ("https://cloudpartner.azure.com", "/?api-version=2017-10-31"),
        ("https://cloudpartner.azure.com?a#b", "/?a&api-version=2017-10-31"),
    ] {
        let mut talk = Talk::new(settled());
        talk.post().answer(202, [("Location", named)], "");
        talk.get(called).answer(200, NO_HEADERS, &status("canceled"));
    }
}

#[test]
fn operation_location_always_moves_what_is_followed() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", MIGRATED)], "");
    talk.get(MIGRATED).answer(202, [("Operation-Location", NON_MIGRATED)], "");
    talk.get(NON_MIGRATED).answer(200, [("Location", OTHER)], &status("running"));
    talk.get(NON_MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
}

#[test]
fn location_moves_it_only_while_a_location_is_followed() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", MIGRATED)], "");
    talk.get(MIGRATED).answer(200, [("Location", OTHER)], &status("running"));
    talk.get(OTHER).answer(200, NO_HEADERS, &status("canceled"));

    let mut talk = Talk::new(settled());
    talk.post().answer(202, NO_HEADERS, &format!(r#"{{"operationLocation":"{NON_MIGRATED}"}}"#));
    talk.get(NON_MIGRATED).answer(200, [("Location", OTHER)], &status("running"));
    talk.get(NON_MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
}

#[test]
fn a_new_location_passes_the_same_checks() {
    let mut talk = Talk::watching(settled());
    talk.get(MIGRATED).answer(200, [("Operation-Location", FOREIGN)], &status("running"));
    assert_eq!(talk.error(), (ErrorKind::ForeignLocation, Posted::Yes));

    let mut talk = Talk::watching(settled());
    talk.get(MIGRATED).answer(202, [("Location", "/api/../x")], "");
    assert_eq!(talk.error(), (ErrorKind::InvalidLocation, Posted::Yes));
}

#[test]
fn an_end_is_an_end_wherever_the_answer_points() {
    let mut talk = Talk::watching(settled());
    talk.get(MIGRATED).answer(200, [("Location", FOREIGN)], &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);
}

#[test]
fn an_error_answer_moves_nothing() {
    let mut talk = Talk::watching(settled());
    talk.get(MIGRATED).answer(503, [("Operation-Location", FOREIGN)], "");
    talk.get(MIGRATED).answer(404, [("Location", OTHER)], "");
    talk.get(MIGRATED).answer(200, NO_HEADERS, &status("canceled"));
}

#[test]
fn references_resolve_against_what_was_called() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", "operations/1")], "");
    let first = "/api/publishers/contoso/offers/contoso-offer/operations/1?api-version=2017-10-31";
    talk.get(first).answer(202, [("Location", "2")], "");
    let second = "/api/publishers/contoso/offers/contoso-offer/operations/2?api-version=2017-10-31";
    talk.get(second).answer(202, [("Location", "?api-version=2017-10-31&a=b")], "");
    let third = "/api/publishers/contoso/offers/contoso-offer/operations/2?api-version=2017-10-31&a=b";
    talk.get(third).answer(200, NO_HEADERS, &status("canceled"));
}
