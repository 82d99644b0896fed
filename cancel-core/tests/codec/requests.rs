//! Golden requests: exactly what goes over the wire.

use std::fmt::Write;

use bytes::Bytes;
use cancel_core::{
    ApiVersion, BearerToken, CancelRequest, ClientRequestId, Endpoint, GetOfferStatus, GetOperation, IfMatch,
    ListOperations, NotificationEmails, OfferId, OperationId, OperationLocation, PublisherId,
};
use http::Request;
use proptest::prelude::*;

fn contoso() -> (PublisherId, OfferId) {
    (PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
}

fn token() -> BearerToken {
    BearerToken::new("eyJ0eXAi").unwrap()
}

fn call_id() -> ClientRequestId {
    ClientRequestId::new("run-42").unwrap()
}

/// The request as text, its headers in order of their names.
fn wire(request: &Request<Bytes>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    text + "\n" + std::str::from_utf8(request.body()).unwrap()
}

#[test]
fn a_cancel_without_addresses_has_a_length_and_no_body() {
    let (publisher, offer) = contoso();
    let request = CancelRequest::new(publisher, offer).to_http(&Endpoint::default(), &token());
    assert_eq!(
        wire(&request),
        "POST https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31\n\
         authorization: Bearer eyJ0eXAi\n\
         content-length: 0\n\
         \n"
    );
}

#[test]
fn a_cancel_with_everything() {
    let (publisher, offer) = contoso();
    let endpoint =
        Endpoint::new("http://127.0.0.1:8080").unwrap().with_api_version(ApiVersion::new("2020-01-01").unwrap());
    let request = CancelRequest::new(publisher, offer)
        .notify(NotificationEmails::parse("a@contoso.com, b@contoso.com").unwrap())
        .if_match(IfMatch::new("\"0x8D5\"").unwrap())
        .client_request_id(call_id())
        .to_http(&endpoint, &token());
    assert_eq!(
        wire(&request),
        "POST http://127.0.0.1:8080/api/publishers/contoso/offers/contoso-offer/cancel?api-version=2020-01-01\n\
         authorization: Bearer eyJ0eXAi\n\
         content-length: 66\n\
         content-type: application/json\n\
         if-match: \"0x8D5\"\n\
         x-ms-client-request-id: run-42\n\
         \n\
         {\"metadata\":{\"notification-emails\":\"a@contoso.com,b@contoso.com\"}}"
    );
}

#[test]
fn a_poll_of_an_operation_by_its_id() {
    let (publisher, offer) = contoso();
    let operation = OperationId::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8").unwrap();
    let request = GetOperation::new(publisher, offer, operation).client_request_id(call_id());
    assert_eq!(
        wire(&request.to_http(&Endpoint::default(), &token())),
        "GET https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/operations/\
         56615b67-2185-49fe-80d2-c4ddf77bb2e8?api-version=2017-10-31\n\
         authorization: Bearer eyJ0eXAi\n\
         x-ms-client-request-id: run-42\n\
         \n"
    );
}

#[test]
fn the_list_and_the_offers_status() {
    let (publisher, offer) = contoso();
    let list = ListOperations::new(publisher.clone(), offer.clone()).to_http(&Endpoint::default(), &token());
    assert_eq!(
        wire(&list),
        "GET https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/submissions/?api-version=2017-10-31\n\
         authorization: Bearer eyJ0eXAi\n\
         \n"
    );
    let status = GetOfferStatus::new(publisher, offer).to_http(&Endpoint::default(), &token());
    assert_eq!(
        status.uri(),
        "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/status?api-version=2017-10-31"
    );
}

#[test]
fn a_request_goes_to_the_endpoint_it_is_made_for() {
    let production = Endpoint::default();
    let called = "https://cloudpartner.azure.com/".parse().unwrap();
    let location = OperationLocation::parse(&production, &called, "/api/x").unwrap();
    let local = Endpoint::new("http://localhost:81").unwrap();
    let request = GetOperation::at(location).to_http(&local, &token());
    assert_eq!(request.uri(), "http://localhost:81/api/x?api-version=2017-10-31", "wherever the location was proven");

    // It has a version of its own.
    let origins = ["https://cloudpartner.azure.com", "https://localhost:81", "http://localhost:81"];
    let endpoints = origins.map(|origin| Endpoint::new(origin).unwrap());
    for (proven, origin) in endpoints.iter().zip(origins) {
        let called = origin.parse().unwrap();
        let location = OperationLocation::parse(proven, &called, "/api/x?api-version=2020-01-01").unwrap();
        for (endpoint, origin) in endpoints.iter().zip(origins) {
            let request = GetOperation::at(location.clone()).to_http(endpoint, &token());
            assert_eq!(request.uri().to_string(), format!("{origin}/api/x?api-version=2020-01-01"));
        }
    }
}

#[test]
fn a_location_without_a_version_gets_the_configured_one() {
    let called = "https://cloudpartner.azure.com/".parse().unwrap();
    for (location, path_and_query) in [
        ("/api/x", "/api/x?api-version=2017-10-31"),
        ("/api/x?", "/api/x?api-version=2017-10-31"),
        ("/api/x?a=b", "/api/x?a=b&api-version=2017-10-31"),
        ("/api/x?API-Version=2020-01-01&a=b", "/api/x?API-Version=2020-01-01&a=b"),
        ("/api/x?api%2Dversion=2020-01-01", "/api/x?api%2Dversion=2020-01-01"),
        ("https://cloudpartner.azure.com", "/?api-version=2017-10-31"),
        ("https://cloudpartner.azure.com?a#b", "/?a&api-version=2017-10-31"),
    ] {
        let parsed = OperationLocation::parse(&Endpoint::default(), &called, location).unwrap();
        let request = GetOperation::at(parsed).to_http(&Endpoint::default(), &token());
        assert_eq!(request.uri().to_string(), format!("https://cloudpartner.azure.com{path_and_query}"), "{location}");
    }
}

#[test]
fn the_token_is_marked_sensitive() {
    let (publisher, offer) = contoso();
    let request = CancelRequest::new(publisher, offer).to_http(&Endpoint::default(), &token());
    assert!(request.headers()["authorization"].is_sensitive());
    assert!(!format!("{request:?}").contains("eyJ0eXAi"));
}

proptest! {
    /// The body is JSON that says the addresses and nothing else, whatever an address may hold.
    #[test]
    fn no_address_changes_the_body(local in r"[!-~]{1,4}\PC{0,3}", domain in r"[a-z.\x22\\-]{1,4}\PC{0,3}", other in "(,b@c)?") {
        if let Ok(emails) = NotificationEmails::parse(&format!("{local}@{domain}{other}")) {
            let (publisher, offer) = contoso();
            let request = CancelRequest::new(publisher, offer).notify(emails.clone()).to_http(&Endpoint::default(), &token());
            let expected = serde_json::json!({"metadata": {"notification-emails": emails.as_str()}});
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(request.body()).unwrap(), expected);
        }
    }
}
