//! The location that the service names. It is proven to be on the endpoint's origin before anything is sent to it.
//!
//! The token must go to the endpoint's origin and nowhere else. First the form of a location is checked: it must not
//! have user info, control bytes, a backslash, `//` at the beginning, a scheme without `//`, or dot segments. Then
//! its scheme, host and port are compared with the endpoint's. When they are spelled in another way, `url` parses
//! them before the comparison. The request is built on the *endpoint's* scheme and authority. Only the path and query
//! come from the location.

use std::borrow::Cow;
use std::fmt;

use http::Uri;
use http::uri::Authority;
use percent_encoding::{percent_decode, percent_decode_str};
use url::Url;

use super::request::{cancel_path, uri};
use crate::error::{Error, ErrorKind};
use crate::values::{Endpoint, OfferId, OperationId, PublisherId};
use crate::wire::text::{sanitize, with_unseen_replaced};

/// The longest path and query, in bytes. Locations that were seen are far shorter. A URI may be far longer.
const MAX_LENGTH: usize = 8192;
const TOO_LONG: &str = "is longer than 8 KiB";
/// A longer authority is not parsed, which costs many times its length: a name has at most 253 characters.
const LONGEST_AUTHORITY: usize = 512;

/// The URL of an operation, on the endpoint's origin ([cancel page](crate::guide::wire#sources), "Response header").
/// [`GetOperation::at`](crate::GetOperation::at) polls it.
///
/// ```
/// # use cancel_core::{Endpoint, ErrorKind, OperationLocation};
/// let endpoint = Endpoint::default();
/// let called = "https://cloudpartner.azure.com/api/cancel".parse()?;
/// let header = "/api/operations/contoso$contoso-offer$2$preview";
/// let location = OperationLocation::parse(&endpoint, &called, header)?;
/// assert_eq!(location.to_string(), format!("https://cloudpartner.azure.com{header}"));
/// assert_eq!(location.kind().as_str(), "non_migrated");
///
/// let elsewhere = "https://evil.example/api";
/// let refused = OperationLocation::parse(&endpoint, &called, elsewhere).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::ForeignLocation);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OperationLocation {
    url: Uri,
    /// Whether the query names an api-version. It is asked for at each poll.
    has_api_version: bool,
}

/// The URL whose answer names a location. A relative location resolves against it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BaseUrl<'a> {
    /// This URL. It may be on another origin than the endpoint's.
    Url(&'a Uri),
    /// The URL of the cancel of this offer, on the endpoint's origin. It is made only when it is needed.
    Cancel(&'a PublisherId, &'a OfferId),
}

impl<'a> BaseUrl<'a> {
    /// Its scheme and authority. `None` when they are the endpoint's.
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

/// The form of a location's path. It is for people and logs: a location of any kind can be polled.
///
/// Names in the path are compared without regard to case. Percent-escapes are decoded. A slash at the end does not
/// count. A path with an id that [`OfferId`] and the others refuse is `Other`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LocationKind {
    /// `/api/publishers/<publisher>/offers/<offer>/operations/<operation>`: the form of the pages of 2018, and of
    /// migrated offers.
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
        /// The offer's id. In the location of a publish it is a GUID.
        offer: OfferId,
        /// The version. Only `2` is documented. Like the slot, it has U+FFFD for each character that a person would not
        /// see.
        version: String,
        /// The slot. Only `preview` is documented.
        slot: String,
    },
    /// Any other path.
    Other,
}

impl serde::Serialize for OperationLocation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;

        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("url", &self.to_string())?;
        map.serialize_entry("kind", self.kind().as_str())?;
        map.end()
    }
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
    /// Reads the value of an `Operation-Location` or `Location` header, or the location in a body. A relative
    /// location resolves against `called`, the URL of the request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignLocation`] when it is on another origin than the endpoint's: another scheme, host or port.
    ///
    /// [`ErrorKind::InvalidLocation`] when its form is not allowed: it is empty; it has a character that no URL has
    /// (a control byte, a space, a backslash, `"`); it has user info, `//` at the beginning, a scheme without `//`,
    /// or dot segments (`..` or `%2e%2e`); or its path and query are longer than 8 KiB. If a browser would also
    /// resolve it to another origin, the kind is `ForeignLocation`.
    pub fn parse(endpoint: &Endpoint, called: &Uri, value: &str) -> Result<Self, Error> {
        Self::read(endpoint, BaseUrl::Url(called), value)
    }

    pub(crate) fn read(endpoint: &Endpoint, base: BaseUrl<'_>, value: &str) -> Result<Self, Error> {
        let value = value.trim_matches([' ', '\t']);
        resolve(endpoint, base, value).map_err(|refusal| refusal.into_error(endpoint, value))
    }

    /// The URL that the service named: absolute, and without a fragment.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// The form of its path.
    #[must_use]
    pub fn kind(&self) -> LocationKind {
        kind_of(self.url.path()).unwrap_or(LocationKind::Other)
    }

    /// The id of the operation, where it is one of this offer in the migrated form.
    pub(crate) fn operation_of(&self, publisher: &PublisherId, offer: &OfferId) -> Option<OperationId> {
        let pieces = ["/api/publishers/", publisher.as_str(), "/offers/", offer.as_str(), "/operations/"];
        // Most locations are written so, and need not be taken apart.
        let plain = pieces.iter().try_fold(self.url.path(), |path, piece| {
            path.split_at_checked(piece.len())
                .filter(|(start, _)| start.eq_ignore_ascii_case(piece))
                .map(|(_, rest)| rest)
        });
        if let Some(Ok(operation)) = plain.map(OperationId::new) {
            return Some(operation);
        }
        match self.kind() {
            LocationKind::Migrated { publisher: other, offer: another, operation } => {
                (other == *publisher && another == *offer).then_some(operation)
            }
            LocationKind::NonMigrated { .. } | LocationKind::Other => None,
        }
    }

    /// The URL to call. It is on the endpoint's origin, and has the path and query that the service named. It gets
    /// the endpoint's api-version when the query has none.
    pub(super) fn to_call(&self, endpoint: &Endpoint) -> Uri {
        if self.has_api_version && endpoint.built(&self.url) {
            return self.url.clone();
        }
        let named = self.url.path_and_query().map_or("/", |path_and_query| path_and_query.as_str());
        let version = endpoint.api_version().as_str();
        let path_and_query = match self.url.query() {
            _ if self.has_api_version => named.to_owned(),
            Some("") => [named, "api-version=", version].concat(),
            Some(_) => [named, "&api-version=", version].concat(),
            None => [named, "?api-version=", version].concat(),
        };
        uri(endpoint, path_and_query)
    }
}

