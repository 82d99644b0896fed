//! What the portal refuses, so that a wrong request fails a test.

use cancel_core::portal::{CancelBehavior, Generation, Portal, PublishOperation};
use http::Request;

use crate::support::*;

fn publishing() -> Portal {
    let mut portal = portal(contoso().operation(PublishOperation::new(ID)));
    portal.add_foreign_publisher("fabrikam");
    portal
}

/// Refused with this status and code, and nothing was canceled.
#[track_caller]
fn refused(request: Request<&str>, status: u16, code_expected: &str) {
    let what = format!("{} {}", request.method(), request.uri());
    let mut portal = publishing();
    let response = portal.handle(seconds(0), request);
    assert_eq!(
        (response.status().as_u16(), code(&response).as_str()),
        (status, code_expected),
        "{what}"
    );
    assert_eq!(truth(&portal, seconds(9_999)), "running", "{what}");
    assert!(header(&response, "x-ms-request-id").is_some());
}

#[test]
fn methods() {
    for url in [
        operation_url(ID),
        list_url(""),
        format!("{OFFER}/status?{VERSION}"),
    ] {
        refused(post(&url), 405, "MethodNotAllowed");
    }
    refused(get(&cancel_url()), 405, "MethodNotAllowed");
    refused(
        request("PUT", &cancel_url()).body("").unwrap(),
        405,
        "MethodNotAllowed",
    );
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
        refused(
            post(&format!("{OFFER}/cancel{query}")),
            400,
            "InvalidAPIVersion",
        );
        refused(
            get(&format!("{OFFER}/operations/{ID}{query}")),
            400,
            "InvalidAPIVersion",
        );
        let slot = format!("/api/operations/contoso$contoso-offer$2$preview{query}");
        refused(get(&slot), 400, "InvalidAPIVersion");
    }
}

#[test]
fn a_location_of_2018_needs_the_version_that_it_does_not_have() {
    let offer = contoso()
        .generation(Generation::Absolute2018)
        .cancel(CancelBehavior::After(seconds(9)));
    let mut portal = portal(offer);
    let response = cancel(&mut portal, seconds(0));
    let url = header(&response, "operation-location").unwrap();
    assert_eq!(
        code(&portal.handle(seconds(0), get(url))),
        "InvalidAPIVersion"
    );
}

#[test]
fn lengths() {
    let without = request("POST", &cancel_url()).body("").unwrap();
    refused(without, 411, "LengthRequired");
    for length in ["1", "-0", "+0", "00", "", "x", "18446744073709551616"] {
        let wrong = request("POST", &cancel_url())
            .header("content-length", length)
            .body("")
            .unwrap();
        refused(wrong, 400, "InvalidLength");
    }
    let twice = request("POST", &cancel_url())
        .header("content-length", "0")
        .header("content-length", "0");
    refused(twice.body("").unwrap(), 400, "InvalidLength");
}

