//! One exchange over ureq, with the settings on which the protocol depends.

use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use cancel_core::{Body, Exchange, Failure};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use ureq::config::ConfigBuilder;
use ureq::typestate::HttpCrateScope;
use ureq::{Agent, AsSendBody};

use crate::failure::failure;

/// The most memory that is reserved for a body before any of it has arrived, in bytes.
const ROOM: u64 = 64 * 1024;
/// Cap: ureq panics when `now + timeout` overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Sends a request once, and reads its answer up to the limit.
pub(crate) fn exchange(agent: &Agent, exchange: Exchange, through_proxy: bool) -> Result<Response<Body>, Failure> {
    let (mut head, body) = exchange.request.into_parts();
    if !exchange.keep_alive {
        head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let timeout = exchange.timeout.min(LONGEST);
    let response = if body.is_empty() {
        // The head already has the length of an empty POST.
        send(agent, Request::from_parts(head, ()), timeout, through_proxy)
    } else {
        send(agent, Request::from_parts(head, body.to_vec()), timeout, through_proxy)
    };
    let response = response.map_err(|error| failure(&error))?;
    let (head, body) = response.into_parts();
    let body = if is_readable(&head) { read(body, exchange.body_limit) } else { Body::CutOff(Bytes::new()) };
    let body = match body {
        // Up to the close, or up to a reset or a cut below TLS: ureq hides which.
        Body::Complete(bytes) if may_go_on(&bytes) && !is_delimited(&head) => Body::CutOff(bytes),
        body => body,
    };
    Ok(Response::from_parts(head, body))
}

/// Whether the body is what the service means: in the transfer coding `chunked`, which ureq decodes, or in none. ureq
/// takes a list that contains `chunked` for chunks alone, in any order, and ignores all codings in HTTP/1.0. RFC 9112
/// §6.1 and §6.3 read these bodies otherwise. Such bytes can be JSON by chance.
fn is_readable(head: &Parts) -> bool {
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
    codings
        .next()
        .is_none_or(|first| head.version == Version::HTTP_11 && first.as_bytes().eq_ignore_ascii_case(b"chunked"))
        && codings.next().is_none()
}

/// Whether a body can be the beginning of a longer one, although it is empty or JSON: it is blank, a number or a word.
fn may_go_on(body: &[u8]) -> bool {
    body.trim_ascii_end().last().is_none_or(u8::is_ascii_alphanumeric)
}

/// Whether the head tells where the body ends. A 204 has none.
fn is_delimited(head: &Parts) -> bool {
    head.status == StatusCode::NO_CONTENT
        || head.headers.contains_key(CONTENT_LENGTH)
        || head.headers.contains_key(TRANSFER_ENCODING)
}

fn send<S: AsSendBody>(
    agent: &Agent,
    request: Request<S>,
    timeout: Duration,
    through_proxy: bool,
) -> Result<Response<ureq::Body>, ureq::Error> {
    let config: ConfigBuilder<HttpCrateScope<S>> = agent.configure_request(request);
    let config = config
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .accept("")
        .accept_encoding("")
        .timeout_global(Some(timeout))
        // Shorter than the whole: a host that does not answer must be reported as not sent, not as timed out.
        .timeout_resolve(Some(timeout * 3 / 4))
        .timeout_connect(Some(timeout * 3 / 4));
    let config = if through_proxy { config } else { config.proxy(None) };
    agent.run(config.build())
}

/// Reads at most one byte above the limit, to tell whether the body is longer.
fn read(body: ureq::Body, limit: usize) -> Body {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // `Content-Length` is not trusted: the buffer grows only when more has arrived.
    let expected = body.content_length().unwrap_or(0).min(most).min(ROOM);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    let read = body.into_with_config().limit(u64::MAX).reader().take(most).read_to_end(&mut bytes);
    let arrived = bytes.len();
    let bytes = bytes.into();
    match read {
        _ if arrived > limit => Body::TooLarge(bytes),
        Ok(_) => Body::Complete(bytes),
        Err(_) => Body::CutOff(bytes),
    }
}
