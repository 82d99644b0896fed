//! Where the service says to look, proven to be on the endpoint's origin before anything is sent there.
//!
//! The token goes to the endpoint's origin and nowhere else. So a location is refused by its form when it has user info, control bytes or
//! a backslash, begins with `//`, has a scheme without `//`, or dot segments. Of what is left the scheme, host and port are compared with
//! the endpoint's: letter by letter, and only where they are written in another way, as `url` reads them. The request is built on the
//! *endpoint's* scheme and authority: nothing of the text but its path and query is used.

use std::borrow::Cow;
use std::fmt;

use http::Uri;
use http::uri::Authority;
use percent_encoding::percent_decode_str;
use url::Url;

use super::request::{cancel_path, uri};
use crate::error::{Error, ErrorKind};
use crate::values::{Endpoint, OfferId, OperationId, PublisherId};
use crate::wire::text::sanitize;

/// The longest path and query, in bytes: far above any location that was seen, far below the limit of a URI.
const MAX_LENGTH: usize = 8192;
const TOO_LONG: &str = "is longer than 8 KiB";

/// Where to look for an operation: a URL on the endpoint's origin ([cancel page](crate::guide::wire#sources), "Response header").
/// [`GetOperation::at`](crate::GetOperation::at) asks there.
///
/// ```
/// # use cancel_core::{Endpoint, ErrorKind, LocationKind, OperationLocation};
/// let endpoint = Endpoint::default();
/// let called = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel".parse()?;
/// let header = "/api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31";
/// let location = OperationLocation::parse(&endpoint, &called, header)?;
/// assert_eq!(location.to_string(), format!("https://cloudpartner.azure.com{header}"));
/// assert!(matches!(location.kind(), LocationKind::NonMigrated { slot, .. } if slot == "preview"));
///
/// let elsewhere = OperationLocation::parse(&endpoint, &called, "https://evil.example/api");
/// assert_eq!(elsewhere.unwrap_err().kind(), ErrorKind::ForeignLocation);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OperationLocation(Uri);

/// The URL whose answer names a location: a relative one resolves against it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BaseUrl<'a> {
    /// This URL, which may be another's than the endpoint's.
    Url(&'a Uri),
    /// The endpoint's, for the cancel of this offer. Few locations depend on its path.
    Cancel(&'a PublisherId, &'a OfferId),
}

impl<'a> BaseUrl<'a> {
    /// Its scheme and authority, where they may be others than the endpoint's.
    fn origin(self) -> Option<(&'a str, &'a str)> {
        match self {
            Self::Url(url) => url.scheme_str().zip(url.authority().map(Authority::as_str)),
            Self::Cancel(..) => None,
        }
    }

    fn path(self) -> Cow<'a, str> {
        match self {
            Self::Url(url) => Cow::Borrowed(url.path()),
            Self::Cancel(publisher, offer) => Cow::Owned(cancel_path(publisher, offer)),
        }
    }
}

/// What a location's path says. It is for people and logs: a location of any kind can be called.
///
/// Names in the path are compared without regard to case, percent-escapes are undone, and a slash at the end does not count. A path whose
/// ids are none of ours ([`OfferId`] and the others) is `Other`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
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
        /// The offer's id; where it is a publish's location, a GUID stands here.
        offer: OfferId,
        /// The version: only `2` is documented.
        version: String,
        /// The slot: only `preview` is documented.
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
    /// [`ErrorKind::ForeignLocation`] when it points to another origin than the endpoint's: another scheme, host or port.
    ///
    /// [`ErrorKind::InvalidLocation`] when its form is not one that is called: it is empty, has a character that no URL has (a control byte, a
    /// space, a backslash, `"`), user info, `//` at the beginning, a scheme without `//`, dot segments (`..` and `%2e%2e` alike), or
    /// more than 8 KiB. One that a browser would take to another host on top of that is a `ForeignLocation`.
    pub fn parse(endpoint: &Endpoint, called: &Uri, value: &str) -> Result<Self, Error> {
        Self::read(endpoint, BaseUrl::Url(called), value)
    }

    pub(crate) fn read(endpoint: &Endpoint, base: BaseUrl<'_>, value: &str) -> Result<Self, Error> {
        let value = value.trim_matches([' ', '\t']);
        resolve(endpoint, base, value).map_err(|refusal| refusal.into_error(endpoint, value))
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

    /// The URL to call: on the endpoint's origin, with the path and query that the service named, and with the endpoint's
    /// api-version where there is none.
    pub(super) fn to_call(&self, endpoint: &Endpoint) -> Uri {
        let named = self.0.path_and_query().map_or("/", |path_and_query| path_and_query.as_str());
        let version = endpoint.api_version().as_str();
        let path_and_query = match self.0.query() {
            Some(query) if has_api_version(query) && endpoint.built(&self.0) => return self.0.clone(),
            Some(query) if has_api_version(query) => named.to_owned(),
            Some("") => [named, "api-version=", version].concat(),
            Some(_) => [named, "&api-version=", version].concat(),
            None => [named, "?api-version=", version].concat(),
        };
        uri(endpoint, path_and_query)
    }
}

