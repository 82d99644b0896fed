//! `Until::Accepted`: one POST, and what its answer says.

use cancel_core::{Body, ErrorKind, LocationKind, Outcome, Posted, Proof};

use crate::run::{MIGRATED, NO_HEADERS, Run, accepted, secs, settled};

#[test]
fn a_200_means_canceled() {
    let mut run = Run::new(accepted());
    run.post().answer(200, NO_HEADERS, "");
    assert_eq!(run.cancellation.posted(), Posted::Yes);
    for hours in [0, 1, 1000] {
        run.now += secs(hours * 3600);
        assert_eq!(run.canceled(), Proof::Acknowledged, "the outcome does not change any more");
    }
}

#[test]
fn a_202_is_accepted_and_its_location_is_not_polled() {
    let mut run = Run::new(accepted());
    run.post().answer(202, [("Location", MIGRATED), ("Retry-After", "7")], "");
    let Ok(Outcome::Accepted { location, retry_after, posted, .. }) = run.end() else {
        panic!("not accepted");
    };
    assert!(matches!(location.unwrap().kind(), LocationKind::Migrated { .. }));
    assert_eq!((retry_after, posted), (Some(secs(7)), Posted::Yes));
}

/// A sign-in page or a captive portal proves nothing.
#[test]
fn a_200_that_is_not_the_services_is_no_proof() {
    for policy in [accepted(), settled()] {
        for body in ["<html>Sign in</html>", "OK", "{", "[1,2"] {
            let mut run = Run::new(policy.clone());
            run.post().answer(200, NO_HEADERS, body);
            assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Yes), "{body}");
        }
        for body in [Body::CutOff("".into()), Body::TooLarge("{}".into())] {
            let mut run = Run::new(policy.clone());
            run.post().answer_with(200, NO_HEADERS, body);
            assert_eq!(run.error(), (ErrorKind::Ambiguous, Posted::Yes));
        }
        for body in ["", " \r\n", "{}", "null"] {
            let mut run = Run::new(policy.clone());
            run.post().answer(200, NO_HEADERS, body);
            assert_eq!(run.canceled(), Proof::Acknowledged, "{body}");
        }
    }
}

#[test]
fn a_redirect_is_not_followed_and_the_error_names_its_target() {
    let mut run = Run::new(accepted());
    run.post().answer(307, [("Location", "https://evil.example/x")], "");
    let error = run.end().unwrap_err();
    assert_eq!(error.answer().unwrap().redirected_to(), Some("https://evil.example/x"));
    assert!(error.to_string().contains("evil.example"), "{error}");
}

#[test]
fn an_error_says_what_happened_to_which_offer_and_what_to_try() {
    let mut run = Run::new(accepted());
    run.post().answer(403, [("x-ms-request-id", "7f")], r#"{"error":{"code":"NoAccess","message":"Not yours."}}"#);
    let error = run.end().unwrap_err();
    assert_eq!(
        error.to_string(),
        "contoso/contoso-offer: the token has no access (403 Forbidden, NoAccess: Not yours., request id 7f)"
    );
    assert!(error.advice().contains("publisher"));
    assert!(!error.is_transient());
}
