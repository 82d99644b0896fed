//! Requests and answers of a test's conversation with a portal.

use std::time::Duration;

use bytes::Bytes;
use cancel_core::testing::portal::{Offer, Portal, PublishOperation};
use http::{Request, Response};
use serde_json::Value;

pub(crate) const TOKEN: &str = "a.token.of-a-test";
pub(crate) const ID: &str = "56615b67-2185-49fe-80d2-c4ddf77bb2e8";
pub(crate) const OTHER: &str = "0d5ad2c2-2f7e-4f4c-9a25-3c5d3a9f9b11";
pub(crate) const OFFER: &str = "/api/publishers/contoso/offers/contoso-offer";
pub(crate) const VERSION: &str = "api-version=2017-10-31";

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn contoso() -> Offer {
    Offer::new("contoso", "contoso-offer")
}

pub(crate) fn portal(offer: Offer) -> Portal {
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None).add_offer(offer);
    portal
}

pub(crate) fn get(url: &str) -> Request<&'static str> {
    request("GET", url).body("").unwrap()
}

pub(crate) fn post(url: &str) -> Request<&'static str> {
    request("POST", url).header("Content-Length", "0").body("").unwrap()
}

pub(crate) fn request(method: &str, url: &str) -> http::request::Builder {
    Request::builder().method(method).uri(url).header("Authorization", format!("Bearer {TOKEN}"))
}

pub(crate) fn cancel_url() -> String {
    format!("{OFFER}/cancel?{VERSION}")
}

pub(crate) fn operation_url(id: &str) -> String {
    format!("{OFFER}/operations/{id}?{VERSION}")
}

pub(crate) fn list_url(filter: &str) -> String {
    format!("{OFFER}/submissions/?{VERSION}{filter}")
}

/// Posts a cancel without a body.
pub(crate) fn cancel(portal: &mut Portal, now: Duration) -> Response<Bytes> {
    portal.handle(now, post(&cancel_url()))
}

pub(crate) fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// The member `status` of the operation at a URL.
pub(crate) fn status(portal: &mut Portal, now: Duration, url: &str) -> String {
    let response = portal.handle(now, get(url));
    assert_eq!(response.status(), 200, "{url}");
    json(&response)["status"].as_str().unwrap().to_owned()
}

pub(crate) fn code(response: &Response<Bytes>) -> String {
    json(response)["error"]["code"].as_str().unwrap().to_owned()
}

pub(crate) fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// Where the 202 of a migrated offer says that the cancel operation is.
pub(crate) fn location(response: &Response<Bytes>) -> String {
    header(response, "location").unwrap().to_owned()
}

/// What `truth` says of the one operation of the offer.
pub(crate) fn truth(portal: &Portal, now: Duration) -> &'static str {
    let truth = portal.truth("contoso", "contoso-offer", now);
    assert_eq!(truth.len(), 1);
    truth[0].1
}

/// An offer with an endless publish, whose cancel works at once, and a publisher of someone else.
pub(crate) fn publishing() -> Portal {
    let mut portal = portal(contoso().operation(PublishOperation::new(ID)));
    portal.add_foreign_publisher("fabrikam");
    portal
}

/// It is refused with this status and code, and nothing is canceled.
#[track_caller]
pub(crate) fn refused(request: Request<&str>, status: u16, code_expected: &str) {
    let what = format!("{} {}", request.method(), request.uri());
    let mut portal = publishing();
    let response = portal.handle(seconds(0), request);
    assert_eq!((response.status().as_u16(), code(&response).as_str()), (status, code_expected), "{what}");
    assert_eq!(truth(&portal, seconds(9_999)), "running", "{what}");
    assert!(header(&response, "x-ms-request-id").is_some());
}
