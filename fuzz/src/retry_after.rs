//! How long the service asks to wait: any headers.
//!
//! The wait is bounded by an hour, plain numbers are what they say, and a machine that is told to wait does so, and never
//! beyond its deadline.

use std::time::Duration;

use http::Response;

use super::expected::{HOUR, plain_wait};
use super::input;
use crate::codec::{Answer, CancelRequest};
use crate::machine::{Body, Cancellation, Policy, Step, Until};
use crate::values::{BearerToken, Endpoint, OfferId, PublisherId};

const DEADLINE: Duration = Duration::from_secs(1800);

/// Reads headers.
pub fn retry_after(data: &[u8]) {
    let (headers, _) = input::headers(data);
    let mut response = Response::new(Body::from(""));
    *response.headers_mut() = headers;
    let wait = Answer::from_http(&response.clone().map(|_| "")).retry_after();
    assert!(wait.is_none_or(|wait| wait <= HOUR), "a wait of {wait:?}");
    let plain = plain_wait(response.headers());
    assert!(plain.is_none() || plain == wait, "{plain:?} was asked for, not {wait:?}");
    let asks = ["retry-after", "retry-after-ms", "x-ms-retry-after-ms"]
        .iter()
        .any(|name| response.headers().contains_key(*name));
    assert!(asks || wait.is_none(), "a wait that nobody asked for");
    check_machine(response, wait);
}

/// The first look comes after the wait of the 202, or after the policy's where that is longer; or the deadline does.
fn check_machine(mut response: Response<Body>, wait: Option<Duration>) {
    *response.status_mut() = http::StatusCode::ACCEPTED;
    response.headers_mut().remove("operation-location");
    response.headers_mut().insert("location", http::HeaderValue::from_static("/api/operations/a$b$2$preview"));
    let request = CancelRequest::new(PublisherId::new("a").unwrap(), OfferId::new("b").unwrap());
    let policy = Policy::default().until(Until::Settled).deadline(DEADLINE).jitter_percent(0);
    let start = Duration::from_secs(1_000_000);
    let mut machine = Cancellation::new(Endpoint::default(), request, policy, start);
    machine.provide_token(BearerToken::new("a-canary-token").unwrap());
    let Step::Send(exchange) = machine.step(start) else { panic!("nothing to send") };
    machine.handle_response(start, exchange.id, response).unwrap();
    let Step::WaitUntil(when) = machine.step(start) else { panic!("no wait") };
    let expected = wait.unwrap_or_default().max(Duration::from_secs(1)).min(DEADLINE);
    assert_eq!(when - start, expected);
}
