//! Requests to a portal, and answers as one word.

use std::time::Duration;

use bytes::Bytes;
use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use http::{Request, Response};
use serde_json::Value;

pub(crate) const TOKEN: &str = "a.token.of-a-test";
pub(crate) const ID: &str = "56615b67-2185-49fe-80d2-c4ddf77bb2e8";
pub(crate) const OTHER: &str = "0d5ad2c2-2f7e-4f4c-9a25-3c5d3a9f9b11";
pub(crate) const OFFER: &str = "/api/publishers/contoso/offers/contoso-offer";
pub(crate) const VERSION: &str = "api-version=2017-10-31";
pub(crate) const SLOT: &str = "/api/operations/contoso$contoso-offer$2$preview";

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn contoso() -> Offer {
    Offer::new("contoso", "contoso-offer")
}

/// An endless publish.
pub(crate) fn publish() -> PublishOperation {
    PublishOperation::new(ID)
}

/// With a publish, and a cancel that works after 90 s.
pub(crate) fn publishing() -> Offer {
    contoso().cancel(CancelBehavior::After(seconds(90))).operation(publish())
}

pub(crate) fn portal(offer: Offer) -> Portal {
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None).add_offer(offer);
    portal
}

pub(crate) fn operation() -> String {
    format!("operations/{ID}")
}

/// A request such as `GET status`. A path without a slash is one of the offer; a path without a query gets the version.
/// A token and a length are added where they are needed, unless a header has their name.
pub(crate) fn request(line: &str, headers: &[(&str, &str)], body: &'static str) -> Request<&'static str> {
    let (method, path) = line.split_once(' ').unwrap();
    let path = if path.contains("//") || path.starts_with('/') { path.to_owned() } else { format!("{OFFER}/{path}") };
    let uri = if path.contains('?') { path } else { format!("{path}?{VERSION}") };
    let mut request = Request::builder().method(method).uri(uri);
    let has = |name| headers.iter().any(|(header, _)| *header == name);
    if !has("authorization") {
        request = request.header("authorization", format!("Bearer {TOKEN}"));
    }
    if method == "POST" && !has("content-length") {
        request = request.header("content-length", body.len());
    }
    for (name, value) in headers.iter().filter(|(_, value)| *value != ABSENT) {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

/// The value of a header that is not sent.
pub(crate) const ABSENT: &str = "(absent)";

pub(crate) fn get(portal: &mut Portal, now: u64, path: &str) -> Response<Bytes> {
    portal.handle(seconds(now), request(&format!("GET {path}"), &[], ""))
}

pub(crate) fn cancel(portal: &mut Portal, now: u64) -> Response<Bytes> {
    portal.handle(seconds(now), request("POST cancel", &[], ""))
}

/// The status of the operation at a path, or else the status code and the code of the error.
pub(crate) fn poll(portal: &mut Portal, now: u64, path: &str) -> String {
    let response = get(portal, now, path);
    match json(&response)["status"].as_str() {
        Some(status) => status.to_owned(),
        None => refusal(&response),
    }
}

/// The status code and the code of the error.
pub(crate) fn refusal(response: &Response<Bytes>) -> String {
    format!("{} {}", response.status().as_u16(), json(response)["error"]["code"].as_str().unwrap_or_default())
}

pub(crate) fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

pub(crate) fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// The location of a 202, with a version.
pub(crate) fn location(response: &Response<Bytes>) -> String {
    let url = header(response, "operation-location").or(header(response, "location")).unwrap();
    if url.contains('?') { url.to_owned() } else { format!("{url}?{VERSION}") }
}

/// The true statuses of the operations of the offer.
pub(crate) fn truth(portal: &Portal, now: u64) -> Vec<&'static str> {
    let truth = portal.truth("contoso", "contoso-offer", seconds(now));
    truth.into_iter().map(|(_, status)| status).collect()
}
