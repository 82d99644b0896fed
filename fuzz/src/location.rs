//! Any value of a location header, against any endpoint, as the answer to a call of any URL.
//!
//! An accepted location is on the endpoint's origin as two parsers read it, and so is the request that is made of it.
//! It is called as it was named, and it is the same when it is printed and read again. A refusal says that it is
//! invalid or foreign. A plain path is not refused.
//!
//! The input has the endpoint on the first line, the called URL or path on the second, and then the value.

use cancel_core::{BearerToken, Endpoint, ErrorKind, GetOperation, LocationKind, OperationId, OperationLocation};
use http::Uri;
use url::Url;

use crate::expected::check_error;
use crate::origin::Origin;
use crate::request::is_origin;

const PRODUCTION: &str = "https://cloudpartner.azure.com";

/// Reads a location.
pub fn location(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let (second, value) = rest.split_once('\n').unwrap_or((rest, ""));
    let (endpoint, origin) = match Endpoint::new(first) {
        Ok(endpoint) => {
            assert!(is_origin(first), "{first:?} is let through");
            (endpoint, first)
        }
        Err(_) => (Endpoint::default(), PRODUCTION),
    };
    let origin = Origin::by_url(origin).expect("an endpoint is a URL with a host and a port");
    origin.check_is_safe();
    let called: Uri = second.parse().unwrap_or_default();
    match OperationLocation::parse(&endpoint, &called, value) {
        Ok(location) => check_accepted(&endpoint, &origin, &location, (&called, value)),
        Err(error) => {
            check_error(&error);
            let kind = error.kind();
            assert!(matches!(kind, ErrorKind::InvalidLocation | ErrorKind::ForeignLocation), "{kind}");
            let at_home = called.host().is_none() || Origin::by_http(&called).is_some_and(|called| called == origin);
            assert!(!at_home || !is_plain_path(value), "{value:?} is refused: {error}");
        }
    }
}

fn check_accepted(endpoint: &Endpoint, origin: &Origin, location: &OperationLocation, (called, value): (&Uri, &str)) {
    origin.check(location.url());
    check_is_named(origin, location, called, value);
    let token = BearerToken::new("a-canary-token").unwrap();
    let request = GetOperation::at(location.clone()).to_http(endpoint, &token);
    origin.check(request.uri());
    check_is_called_as_named(endpoint, location, request.uri());

    let again = OperationLocation::parse(endpoint, &Uri::default(), &location.to_string());
    assert_eq!(again.as_ref().ok(), Some(location), "printed and read again");
    check_parts(location);
}

/// The value itself is on the origin when it is joined to the called URL as a browser joins it, and it hides nothing.
fn check_is_named(origin: &Origin, location: &OperationLocation, called: &Uri, value: &str) {
    let value = value.trim_matches([' ', '\t']);
    let has_origin = called.scheme().is_some() && called.authority().is_some();
    // A called path is taken for one of the endpoint, and the location is on the endpoint.
    let base = if has_origin { called } else { location.url() };
    if let Ok(mut base) = Url::parse(&base.to_string()) {
        // That is the caller's, and not in the location.
        if !base.username().is_empty() || base.password().is_some() {
            base.set_username("").and_then(|()| base.set_password(None)).expect("it has a host");
        }
        let joined = base.join(value).expect("what is accepted is a reference");
        assert_eq!(Origin::by_url(joined.as_str()).as_ref(), Some(origin), "{value:?} is not on the origin");
    }
    let place = value.split(['?', '#']).next().unwrap_or_default();
    let absolute = place.split_once("://").filter(|(scheme, _)| !scheme.contains('/'));
    let authority = absolute.and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
    assert!(!authority.contains(['@', '\\']) && !value.contains(char::is_control), "{value:?} hides something");
}

/// The path and query are the location's, with an api-version at the end where there was none.
fn check_is_called_as_named(endpoint: &Endpoint, location: &OperationLocation, called: &Uri) {
    let named = location.url().path_and_query().map_or("", |text| text.as_str());
    let added = called.path_and_query().and_then(|text| text.as_str().strip_prefix(named)).expect("it begins as named");
    let version = format!("api-version={}", endpoint.api_version());
    let read = Url::parse(&called.to_string()).unwrap();
    let versions = read.query_pairs().filter(|(name, _)| name.eq_ignore_ascii_case("api-version")).count();
    if added.is_empty() {
        assert!(versions > 0, "{called} has no api-version");
    } else {
        assert_eq!(added.trim_start_matches(['?', '&']), version);
        assert_eq!(versions, 1, "{called} has more than one api-version");
    }
    assert_eq!(read.path(), called.path(), "two readings of the path");
    assert!(called.to_string().find('#').is_none(), "a fragment is not sent");
}

/// The parts that are read from a path are all that it says.
fn check_parts(location: &OperationLocation) {
    let path = match location.kind() {
        LocationKind::Migrated { publisher, offer, operation } => {
            format!("/api/publishers/{publisher}/offers/{offer}/operations/{operation}")
        }
        LocationKind::NonMigrated { publisher, offer, version, slot } => {
            format!("/api/operations/{publisher}${offer}${version}${slot}")
        }
        _ => return,
    };
    let decoded = percent_encoding::percent_decode_str(location.url().path()).decode_utf8().expect("parts are texts");
    let all = [path.clone(), format!("{path}/")].iter().any(|path| path.eq_ignore_ascii_case(&decoded));
    assert!(all, "{path} is not what {decoded} says");
    for part in path.split(['/', '$']).filter(|part| !["api", "publishers", "offers", "operations"].contains(part)) {
        assert!(decoded.contains(part), "{part} is not in {decoded}");
    }
}

/// A path of ids and nothing else, which must not be refused.
fn is_plain_path(value: &str) -> bool {
    let is_id = |segment: &str| OperationId::new(segment.replacen('$', "", 3)).is_ok();
    value.len() < 8000 && value.strip_prefix('/').is_some_and(|path| path.split('/').all(is_id))
}