impl fmt::Display for OperationLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

fn has_api_version(query: &str) -> bool {
    // Most queries begin with it.
    if query.split_at_checked(12).is_some_and(|(start, _)| start.eq_ignore_ascii_case("api-version=")) {
        return true;
    }
    let is_it = |name: &[u8]| name.eq_ignore_ascii_case(b"api-version");
    let mut names = query.as_bytes().split(|byte| *byte == b'&').map(|pair| pair.split(|byte| *byte == b'=').next());
    names.any(|name| name.is_some_and(|name| is_it(name) || is_it(&Cow::from(percent_decode(name)))))
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
                        version: with_unseen_replaced(version),
                        slot: with_unseen_replaced(slot),
                    })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Why a location must not be called.
enum Refusal {
    /// Its form is not allowed, for this reason. It may be on another origin too.
    Form(&'static str),
    /// Its form is allowed, and it is on another origin.
    Foreign,
}

impl Refusal {
    fn into_error(self, endpoint: &Endpoint, value: &str) -> Error {
        let shown = sanitize(value, 200);
        // A browser would resolve many forms that are not allowed here. The kind of the error says where it would go.
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
    // The limit is for path and query. A whole URL may be longer by the origin: a relative location that was accepted
    // must be accepted again in its printed form, which has the origin.
    if value.len() > MAX_LENGTH && value.len() > MAX_LENGTH + endpoint.to_string().len() {
        return Err(Refusal::Form(TOO_LONG));
    }
    if !is_of_uri_bytes(value) {
        return Err(Refusal::Form("holds a character that a URL does not have"));
    }
    let (reference, _fragment) = split_at_byte(value, b'#');
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
    // The base of a relative location was not written by the service. Its path may have characters that `url` encodes
    // and `http` does not.
    if matches!(path_and_query, Cow::Owned(_)) && !is_of_uri_bytes(&path_and_query) {
        return Err(Refusal::Form("is joined to a path with a character that a URL does not have"));
    }
    let (path, query) = split_at_byte(&path_and_query, b'?');
    check_path(path)?;
    if let Some((scheme, authority)) = origin.filter(|(scheme, authority)| !endpoint.is_written(scheme, authority)) {
        if authority.len() > LONGEST_AUTHORITY {
            return Err(Refusal::Foreign);
        }
        let read = Url::parse(&format!("{scheme}://{authority}")).map_err(|_| Refusal::Form("is not a URL"))?;
        if !endpoint.owns(&read) {
            return Err(Refusal::Foreign);
        }
    }
    if path_and_query.len() > MAX_LENGTH {
        return Err(Refusal::Form(TOO_LONG));
    }
    let has_api_version = query.is_some_and(has_api_version);
    let url = endpoint.uri(path_and_query.into_owned()).ok_or(Refusal::Form("is read in two ways by two parsers"))?;
    Ok(OperationLocation { url, has_api_version })
}

/// It has no early return, so that the compiler can check many bytes at once.
fn is_of_uri_bytes(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & is_uri_byte(byte))
}

/// The characters of RFC 3986. A control byte and a backslash are not among them.
fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// The scheme of an absolute reference, and the text after its colon.
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

/// A path, which is of URI bytes, must not have anything that a server or a proxy would act on, encoded or not.
fn check_path(path: &str) -> Result<(), Refusal> {
    let is_plain = memchr::memchr(b'%', path.as_bytes()).is_none();
    let decoded = if is_plain { Cow::Borrowed(path) } else { percent_decode_str(path).decode_utf8_lossy() };
    if !is_plain && decoded.contains(|c: char| c.is_control() || c == '\\') {
        return Err(Refusal::Form("hides a control byte or a backslash"));
    }
    // Most paths have no dot at all.
    if memchr::memchr(b'.', decoded.as_bytes()).is_some()
        && decoded.split('/').any(|segment| matches!(segment, "." | ".."))
    {
        return Err(Refusal::Form("has dot segments"));
    }
    Ok(())
}

/// The text before the first such byte, and the text after it.
fn split_at_byte(text: &str, byte: u8) -> (&str, Option<&str>) {
    match memchr::memchr(byte, text.as_bytes()).and_then(|at| text.split_at_checked(at)) {
        Some((before, rest)) => (before, rest.get(1..)),
        None => (text, None),
    }
}
