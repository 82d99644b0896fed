//! How long the service asks to wait: any headers.
//!
//! The wait is at most an hour, and a plain number means what it says. A machine that is told to wait does so, but never beyond its
//! deadline.

use std::time::Duration;

use cancel_core::{Answer, BearerToken, Body, Cancellation, Step};
use http::{HeaderValue, Response, StatusCode};

use crate::expected::{HOUR, plain_wait};
use crate::input;
use crate::settings::Settings;

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

/// The first poll comes after the wait of the 202, or after the policy's where that is longer, or at the deadline.
fn check_machine(mut response: Response<Body>, wait: Option<Duration>) {
    *response.status_mut() = StatusCode::ACCEPTED;
    response.headers_mut().remove("operation-location");
    response.headers_mut().insert("location", HeaderValue::from_static("/api/operations/a$b$2$preview"));
    let settings = Settings::read("until=settled deadline=1800000");
    let start = Duration::from_secs(1_000_000);
    let mut machine = Cancellation::new(settings.endpoint(), settings.request(), settings.policy(), start);
    machine.provide_token(BearerToken::new("a-canary-token").unwrap());
    let Step::Send(exchange) = machine.step(start) else { panic!("nothing to send") };
    machine.handle_response(start, exchange.id, response).unwrap();
    let Step::WaitUntil(when) = machine.step(start) else { panic!("no wait") };
    let expected = wait.unwrap_or_default().max(settings.poll).min(settings.deadline);
    assert_eq!(when - start, expected);
}
