//! What the portal refuses, so that a wrong request fails a test: tokens, names, origins, and the shape of a request.

use cancel_core::testing::portal::Portal;

use crate::support::*;

type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'static str, &'a str);

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// Each request is refused so, and nothing is canceled.
#[track_caller]
fn refused(rows: &[Row<'_>]) {
    for (line, headers, body, expected) in rows {
        let mut portal = portal(contoso().operation(publish()));
        portal.add_foreign_publisher("fabrikam");
        let response = portal.handle(seconds(0), request(line, headers, body));
        assert_eq!(refusal(&response), *expected, "{line} {headers:?} {body}");
        assert_eq!(truth(&portal, 9_999), ["running"], "{line} {headers:?} {body}");
        assert!(header(&response, "x-ms-request-id").is_some());
    }
}

#[test]
fn a_wrong_authorization_is_refused() {
    let operation = format!("GET {}", operation());
    let bearer = format!("Bearer {TOKEN}");
    let wrong = [
        String::new(),
        ABSENT.to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        TOKEN.to_owned(),
        format!("Basic {TOKEN}"),
        format!("Bearer  {TOKEN}"),
        format!("Bearer {TOKEN}x"),
        format!("Bearer {TOKEN} x"),
        format!("Bearer \"{TOKEN}\""),
    ];
    for value in &wrong {
        refused(&[(&operation, &[("authorization", value)], "", "401 Unauthorized")]);
    }
    refused(&[(&operation, &[("authorization", &bearer), ("authorization", &bearer)], "", "401 Unauthorized")]);
}

#[test]
fn a_token_expires_and_can_be_revoked() {
    let mut portal = Portal::new();
    portal.add_offer(contoso()).accept_token(TOKEN, Some(seconds(3_600)));
    assert_eq!(poll(&mut portal, 3_599, "status"), "neverPublished");
    assert_eq!(poll(&mut portal, 3_600, "status"), "401 Unauthorized");
    portal.accept_token(TOKEN, None);
    assert_eq!(poll(&mut portal, 3_600, "status"), "neverPublished");
    portal.revoke_token(TOKEN);
    assert_eq!(poll(&mut portal, 3_600, "status"), "401 Unauthorized");
}

#[test]
fn an_unknown_name_or_path_is_refused() {
    refused(&[
        ("GET /api/publishers/fabrikam/offers/x/submissions/", &[], "", "403 Forbidden"),
        ("POST /api/publishers/fabrikam/offers/x/cancel", &[], "", "403 Forbidden"),
        ("GET /api/operations/fabrikam$x$2$preview", &[], "", "403 Forbidden"),
        ("GET /api/publishers/nobody/offers/x/submissions/", &[], "", "404 PublisherNotFound"),
        ("GET /api/publishers/Contoso/offers/contoso-offer/submissions/", &[], "", "404 PublisherNotFound"),
        ("GET /api/publishers/contoso/offers/nothing/submissions/", &[], "", "404 OfferNotFound"),
        ("POST /api/publishers/contoso/offers/nothing/cancel", &[], "", "404 OfferNotFound"),
        ("GET /api/operations/contoso$nothing$2$preview", &[], "", "404 OfferNotFound"),
        ("GET operations/unknown", &[], "", "404 OperationNotFound"),
        ("GET /api/operations/contoso$contoso-offer$3$preview", &[], "", "404 OperationNotFound"),
        ("GET /api/operations/contoso$contoso-offer$2", &[], "", "404 NotFound"),
        ("GET /api/publishers/contoso", &[], "", "404 NotFound"),
        ("GET /api/publishers/contoso/offers/contoso-offer/", &[], "", "404 NotFound"),
        ("GET operations/unknown/x", &[], "", "404 NotFound"),
        ("GET //api/publishers/contoso/offers/contoso-offer/status", &[], "", "404 NotFound"),
        ("GET /", &[], "", "404 NotFound"),
        // A GUID stands for the offer in the slot form only.
        (
            "GET /api/publishers/contoso/offers/00000ffe-0000-4000-8000-000000000001/submissions/",
            &[],
            "",
            "404 OfferNotFound",
        ),
    ]);
}

#[test]
fn another_origin_is_refused() {
    for origin in [
        "http://cloudpartner.azure.com",
        "https://cloudpartner.azure.com:444",
        "https://cloudpartner.azure.com.example.org",
        "https://user@cloudpartner.azure.com",
        "http://127.0.0.1",
    ] {
        refused(&[(&format!("GET {origin}{OFFER}/status"), &[], "", "421 MisdirectedRequest")]);
    }
    let authority = http::Request::options("cloudpartner.azure.com:443").body("").unwrap();
    assert_eq!(refusal(&portal(contoso()).handle(seconds(0), authority)), "421 MisdirectedRequest");
}

#[test]
fn another_method_is_refused() {
    let operation = format!("POST {}", operation());
    for line in [&*operation, "POST submissions/", "POST status", "GET cancel", "PUT cancel"] {
        refused(&[(line, &[], "", "405 MethodNotAllowed")]);
    }
}

#[test]
fn a_request_needs_one_api_version() {
    for query in [
        "",
        "api-version",
        "api-version=",
        "api-version=2016-01-01",
        "apiversion=2017-10-31",
        "api-version=2017-10-31&api-version=2017-10-31",
    ] {
        for line in ["POST cancel", &format!("GET {}", operation()), &format!("GET {SLOT}")] {
            refused(&[(&format!("{line}?{query}"), &[], "", "400 InvalidAPIVersion")]);
        }
    }
}

#[test]
fn a_post_needs_its_length() {
    refused(&[("POST cancel", &[("content-length", ABSENT)], "", "411 LengthRequired")]);
    for length in ["1", "-0", "+0", "00", "", "x", "18446744073709551616"] {
        refused(&[("POST cancel", &[("content-length", length)], "", "400 InvalidLength")]);
    }
    refused(&[("POST cancel", &[("content-length", "0"), ("content-length", "0")], "", "400 InvalidLength")]);
}

#[test]
fn a_body_of_another_shape_is_refused() {
    for headers in [&[][..], &[("content-type", "text/plain")], &[("content-type", "application/jsonx")]] {
        refused(&[("POST cancel", headers, r#"{"metadata":{}}"#, "415 UnsupportedMediaType")]);
    }
    for (body, expected) in [
        ("{", "400 MalformedBody"),
        (" ", "400 MalformedBody"),
        (r#"{"metadata":{}} x"#, "400 MalformedBody"),
        ("[]", "400 InvalidBody"),
        ("null", "400 InvalidBody"),
        (r#"{"metadata":null}"#, "400 InvalidBody"),
        (r#"{"metadata":"a@b"}"#, "400 InvalidBody"),
        (r#"{"Metadata":{}}"#, "400 InvalidBody"),
        (r#"{"notification-emails":"a@b"}"#, "400 InvalidBody"),
        (r#"{"metadata":{"notificationEmails":"a@b"}}"#, "400 InvalidBody"),
        (r#"{"metadata":{"notification-emails":["a@b"]}}"#, "400 InvalidBody"),
        (r#"{"metadata":{"notification-emails":null}}"#, "400 InvalidBody"),
        (r#"{"metadata":{"notification-emails":""}}"#, "400 InvalidNotificationEmails"),
        (r#"{"metadata":{"notification-emails":"a@b,"}}"#, "400 InvalidNotificationEmails"),
        (r#"{"metadata":{"notification-emails":"a@b, c@d"}}"#, "400 InvalidNotificationEmails"),
        (r#"{"metadata":{"notification-emails":"a@b;c@d"}}"#, "400 InvalidNotificationEmails"),
        (r#"{"metadata":{"notification-emails":"a"}}"#, "400 InvalidNotificationEmails"),
        (r#"{"metadata":{"notification-emails":"@b"}}"#, "400 InvalidNotificationEmails"),
    ] {
        refused(&[("POST cancel", &JSON, body, expected)]);
    }
}

#[test]
fn a_body_of_the_documented_shape_is_not_refused() {
    for (content_type, body, emails) in [
        ("application/json", r#"{"metadata":{"notification-emails":"a@b,c@d"}}"#, Some("a@b,c@d")),
        ("Application/JSON; charset=utf-8", r#"{"metadata":{"notification-emails":"a@b"}}"#, Some("a@b")),
        ("application/json", r#"{"metadata":{}}"#, None),
        ("application/json", "{}", None),
        ("application/json", "", None),
    ] {
        let mut portal = portal(contoso());
        let request = request("POST cancel", &[("content-type", content_type)], body);
        assert_eq!(portal.handle(seconds(0), request).status(), 200, "{body}");
        assert_eq!(portal.calls()[0].notification_emails.as_deref(), emails);
    }
}

#[test]
fn a_cancel_needs_the_if_match_that_the_offer_asks_for() {
    for (if_match, answer) in [(ABSENT, 400), ("\"6\"", 412), ("\"7\"", 200), ("*", 200)] {
        let headers = [("if-match", if_match)];
        let status = |offer, line| portal(offer).handle(seconds(0), request(line, &headers, "")).status();
        assert_eq!(status(contoso().require_if_match("\"7\""), "POST cancel"), answer, "{if_match}");
        assert_eq!(status(contoso().require_if_match("\"7\""), "GET submissions/"), 200, "{if_match}");
        assert_eq!(status(contoso(), "POST cancel"), 200, "{if_match}");
    }
}
