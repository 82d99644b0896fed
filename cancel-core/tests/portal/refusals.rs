//! What the portal refuses for the shape of a request, so that a wrong one fails a test.

use cancel_core::testing::portal::{CancelBehavior, Generation};

use crate::support::*;

#[test]
fn methods() {
    for url in [operation_url(ID), list_url(""), format!("{OFFER}/status?{VERSION}")] {
        refused(post(&url), 405, "MethodNotAllowed");
    }
    refused(get(&cancel_url()), 405, "MethodNotAllowed");
    refused(request("PUT", &cancel_url()).body("").unwrap(), 405, "MethodNotAllowed");
}

#[test]
fn versions() {
    for query in [
        "",
        "?",
        "?api-version",
        "?api-version=",
        "?api-version=2016-01-01",
        "?apiversion=2017-10-31",
        "?api-version=2017-10-31&api-version=2017-10-31",
    ] {
        refused(post(&format!("{OFFER}/cancel{query}")), 400, "InvalidAPIVersion");
        refused(get(&format!("{OFFER}/operations/{ID}{query}")), 400, "InvalidAPIVersion");
        let slot = format!("/api/operations/contoso$contoso-offer$2$preview{query}");
        refused(get(&slot), 400, "InvalidAPIVersion");
    }
}

#[test]
fn a_location_of_2018_needs_the_version_that_it_does_not_have() {
    let offer = contoso().generation(Generation::Absolute2018).cancel(CancelBehavior::After(seconds(9)));
    let mut portal = portal(offer);
    let response = cancel(&mut portal, seconds(0));
    let url = header(&response, "operation-location").unwrap();
    assert_eq!(code(&portal.handle(seconds(0), get(url))), "InvalidAPIVersion");
}

#[test]
fn lengths() {
    let without = request("POST", &cancel_url()).body("").unwrap();
    refused(without, 411, "LengthRequired");
    for length in ["1", "-0", "+0", "00", "", "x", "18446744073709551616"] {
        let wrong = request("POST", &cancel_url()).header("content-length", length).body("").unwrap();
        refused(wrong, 400, "InvalidLength");
    }
    let twice = request("POST", &cancel_url()).header("content-length", "0").header("content-length", "0");
    refused(twice.body("").unwrap(), 400, "InvalidLength");
}

#[test]
fn bodies() {
    let json = Some("application/json");
    for (content_type, body, status, code) in [
        (None, r#"{"metadata":{}}"#, 415, "UnsupportedMediaType"),
        (Some("text/plain"), r#"{"metadata":{}}"#, 415, "UnsupportedMediaType"),
        (Some("application/jsonx"), r#"{"metadata":{}}"#, 415, "UnsupportedMediaType"),
        (json, "{", 400, "MalformedBody"),
        (json, " ", 400, "MalformedBody"),
        (json, r#"{"metadata":{}} x"#, 400, "MalformedBody"),
        (json, "[]", 400, "InvalidBody"),
        (json, "null", 400, "InvalidBody"),
        (json, r#"{"metadata":null}"#, 400, "InvalidBody"),
        (json, r#"{"metadata":"a@b"}"#, 400, "InvalidBody"),
        (json, r#"{"Metadata":{}}"#, 400, "InvalidBody"),
        (json, r#"{"notification-emails":"a@b"}"#, 400, "InvalidBody"),
        (json, r#"{"metadata":{"notificationEmails":"a@b"}}"#, 400, "InvalidBody"),
        (json, r#"{"metadata":{"notification-emails":["a@b"]}}"#, 400, "InvalidBody"),
        (json, r#"{"metadata":{"notification-emails":null}}"#, 400, "InvalidBody"),
        (json, r#"{"metadata":{"notification-emails":""}}"#, 400, "InvalidNotificationEmails"),
        (json, r#"{"metadata":{"notification-emails":"a@b,"}}"#, 400, "InvalidNotificationEmails"),
        (json, r#"{"metadata":{"notification-emails":"a@b, c@d"}}"#, 400, "InvalidNotificationEmails"),
        (json, r#"{"metadata":{"notification-emails":"a@b;c@d"}}"#, 400, "InvalidNotificationEmails"),
        (json, r#"{"metadata":{"notification-emails":"a"}}"#, 400, "InvalidNotificationEmails"),
        (json, r#"{"metadata":{"notification-emails":"@b"}}"#, 400, "InvalidNotificationEmails"),
    ] {
        let mut request = request("POST", &cancel_url()).header("content-length", body.len());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        refused(request.body(body).unwrap(), status, code);
    }
}

#[test]
fn good_bodies_are_not_refused() {
    for (content_type, body, emails) in [
        ("application/json", r#"{"metadata":{"notification-emails":"a@b,c@d"}}"#, Some("a@b,c@d")),
        ("Application/JSON; charset=utf-8", r#"{"metadata":{"notification-emails":"a@b"}}"#, Some("a@b")),
        ("application/json", r#"{"metadata":{}}"#, None),
        ("application/json", "{}", None),
        ("application/json", "", None),
    ] {
        let mut portal = publishing();
        let request =
            request("POST", &cancel_url()).header("content-length", body.len()).header("content-type", content_type);
        assert_eq!(portal.handle(seconds(0), request.body(body).unwrap()).status(), 200, "{body}");
        assert_eq!(portal.calls()[0].notification_emails.as_deref(), emails);
    }
}
