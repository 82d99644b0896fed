//! The answers to a cancel, one by one.

use std::time::Duration;

use cancel_core::{CancelResponse, Endpoint, Error, ErrorKind, Posted};
use http::Response;

const MIGRATED: &str = "/api/publishers/contoso/offers/contoso-offer/operations/1?api-version=2017-10-31";
const OTHER: &str = "/api/other";

fn read<const N: usize>(status: u16, headers: [(&str, &str); N], body: &str) -> Result<CancelResponse, Error> {
    let called = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel".parse().unwrap();
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    CancelResponse::from_http(&Endpoint::default(), &called, &response.body(body).unwrap())
}

fn location<const N: usize>(headers: [(&str, &str); N], body: &str) -> String {
    match read(202, headers, body).unwrap() {
        CancelResponse::Accepted { location, .. } => location.url().path_and_query().unwrap().to_string(),
        CancelResponse::Canceled => panic!("a 202 is not a 200"),
    }
}

#[test]
fn a_200_needs_nothing_else() {
    let bodies = ["", " \r\n", "{}", "null", "[]", "7", "\u{feff}{}", r#"{"status":"failed"}"#].map(str::to_owned);
    let no_error =
        ["null", "false", r#""""#, "{}", "{ }", "[]", "[\n]"].map(|nothing| format!(r#"{{"error":{nothing}}}"#));
    for body in bodies.iter().chain(&no_error) {
        let answer = read(200, [("location", "https://evil.example")], body);
        assert_eq!(answer.unwrap(), CancelResponse::Canceled, "{body}");
    }
}

/// A sign-in page or a captive portal has answered.
#[test]
fn a_200_whose_body_is_not_the_services_is_no_acknowledgement() {
    let conflict = "\u{feff} {\"x\":1,\"error\":{\"code\":\"Conflict\",\"message\":\"There is nothing to cancel.\"}}";
    let last = format!("{{{}\"error\":7}}", "\"x\":0,".repeat(999));
    let beside_no_text = r#"{"\ud800":1,"error":"x"}"#;
    let bodies =
        ["<html>Sign in</html>", "OK", "{", "{}{}", "\u{0}", r#"{"error":"no"}"#, conflict, &last, beside_no_text];
    for body in bodies {
        let error = read(200, [("x-ms-request-id", "r")], body).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::MalformedBody, Posted::Yes), "{body}");
        assert_eq!(error.answer().and_then(|answer| answer.request_id()), Some("r"));
    }
}

#[test]
fn a_202_names_its_location_in_one_of_two_headers_or_in_its_body() {
    assert_eq!(location([("operation-location", MIGRATED)], ""), MIGRATED);
    assert_eq!(location([("OPERATION-LOCATION", MIGRATED), ("Location", OTHER)], ""), MIGRATED);
    assert_eq!(location([("Location", OTHER), ("Operation-Location", MIGRATED)], ""), MIGRATED);
    assert_eq!(location([("Location", MIGRATED)], &format!("\"{OTHER}\"")), MIGRATED);
    assert_eq!(location([("Operation-Location", " "), ("Location", MIGRATED)], ""), MIGRATED);
    assert_eq!(location([("Location", ""), ("Location", MIGRATED)], ""), MIGRATED);
}

#[test]
fn of_two_headers_of_one_name_the_first_that_is_not_empty_counts() {
    assert_eq!(location([("Location", MIGRATED), ("Location", OTHER)], ""), MIGRATED);
    assert_eq!(location([("Operation-Location", ""), ("Operation-Location", MIGRATED)], ""), MIGRATED);
    let error = read(202, [("Location", "https://evil.example/x"), ("Location", MIGRATED)], "").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignLocation, "a refused one is not replaced");
}

/// A client has joined them. A URL may hold a comma, and it holds no space.
#[test]
fn of_a_list_with_commas_and_spaces_the_first_counts() {
    let own = format!("https://cloudpartner.azure.com{MIGRATED}");
    for list in
        [format!("{MIGRATED}, {OTHER}"), format!("{own},\t{own}"), format!(", {MIGRATED},  https://evil.example")]
    {
        assert_eq!(location([("Location", &list)], ""), MIGRATED, "{list}");
        assert_eq!(location([("Operation-Location", &list)], ""), MIGRATED, "{list}");
    }
    assert_eq!(location([("Location", "/api/x,/api/y")], ""), "/api/x,/api/y", "it may be one");
    for (list, kind) in [
        (format!("https://evil.example/x, {MIGRATED}"), ErrorKind::ForeignLocation),
        (format!("/a/../b, {MIGRATED}"), ErrorKind::InvalidLocation),
    ] {
        assert_eq!(
            read(202, [("Location", &list)], "").unwrap_err().kind(),
            kind,
            "{list}: a refused one is not replaced"
        );
    }
}

#[test]
fn the_body_is_a_string_or_an_object_in_any_spelling() {
    for member in ["location", "Location", "operationLocation", "Operation-Location", "operation_location"] {
        assert_eq!(location([], &format!(r#"{{"id":"/1","{member}":"{MIGRATED}"}}"#)), MIGRATED, "{member}");
    }
    assert_eq!(location([], &format!("\"{MIGRATED}\"")), MIGRATED);
    assert_eq!(location([], &format!("\u{feff} \"{MIGRATED}\"\r\n")), MIGRATED, "a byte order mark");
    assert_eq!(location([], &format!(r#"{{"location":"{OTHER}","operationLocation":"{MIGRATED}"}}"#)), MIGRATED);
    assert_eq!(location([], &format!(r#"{{"operationLocation":"","location":"{MIGRATED}"}}"#)), MIGRATED);
}

#[test]
fn without_a_location_there_is_an_error_that_says_so() {
    for body in [
        "",
        "\"\"",
        "null",
        "{}",
        "[]",
        r#"["/api/x"]"#,
        r#"{"location":null}"#,
        r#"{"location":{"url":"/x"}}"#,
        r#"{"location":7}"#,
        r#"{"id":"/x"}"#,
        "<html>",
        MIGRATED,
    ] {
        let error = read(202, [], body).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::MissingLocation, Posted::Yes), "{body}");
    }
}

#[test]
fn a_header_that_is_no_text_is_no_location() {
    let called = "https://cloudpartner.azure.com/".parse().unwrap();
    let response = Response::builder().status(202).header("location", &b"/\xff"[..]).body("").unwrap();
    let error = CancelResponse::from_http(&Endpoint::default(), &called, &response).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidLocation);
}

#[test]
fn a_202_keeps_the_retry_after_header() {
    let Ok(CancelResponse::Accepted { retry_after, .. }) =
        read(202, [("Location", MIGRATED), ("Retry-After", "30")], "")
    else {
        panic!("not accepted");
    };
    assert_eq!(retry_after, Some(Duration::from_secs(30)));
}

#[test]
fn an_error_keeps_what_the_service_said() {
    let error = read(
        429,
        [("Retry-After", "7"), ("x-ms-request-id", "r"), ("x-ms-correlation-request-id", "c")],
        r#"{"error":{"code":"TooMany","message":"Slow down."}}"#,
    )
    .unwrap_err();
    let answer = error.answer().unwrap();
    assert_eq!((answer.request_id(), answer.correlation_request_id()), (Some("r"), Some("c")));
    assert_eq!(answer.retry_after(), Some(Duration::from_secs(7)));
    assert!(answer.excerpt().starts_with("{\"error\""));
}
