//! Where the service says to look, proven to be on the endpoint's origin before anything is sent there.
//!
//! Rule 1: a location is refused when it has another scheme, host or port, user info, control bytes or a backslash,
//! begins with `//`, has a scheme without `//`, or dot segments. What is left is read by `url` and compared, and the
//! request is built from the *endpoint's* scheme and authority: nothing of the text but its path and query is used.

use std::borrow::Cow;
use std::fmt;

use http::Uri;
use percent_encoding::percent_decode_str;

use crate::error::Error;
use crate::report::Problem;
use crate::values::{Endpoint, OfferId, OperationId, PublisherId};

/// Far above any location that was seen, far below the limit of a URI.
const MAX_LENGTH: usize = 8192;

/// Where to look for an operation: a URL on the endpoint's origin (cancel page, "Response header").
///
/// ```
/// # use cancel_core::{Endpoint, LocationKind, OperationLocation};
/// let endpoint = Endpoint::default();
/// let called = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel".parse()?;
/// let header = "/api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31";
/// let location = OperationLocation::parse(&endpoint, &called, header)?;
/// assert_eq!(location.to_string(), format!("https://cloudpartner.azure.com{header}"));
/// assert!(matches!(location.kind(), LocationKind::NonMigrated { slot, .. } if slot == "preview"));
///
/// let elsewhere = OperationLocation::parse(&endpoint, &called, "https://evil.example/api");
/// assert_eq!(elsewhere.unwrap_err().kind(), "foreign_location");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OperationLocation(Uri);

/// What a location's path says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LocationKind {
    /// `/api/publishers/<publisher>/offers/<offer>/operations/<operation>`: the form of 2018, and of migrated offers.
    Migrated {
        /// The publisher's id.
        publisher: PublisherId,
        /// The offer's id.
        offer: OfferId,
        /// The operation's id.
        operation: OperationId,
    },
    /// `/api/operations/<publisher>$<offer>$<version>$<slot>`: the form of non-migrated offers.
    NonMigrated {
        /// The publisher's id.
        publisher: PublisherId,
        /// The offer's id; for a publish, a GUID.
        offer: OfferId,
        /// Only `2` is documented.
        version: String,
        /// Only `preview` is documented.
        slot: String,
    },
    /// The endpoint's origin and any other path: it can be called all the same.
    Other,
}

impl LocationKind {
    /// One stable word for logs: `migrated`, `non_migrated` or `other`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Migrated { .. } => "migrated",
            Self::NonMigrated { .. } => "non_migrated",
            Self::Other => "other",
        }
    }
}

impl OperationLocation {
    /// Reads the value of an `Operation-Location` or `Location` header, or of the body's member. A relative one
    /// resolves against `called`, the URL whose answer named it.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignLocation`] when it points to another origin than the endpoint's, [`Error::InvalidLocation`] when
    /// it is not a location at all or hides something.
    pub fn parse(endpoint: &Endpoint, called: &Uri, value: &str) -> Result<Self, Error> {
        Self::read(endpoint, called, value).map_err(Error::from)
    }

    pub(crate) fn read(endpoint: &Endpoint, called: &Uri, value: &str) -> Result<Self, Problem> {
        let value = value.trim_matches([' ', '\t']);
        resolve(endpoint, called, value).map_err(|refusal| refusal.into_problem(endpoint, value))
    }

    /// The URL as the service named it, made absolute, without a fragment.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.0
    }

    /// What its path says.
    #[must_use]
    pub fn kind(&self) -> LocationKind {
        kind_of(self.0.path()).unwrap_or(LocationKind::Other)
    }

    /// The path and query to call: as the service named them, with the endpoint's api-version where there is none.
    pub(super) fn path_and_query(&self, endpoint: &Endpoint) -> String {
        let named = self.0.path_and_query().map_or("/", |path_and_query| path_and_query.as_str());
        match self.0.query() {
            Some(query) if has_api_version(query) => named.to_owned(),
            Some("") => format!("{named}api-version={}", endpoint.api_version()),
            Some(_) => format!("{named}&api-version={}", endpoint.api_version()),
            None => format!("{named}?api-version={}", endpoint.api_version()),
        }
    }
}

impl fmt::Display for OperationLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn has_api_version(query: &str) -> bool {
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or(pair));
    names.map(decoded).any(|name| name.is_some_and(|name| name.eq_ignore_ascii_case("api-version")))
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

