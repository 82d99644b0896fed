//! One exchange over ureq, with the settings on which the protocol depends.

use std::io::Read;
use std::time::Duration;

use cancel_core::{Body, Exchange, Failure};
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
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
    Ok(response.map(|body| read(body, exchange.body_limit)))
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
        // Up to its end, or up to a reset or a cut below TLS: ureq hides which.
        Ok(_) => Body::Ended(bytes),
        Err(_) => Body::CutOff(bytes),
    }
}