#[test]
fn bodies() {
    let json = Some("application/json");
    for (content_type, body, status, code) in [
        (None, r#"{"metadata":{}}"#, 415, "UnsupportedMediaType"),
        (
            Some("text/plain"),
            r#"{"metadata":{}}"#,
            415,
            "UnsupportedMediaType",
        ),
        (
            Some("application/jsonx"),
            r#"{"metadata":{}}"#,
            415,
            "UnsupportedMediaType",
        ),
        (json, "{", 400, "MalformedBody"),
        (json, " ", 400, "MalformedBody"),
        (json, r#"{"metadata":{}} x"#, 400, "MalformedBody"),
        (json, "[]", 400, "InvalidBody"),
        (json, "null", 400, "InvalidBody"),
        (json, r#"{"metadata":null}"#, 400, "InvalidBody"),
        (json, r#"{"metadata":"a@b"}"#, 400, "InvalidBody"),
        (json, r#"{"Metadata":{}}"#, 400, "InvalidBody"),
        (json, r#"{"notification-emails":"a@b"}"#, 400, "InvalidBody"),
        (
            json,
            r#"{"metadata":{"notificationEmails":"a@b"}}"#,
            400,
            "InvalidBody",
        ),
        (
            json,
            r#"{"metadata":{"notification-emails":["a@b"]}}"#,
            400,
            "InvalidBody",
        ),
        (
            json,
            r#"{"metadata":{"notification-emails":null}}"#,
            400,
            "InvalidBody",
        ),
        (
            json,
            r#"{"metadata":{"notification-emails":""}}"#,
            400,
            "InvalidNotificationEmails",
        ),
        (
            json,
            r#"{"metadata":{"notification-emails":"a@b,"}}"#,
            400,
            "InvalidNotificationEmails",
        ),
        (
            json,
            r#"{"metadata":{"notification-emails":"a@b, c@d"}}"#,
            400,
            "InvalidNotificationEmails",
        ),
        (
            json,
            r#"{"metadata":{"notification-emails":"a@b;c@d"}}"#,
            400,
            "InvalidNotificationEmails",
        ),
        (
            json,
            r#"{"metadata":{"notification-emails":"a"}}"#,
            400,
            "InvalidNotificationEmails",
        ),
        (
            json,
            r#"{"metadata":{"notification-emails":"@b"}}"#,
            400,
            "InvalidNotificationEmails",
        ),
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
        (
            "application/json",
            r#"{"metadata":{"notification-emails":"a@b,c@d"}}"#,
            Some("a@b,c@d"),
        ),
        (
            "Application/JSON; charset=utf-8",
            r#"{"metadata":{"notification-emails":"a@b"}}"#,
            Some("a@b"),
        ),
        ("application/json", r#"{"metadata":{}}"#, None),
        ("application/json", "{}", None),
        ("application/json", "", None),
    ] {
        let mut portal = publishing();
        let request = request("POST", &cancel_url())
            .header("content-length", body.len())
            .header("content-type", content_type);
        assert_eq!(
            portal
                .handle(seconds(0), request.body(body).unwrap())
                .status(),
            200,
            "{body}"
        );
        assert_eq!(portal.calls()[0].notification_emails.as_deref(), emails);
    }
}

#[test]
fn authorizations() {
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        TOKEN.to_owned(),
        format!("Basic {TOKEN}"),
        format!("Bearer  {TOKEN}"),
        format!("Bearer {TOKEN}x"),
        format!("Bearer {TOKEN} x"),
        format!("Bearer \"{TOKEN}\""),
    ] {
        let request = Request::get(operation_url(ID))
            .header("Authorization", &value)
            .body("")
            .unwrap();
        refused(request, 401, "Unauthorized");
    }
    refused(
        Request::get(operation_url(ID)).body("").unwrap(),
        401,
        "Unauthorized",
    );
    let twice =
        request("GET", &operation_url(ID)).header("Authorization", format!("Bearer {TOKEN}"));
    refused(twice.body("").unwrap(), 401, "Unauthorized");
}

#[test]
fn a_token_expires_and_can_be_revoked() {
    let mut portal = Portal::new();
    portal
        .add_offer(contoso())
        .accept_token(TOKEN, Some(seconds(3_600)));
    let ask = |portal: &mut Portal, now| {
        portal
            .handle(seconds(now), get(&list_url("")))
            .status()
            .as_u16()
    };
    assert_eq!(ask(&mut portal, 3_599), 200);
    assert_eq!(ask(&mut portal, 3_600), 401);
    portal.accept_token(TOKEN, None);
    assert_eq!(ask(&mut portal, 3_600), 200);
    portal.revoke_token(TOKEN);
    assert_eq!(ask(&mut portal, 3_600), 401);
}

#[test]
fn names() {
    let at = |publisher: &str, offer: &str| format!("/api/publishers/{publisher}/offers/{offer}");
    for (url, status, code) in [
        (
            format!("{}/submissions/?{VERSION}", at("fabrikam", "x")),
            403,
            "Forbidden",
        ),
        (
            format!("/api/operations/fabrikam$x$2$preview?{VERSION}"),
            403,
            "Forbidden",
        ),
        (
            format!("{}/submissions/?{VERSION}", at("nobody", "x")),
            404,
            "PublisherNotFound",
        ),
        (
            format!("{}/submissions/?{VERSION}", at("contoso", "nothing")),
            404,
            "OfferNotFound",
        ),
        (
            format!("{}/submissions/?{VERSION}", at("Contoso", "contoso-offer")),
            404,
            "PublisherNotFound",
        ),
        (
            format!(
                "{}/operations/{OTHER}?{VERSION}",
                at("contoso", "contoso-offer")
            ),
            404,
            "OperationNotFound",
        ),
        (
            format!("/api/operations/contoso$nothing$2$preview?{VERSION}"),
            404,
            "OfferNotFound",
        ),
        (
            format!("/api/operations/contoso$contoso-offer$3$preview?{VERSION}"),
            404,
            "OperationNotFound",
        ),
        (
            format!("/api/operations/contoso$contoso-offer$2?{VERSION}"),
            404,
            "NotFound",
        ),
        (
            format!("/api/publishers/contoso?{VERSION}"),
            404,
            "NotFound",
        ),
        (format!("{OFFER}/?{VERSION}"), 404, "NotFound"),
        (
            format!("{OFFER}/operations/{ID}/x?{VERSION}"),
            404,
            "NotFound",
        ),
        (
            format!("//api/publishers/contoso/offers/contoso-offer/status?{VERSION}"),
            404,
            "NotFound",
        ),
        ("/".to_owned(), 404, "NotFound"),
    ] {
        refused(get(&url), status, code);
    }
    refused(
        post(&format!("{}/cancel?{VERSION}", at("fabrikam", "x"))),
        403,
        "Forbidden",
    );
    refused(
        post(&format!("{}/cancel?{VERSION}", at("contoso", "x"))),
        404,
        "OfferNotFound",
    );
}

#[test]
fn a_guid_stands_for_the_offer_only_in_the_slot_form() {
    let guid = "00000ffe-0000-4000-8000-000000000001";
    let url = format!("/api/publishers/contoso/offers/{guid}/submissions/?{VERSION}");
    refused(get(&url), 404, "OfferNotFound");
}

#[test]
fn other_origins() {
    for origin in [
        "http://cloudpartner.azure.com",
        "https://cloudpartner.azure.com:444",
        "https://cloudpartner.azure.com.example.org",
        "https://user@cloudpartner.azure.com",
        "http://127.0.0.1",
    ] {
        refused(
            get(&format!("{origin}{}", operation_url(ID))),
            421,
            "MisdirectedRequest",
        );
    }
    refused(
        Request::options("cloudpartner.azure.com:443")
            .body("")
            .unwrap(),
        421,
        "MisdirectedRequest",
    );
}

#[test]
fn if_match() {
    let cancel_only = contoso().require_if_match("\"7\"");
    let every_call = contoso().require_if_match_on_every_call("\"7\"");
    for (if_match, answer) in [
        (None, 400),
        (Some("\"6\""), 412),
        (Some("\"7\""), 200),
        (Some("*"), 200),
    ] {
        let with = |mut request: Request<&'static str>| {
            if let Some(etag) = if_match {
                request
                    .headers_mut()
                    .insert("if-match", etag.parse().unwrap());
            }
            request
        };
        for offer in [&cancel_only, &every_call] {
            let response = portal(offer.clone()).handle(seconds(0), with(post(&cancel_url())));
            assert_eq!(response.status(), answer, "{if_match:?}");
        }
        let response = portal(every_call.clone()).handle(seconds(0), with(get(&list_url(""))));
        assert_eq!(response.status(), answer, "{if_match:?}");
        let response = portal(cancel_only.clone()).handle(seconds(0), with(get(&list_url(""))));
        assert_eq!(response.status(), 200, "{if_match:?}");
        let unasked = portal(contoso()).handle(seconds(0), with(post(&cancel_url())));
        assert_eq!(unasked.status(), 200, "{if_match:?}");
    }
}