fn kind_of(path: &str) -> Option<LocationKind> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<_> = path.split('/').map(decoded).collect::<Option<_>>()?;
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let named = |given: &str, name: &str| given.eq_ignore_ascii_case(name);
    match *segments.as_slice() {
        [api, publishers, publisher, offers, offer, operations, operation]
            if named(api, "api")
                && named(publishers, "publishers")
                && named(offers, "offers")
                && named(operations, "operations") =>
        {
            Some(LocationKind::Migrated {
                publisher: PublisherId::new(publisher).ok()?,
                offer: OfferId::new(offer).ok()?,
                operation: OperationId::new(operation).ok()?,
            })
        }
        [api, operations, parts] if named(api, "api") && named(operations, "operations") => {
            let parts: Vec<_> = parts.split('$').collect();
            match *parts.as_slice() {
                [publisher, offer, version, slot] if !version.is_empty() && !slot.is_empty() => {
                    Some(LocationKind::NonMigrated {
                        publisher: PublisherId::new(publisher).ok()?,
                        offer: OfferId::new(offer).ok()?,
                        version: version.to_owned(),
                        slot: slot.to_owned(),
                    })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Why a location will not be called.
enum Refusal {
    /// Its form alone says so; where it points is still to be found out.
    Form(&'static str),
    /// It is well formed and points elsewhere.
    Foreign,
}

impl Refusal {
    fn into_problem(self, endpoint: &Endpoint, value: &str) -> Problem {
        let shown = super::json::legible(value, 200);
        // A browser would strip, fold and decode its way to some host: the name of the refusal is for where that is.
        let foreign = match self {
            Self::Foreign => true,
            Self::Form(_) => endpoint.resolve_leniently(value).is_some_and(|url| !endpoint.owns(&url)),
        };
        match (foreign, self) {
            (true, _) => Problem::new(Error::ForeignLocation, format!("{shown:?} is not on {endpoint}")),
            (false, Self::Form(why)) => Problem::new(Error::InvalidLocation, format!("{shown:?} {why}")),
            (false, Self::Foreign) => Problem::new(Error::InvalidLocation, format!("{shown:?} is refused")),
        }
    }
}

fn resolve(endpoint: &Endpoint, called: &Uri, value: &str) -> Result<OperationLocation, Refusal> {
    if value.len() > MAX_LENGTH {
        return Err(Refusal::Form("is longer than 8 KiB"));
    }
    if !value.bytes().all(is_uri_byte) {
        return Err(Refusal::Form("holds a character that a URL does not have"));
    }
    let reference = value.split('#').next().unwrap_or(value);
    let (url, path_and_query) = match split_scheme(reference) {
        Some((_, rest)) => {
            let Some(rest) = rest.strip_prefix("//") else {
                return Err(Refusal::Form("has a scheme without \"//\""));
            };
            let (authority, path_and_query) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            if authority.contains('@') {
                return Err(Refusal::Form("holds user info"));
            }
            (Cow::Borrowed(reference), with_root(path_and_query))
        }
        None if reference.starts_with("//") => return Err(Refusal::Form("begins with \"//\"")),
        None if reference.is_empty() => return Err(Refusal::Form("names nothing")),
        None => {
            let base = called.scheme_str().zip(called.authority());
            let path_and_query = relative_to(called, reference);
            let url = match base {
                Some((scheme, authority)) => format!("{scheme}://{authority}{path_and_query}"),
                None => format!("{endpoint}{path_and_query}"),
            };
            (Cow::Owned(url), path_and_query)
        }
    };
    // What a relative one is joined to was not written by the service, and passes the same checks.
    if !path_and_query.bytes().all(is_uri_byte) {
        return Err(Refusal::Form("is joined to a path with a character that a URL does not have"));
    }
    check_path(path_and_query.split('?').next().unwrap_or_default())?;
    let read = url::Url::parse(&url).map_err(|_| Refusal::Form("is not a URL"))?;
    if !endpoint.owns(&read) {
        return Err(Refusal::Foreign);
    }
    let path_and_query = path_and_query.into_owned();
    endpoint.uri(path_and_query).map(OperationLocation).ok_or(Refusal::Form("is read in two ways by two parsers"))
}

/// The characters of RFC 3986, and so neither a control byte nor a backslash.
fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// The scheme of an absolute reference, and what follows its colon.
fn split_scheme(reference: &str) -> Option<(&str, &str)> {
    let (before, rest) = reference.split_once(':')?;
    (!before.contains(['/', '?'])).then_some((before, rest))
}

fn with_root(path_and_query: &str) -> Cow<'_, str> {
    if path_and_query.starts_with('/') {
        Cow::Borrowed(path_and_query)
    } else {
        Cow::Owned(format!("/{path_and_query}"))
    }
}

/// RFC 3986, section 5.2.2, for a reference without a scheme, an authority or dot segments.
fn relative_to<'a>(called: &Uri, reference: &'a str) -> Cow<'a, str> {
    if reference.starts_with('/') {
        return Cow::Borrowed(reference);
    }
    let path = called.path();
    if reference.starts_with('?') {
        return Cow::Owned(format!("{path}{reference}"));
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Cow::Owned(format!("{folder}/{reference}"))
}

/// Nothing in a path, decoded or not, that a server or a proxy on the way would act on.
fn check_path(path: &str) -> Result<(), Refusal> {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    if decoded.contains(|c: char| c.is_control() || c == '\\') {
        return Err(Refusal::Form("hides a control byte or a backslash"));
    }
    if decoded.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(Refusal::Form("has dot segments"));
    }
    Ok(())
}