impl fmt::Display for OperationLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn has_api_version(query: &str) -> bool {
    let is_it = |name: &str| name.eq_ignore_ascii_case("api-version");
    let mut names = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
    names.any(|name| is_it(name) || decoded(name).is_some_and(|name| is_it(&name)))
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
    fn into_error(self, endpoint: &Endpoint, value: &str) -> Error {
        let shown = sanitize(value, 200);
        // A browser would strip, fold and decode its way to some host: the name of the refusal is for where that is.
        let foreign = match self {
            Self::Foreign => true,
            Self::Form(_) => endpoint.resolve_leniently(value).is_some_and(|url| !endpoint.owns(&url)),
        };
        match (foreign, self) {
            (true, _) => Error::new(ErrorKind::ForeignLocation, format!("{shown:?} is not on {endpoint}")),
            (false, Self::Form(why)) => Error::new(ErrorKind::InvalidLocation, format!("{shown:?} {why}")),
            (false, Self::Foreign) => Error::new(ErrorKind::InvalidLocation, format!("{shown:?} is refused")),
        }
    }
}

fn resolve(endpoint: &Endpoint, base: BaseUrl<'_>, value: &str) -> Result<OperationLocation, Refusal> {
    // The limit is for path and query. A whole URL may be longer by its origin, so that what was accepted without one is accepted again
    // as it is printed.
    if value.len() > MAX_LENGTH && value.len() > MAX_LENGTH + endpoint.to_string().len() {
        return Err(Refusal::Form(TOO_LONG));
    }
    if !is_of_uri_bytes(value) {
        return Err(Refusal::Form("holds a character that a URL does not have"));
    }
    let reference = value.split_once('#').map_or(value, |(reference, _)| reference);
    let (origin, path_and_query) = match split_scheme(reference) {
        Some((scheme, rest)) => {
            let Some(rest) = rest.strip_prefix("//") else {
                return Err(Refusal::Form("has a scheme without \"//\""));
            };
            let (authority, path_and_query) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            if authority.contains('@') {
                return Err(Refusal::Form("holds user info"));
            }
            (Some((scheme, authority)), with_root(path_and_query))
        }
        None if reference.starts_with("//") => return Err(Refusal::Form("begins with \"//\"")),
        None if reference.is_empty() => return Err(Refusal::Form("names nothing")),
        None => (base.origin(), relative_to(base, reference)),
    };
    // What a relative one is joined to was not written by the service. `http` lets more through there than `url` spells alike.
    if matches!(path_and_query, Cow::Owned(_)) && !is_of_uri_bytes(&path_and_query) {
        return Err(Refusal::Form("is joined to a path with a character that a URL does not have"));
    }
    check_path(path_and_query.split_once('?').map_or(&*path_and_query, |(path, _)| path))?;
    if let Some((scheme, authority)) = origin.filter(|(scheme, authority)| !endpoint.is_written(scheme, authority)) {
        let read = Url::parse(&format!("{scheme}://{authority}")).map_err(|_| Refusal::Form("is not a URL"))?;
        if !endpoint.owns(&read) {
            return Err(Refusal::Foreign);
        }
    }
    if path_and_query.len() > MAX_LENGTH {
        return Err(Refusal::Form(TOO_LONG));
    }
    let path_and_query = path_and_query.into_owned();
    endpoint.uri(path_and_query).map(OperationLocation).ok_or(Refusal::Form("is read in two ways by two parsers"))
}

/// Without a way out in the middle, so that the compiler looks at many bytes at a time.
fn is_of_uri_bytes(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & is_uri_byte(byte))
}

/// The characters of RFC 3986, and so neither a control byte nor a backslash.
fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// The scheme of an absolute reference, and what follows its colon.
fn split_scheme(reference: &str) -> Option<(&str, &str)> {
    let (before, rest) = reference.split_at(reference.find([':', '/', '?'])?);
    rest.strip_prefix(':').map(|rest| (before, rest))
}

fn with_root(path_and_query: &str) -> Cow<'_, str> {
    if path_and_query.starts_with('/') {
        Cow::Borrowed(path_and_query)
    } else {
        Cow::Owned(format!("/{path_and_query}"))
    }
}

/// RFC 3986, section 5.2.2, for a reference without a scheme, an authority or dot segments.
fn relative_to<'a>(base: BaseUrl<'_>, reference: &'a str) -> Cow<'a, str> {
    if reference.starts_with('/') {
        return Cow::Borrowed(reference);
    }
    let path = base.path();
    if reference.starts_with('?') {
        return Cow::Owned(format!("{path}{reference}"));
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Cow::Owned(format!("{folder}/{reference}"))
}

/// Nothing in a path, decoded or not, that a server or a proxy on the way would act on.
fn check_path(path: &str) -> Result<(), Refusal> {
    // The path of what was called may hold more than a location does.
    let plain = is_of_uri_bytes(path) && !path.contains('%');
    let decoded = if plain { Cow::Borrowed(path) } else { percent_decode_str(path).decode_utf8_lossy() };
    if !plain && decoded.contains(|c: char| c.is_control() || c == '\\') {
        return Err(Refusal::Form("hides a control byte or a backslash"));
    }
    // A path begins with a slash; most hold no dot after one.
    if decoded.contains("/.") && decoded.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(Refusal::Form("has dot segments"));
    }
    Ok(())
}
