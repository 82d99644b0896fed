//! Any value of a location header, against any endpoint, as the answer to a call of any URL.
//!
//! What is accepted is on the endpoint's origin as two parsers read it, and so is the request that is made of it; it is
//! called as it was named; it can be written down and read again. What is refused is called invalid or foreign, and a plain
//! path is not refused.
//!
//! The input: the endpoint on the first line, the called URL or path on the second, and the value.

use http::Uri;
use url::Url;

use super::expected::check_error;
use super::input::line;
use super::origin::Origin;
use crate::codec::{GetOperation, LocationKind, OperationLocation};
use crate::values::{BearerToken, Endpoint, OperationId, PublisherId};

const PRODUCTION: &str = "https://cloudpartner.azure.com";

/// Reads a location.
pub fn location(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (first, rest) = line(text.as_bytes());
    let (second, value) = line(rest);
    let [first, second, value] = [first, second, value].map(|part| std::str::from_utf8(part).unwrap());
    let (endpoint, origin) = match Endpoint::new(first) {
        Ok(endpoint) => (endpoint, first),
        Err(_) => (Endpoint::default(), PRODUCTION),
    };
    let origin = Origin::by_url(origin).expect("an endpoint is a URL with a host and a port");
    origin.check_is_safe();
    let called: Uri = second.parse().unwrap_or_default();
    match OperationLocation::parse(&endpoint, &called, value) {
        Ok(location) => check_accepted(&endpoint, &origin, &location, value),
        Err(error) => {
            check_error(&error);
            assert!(matches!(error.kind(), "invalid_location" | "foreign_location"), "{}", error.kind());
            let at_home = called.host().is_none() || Origin::by_http(&called).is_some_and(|called| called == origin);
            assert!(!at_home || !is_plain_path(value), "{value:?} is refused: {error}");
        }
    }
}

fn check_accepted(endpoint: &Endpoint, origin: &Origin, location: &OperationLocation, value: &str) {
    origin.check(location.url());
    for hidden in ["@", "\\", "\t", "\r", "\n", "\0", " "] {
        let place = value.trim_matches([' ', '\t']).split(['?', '#']).next().unwrap_or_default();
        let after_authority = place.find("://").and_then(|at| place[at + 3..].find('/').map(|slash| at + 3 + slash));
        let authority = &place[..after_authority.unwrap_or(if place.contains("://") { place.len() } else { 0 })];
        assert!(!authority.contains(hidden), "{value:?} hides {hidden:?} before its path");
    }
    let token = BearerToken::new("a-canary-token").unwrap();
    let request = GetOperation::at(location.clone()).to_http(endpoint, &token);
    origin.check(request.uri());
    check_is_called_as_named(endpoint, location, request.uri());

    let again = OperationLocation::parse(endpoint, &Uri::default(), &location.to_string());
    assert_eq!(again.as_ref().ok(), Some(location), "printed and read again");
    check_parts(endpoint, location);
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

/// What is understood of a path is said by it, and names the same when it is written down.
fn check_parts(endpoint: &Endpoint, location: &OperationLocation) {
    let path = match location.kind() {
        LocationKind::Migrated { publisher, offer, operation } => {
            format!("/api/publishers/{publisher}/offers/{offer}/operations/{operation}")
        }
        LocationKind::NonMigrated { publisher, offer, version, slot } => {
            assert!(!version.contains(['$', '/']) || location.url().path().contains('%'), "{version}");
            let written = |part: &str| {
                percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string()
            };
            format!("/api/operations/{publisher}${offer}${}${}", written(&version), written(&slot))
        }
        LocationKind::Other => return,
    };
    let rebuilt = OperationLocation::parse(endpoint, &Uri::default(), &path);
    // A part with dots alone is a part of a location, and not a path.
    if let Ok(rebuilt) = rebuilt {
        assert_eq!(rebuilt.kind(), location.kind(), "parts that were written down and read again");
    }
}

/// A path of ids and nothing else: nobody may refuse it.
fn is_plain_path(value: &str) -> bool {
    let Some(path) = value.strip_prefix('/') else {
        return false;
    };
    let id = |segment: &str| PublisherId::new(segment).is_ok() && OperationId::new(segment).is_ok();
    path.len() < 8000 && path.split('/').all(|segment| id(&segment.replacen('$', "", 3)))
}
