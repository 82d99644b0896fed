//! What the service refuses before it reads what the request is for.
//!
//! Each check is one documented reason for a refusal. No check changes anything, and no answer repeats a part of the
//! request.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, IF_MATCH};
use http::request::Parts;
use http::uri::Uri;
use http::{HeaderMap, Method};

use super::answer::Refusal;
use super::generation::API_VERSION;
use super::route::query_values;

const MISDIRECTED: Refusal = Refusal::new(421, "MisdirectedRequest", "The request was meant for another origin.");
const NO_LENGTH: Refusal = Refusal::new(411, "LengthRequired", "A request of this method needs a Content-Length.");
const WRONG_LENGTH: Refusal = Refusal::new(400, "InvalidLength", "Content-Length is not the length of the body.");
const UNAUTHORIZED: Refusal = Refusal::new(401, "Unauthorized", "A valid bearer token is needed.");
const NO_VERSION: Refusal =
    Refusal::new(400, "InvalidAPIVersion", "The query needs one api-version, of a supported version.");
const NO_IF_MATCH: Refusal = Refusal::new(400, "MissingIfMatch", "The request needs an If-Match header.");
const STALE: Refusal = Refusal::new(412, "PreconditionFailed", "The ETag of If-Match is not the current one.");

/// A request that names an origin must name the portal's. A token that is sent elsewhere is a leak.
pub(super) fn origin(uri: &Uri, origin: &str) -> Result<(), Refusal> {
    let own = origin.parse().ok().and_then(|own| origin_of(&own));
    let is_own = uri.authority().is_none() || (own.is_some() && origin_of(uri) == own);
    if is_own { Ok(()) } else { Err(MISDIRECTED) }
}

/// Scheme, host and port; `None` with user info, or without a scheme that has a default port.
fn origin_of(uri: &Uri) -> Option<(String, String, u16)> {
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    let default = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    Some((scheme, authority.host().to_ascii_lowercase(), uri.port_u16().unwrap_or(default)))
}

/// A POST has a length, and every length is right.
pub(super) fn length(parts: &Parts, body: &[u8]) -> Result<(), Refusal> {
    let mut lengths = parts.headers.get_all(CONTENT_LENGTH).iter();
    match (lengths.next(), lengths.next()) {
        (None, _) if parts.method == Method::POST => Err(NO_LENGTH),
        (None, _) => Ok(()),
        (Some(length), None) if length.as_bytes() == body.len().to_string().as_bytes() => Ok(()),
        (Some(_), _) => Err(WRONG_LENGTH),
    }
}

/// The one `Authorization` is `Bearer` and a token that is valid.
pub(super) fn token(headers: &HeaderMap, is_valid: impl FnOnce(&str) -> bool) -> Result<(), Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(UNAUTHORIZED);
    };
    match value.to_str().ok().and_then(|value| value.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && is_valid(token) => Ok(()),
        _ => Err(UNAUTHORIZED),
    }
}

/// Exactly one `api-version`: one that was added to a URL that had it is wrong too.
pub(super) fn api_version(query: &str) -> Result<(), Refusal> {
    if query_values(query, "api-version") == [API_VERSION] { Ok(()) } else { Err(NO_VERSION) }
}

/// The `If-Match` of a cancel, for offers that need it. One ETag or `*`, no lists.
pub(super) fn if_match(headers: &HeaderMap, etag: Option<&str>) -> Result<(), Refusal> {
    let Some(etag) = etag else {
        return Ok(());
    };
    match headers.get(IF_MATCH).map(http::HeaderValue::as_bytes) {
        None => Err(NO_IF_MATCH),
        Some(value) if value == b"*" || value == etag.as_bytes() => Ok(()),
        Some(_) => Err(STALE),
    }
}
