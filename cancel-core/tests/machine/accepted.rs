//! `Until::Accepted`: one POST, and what its answer says.

use cancel_core::{ErrorKind, LocationKind, Outcome, Posted, Proof};

use crate::talk::{MIGRATED, NO_HEADERS, Talk, accepted, secs};

#[test]
fn a_200_is_the_services_word_that_it_is_canceled() {
    let mut talk = Talk::new(accepted());
    talk.post().answer(200, NO_HEADERS, "");
    assert_eq!(talk.canceled(), Proof::Acknowledged);
    assert_eq!(talk.cancellation.posted(), Posted::Yes);
}

#[test]
fn a_202_is_accepted_and_not_followed() {
    let mut talk = Talk::new(accepted());
    talk.post().answer(202, [("Location", MIGRATED), ("Retry-After", "7")], "");
    let Ok(Outcome::Accepted { location, retry_after, posted, .. }) = talk.end() else {
        panic!("not accepted");
    };
    assert!(matches!(location.kind(), LocationKind::Migrated { .. }));
    assert_eq!((retry_after, posted), (Some(secs(7)), Posted::Yes));
}

/// The status table of the cancel page, and what was seen on sibling calls; a row a status.
#[test]
fn every_other_status_is_an_error_of_its_own() {
    for (status, kind) in [
        (201, ErrorKind::UnexpectedStatus),
        (204, ErrorKind::UnexpectedStatus),
        (206, ErrorKind::UnexpectedStatus),
        (301, ErrorKind::UnexpectedStatus),
        (302, ErrorKind::UnexpectedStatus),
        (304, ErrorKind::UnexpectedStatus),
        (307, ErrorKind::UnexpectedStatus),
        (308, ErrorKind::UnexpectedStatus),
        (400, ErrorKind::BadRequest),
        (402, ErrorKind::UnexpectedStatus),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (405, ErrorKind::UnexpectedStatus),
        (409, ErrorKind::Conflict),
        (410, ErrorKind::NotFound),
        (411, ErrorKind::UnexpectedStatus),
        (412, ErrorKind::PreconditionFailed),
        (415, ErrorKind::UnexpectedStatus),
        (422, ErrorKind::Unprocessable),
        (500, ErrorKind::Ambiguous),
        (502, ErrorKind::Ambiguous),
        (503, ErrorKind::Ambiguous),
        (504, ErrorKind::Ambiguous),
    ] {
        let mut talk = Talk::new(accepted());
        talk.post().answer(status, [("x-ms-request-id", "id-1")], r#"{"error":{"code":"C","message":"M"}}"#);
        let error = talk.end().unwrap_err();
        assert_eq!((error.kind(), error.posted()), (kind, Posted::Yes), "{status}");
        let answer = error.answer().unwrap();
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!((answer.code(), answer.message(), answer.request_id()), (Some("C"), Some("M"), Some("id-1")));
    }
}

#[test]
fn a_redirect_is_not_followed_and_names_its_target() {
    let mut talk = Talk::new(accepted());
    talk.post().answer(307, [("Location", "https://evil.example/x")], "");
    let error = talk.end().unwrap_err();
    assert_eq!(error.answer().unwrap().redirected_to(), Some("https://evil.example/x"));
    assert!(error.to_string().contains("evil.example"), "{error}");
}

#[test]
fn an_error_says_what_happened_to_which_offer_and_what_to_try() {
    let mut talk = Talk::new(accepted());
    talk.post().answer(403, [("x-ms-request-id", "7f")], r#"{"error":{"code":"NoAccess","message":"Not yours."}}"#);
    let error = talk.end().unwrap_err();
    assert_eq!(
        error.to_string(),
        "contoso/contoso-offer: the token has no access (403 Forbidden, NoAccess: Not yours., request id 7f)"
    );
    assert!(error.advice().contains("publisher"));
    assert!(!error.is_transient());
}

#[test]
fn it_is_over_for_good() {
    let mut talk = Talk::new(accepted());
    talk.post().answer(200, NO_HEADERS, "");
    for hours in [0, 1, 1000] {
        talk.now += secs(hours * 3600);
        assert_eq!(talk.canceled(), Proof::Acknowledged);
    }
}
