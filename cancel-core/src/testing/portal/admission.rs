//! What the service refuses before it looks at what is asked.
//!
//! Each check is one documented reason for a refusal. None of them changes anything, and none repeats a part
//! of the request in its answer.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, IF_MATCH};
use http::request::Parts;
use http::uri::Uri;
use http::{HeaderMap, Method};

use super::answer::Refusal;
use super::generation::API_VERSION;
use super::offer::IfMatch;
use super::route::query_values;

const MISDIRECTED: Refusal = Refusal::new(421, "MisdirectedRequest", "The request was meant for another origin.");
const NO_LENGTH: Refusal = Refusal::new(411, "LengthRequired", "A request of this method needs a Content-Length.");
const WRONG_LENGTH: Refusal = Refusal::new(400, "InvalidLength", "Content-Length is not the length of the body.");
const UNAUTHORIZED: Refusal = Refusal::new(401, "Unauthorized", "A valid bearer token is needed.");
const NO_VERSION: Refusal =
    Refusal::new(400, "InvalidAPIVersion", "The query needs one api-version, of a supported version.");
const NO_IF_MATCH: Refusal = Refusal::new(400, "MissingIfMatch", "The request needs an If-Match header.");
const STALE: Refusal = Refusal::new(412, "PreconditionFailed", "The ETag of If-Match is not the current one.");

/// A request that names an origin must name the portal's: a token for another host is a leak.
pub(super) fn origin(uri: &Uri, origin: &str) -> Result<(), Refusal> {
    if uri.authority().is_none() || (place(uri).is_some() && place(uri) == origin.parse().ok().and_then(|o| place(&o)))
    {
        Ok(())
    } else {
        Err(MISDIRECTED)
    }
}

/// Scheme, host and port; `None` with user info, or without a scheme that has a default port.
fn place(uri: &Uri) -> Option<(String, String, u16)> {
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    let default = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    Some((scheme, authority.host().to_ascii_lowercase(), uri.port_u16().unwrap_or(default)))
}

/// A POST says how long its body is, and whoever says it must be right.
pub(super) fn length(parts: &Parts, body: &[u8]) -> Result<(), Refusal> {
    let mut lengths = parts.headers.get_all(CONTENT_LENGTH).iter();
    match (lengths.next(), lengths.next()) {
        (None, _) if parts.method == Method::POST => Err(NO_LENGTH),
        (None, _) => Ok(()),
        (Some(length), None) if length.as_bytes() == body.len().to_string().as_bytes() => Ok(()),
        (Some(_), _) => Err(WRONG_LENGTH),
    }
}

/// The token of the one `Authorization: Bearer …`, for the portal to compare.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(UNAUTHORIZED);
    };
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(UNAUTHORIZED)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token) } else { Err(UNAUTHORIZED) }
}

/// The answer to a token that is unknown or no longer valid.
pub(super) fn known(is_valid: bool) -> Result<(), Refusal> {
    if is_valid { Ok(()) } else { Err(UNAUTHORIZED) }
}

/// Exactly one `api-version`: one that was added to a URL that had it is wrong too.
pub(super) fn api_version(query: &str) -> Result<(), Refusal> {
    if query_values(query, "api-version") == [API_VERSION] { Ok(()) } else { Err(NO_VERSION) }
}

/// `If-Match`, for offers that ask for it. One ETag or `*`, no lists.
pub(super) fn if_match(headers: &HeaderMap, required: Option<&IfMatch>, is_cancel: bool) -> Result<(), Refusal> {
    let Some(required) = required.filter(|required| is_cancel || required.on_every_call) else {
        return Ok(());
    };
    match headers.get(IF_MATCH).map(http::HeaderValue::as_bytes) {
        None => Err(NO_IF_MATCH),
        Some(etag) if etag == b"*" || etag == required.etag.as_bytes() => Ok(()),
        Some(_) => Err(STALE),
    }
}
