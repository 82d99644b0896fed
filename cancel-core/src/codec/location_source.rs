//! Finds the location in an answer: in one of two headers, or in the body.

use std::borrow::Cow;
use std::fmt;

use http::header::{HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::location::{BaseUrl, OperationLocation};
use crate::error::{Error, ErrorKind};
use crate::values::Endpoint;
use crate::wire::json::{self, Leniently};
use crate::wire::words::is_word;

static OPERATION_LOCATION: HeaderName = HeaderName::from_static("operation-location");

/// The part of an answer that names the location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LocationSource {
    /// `Operation-Location`, of the pages of 2018. When there are both headers, this one counts.
    OperationLocation,
    /// `Location`, of the page of 2020.
    Location,
    /// The body, of the prose of every page.
    Body,
}

/// A location, and the part of the answer that named it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NamedLocation {
    pub(crate) location: OperationLocation,
    pub(crate) source: LocationSource,
}

/// The location that one of the headers names. Only sources that `counts` accepts are read. An empty header counts as
/// absent.
pub(crate) fn in_headers(
    endpoint: &Endpoint,
    base: BaseUrl<'_>,
    headers: &HeaderMap,
    counts: impl Fn(LocationSource) -> bool,
) -> Result<Option<NamedLocation>, Error> {
    let (mut first, mut second) = (None, None);
    for (name, value) in headers.iter().filter(|(_, value)| !value.as_bytes().trim_ascii().is_empty()) {
        match () {
            () if *name == LOCATION => second = second.or(Some(value)),
            () if *name == OPERATION_LOCATION => first = first.or(Some(value)),
            () => {}
        }
    }
    let sources = [(first, LocationSource::OperationLocation), (second, LocationSource::Location)];
    for (value, source) in sources.into_iter().filter(|(_, source)| counts(*source)) {
        if let Some(value) = value {
            let location = OperationLocation::read(endpoint, base, first_of(text(value)?))?;
            return Ok(Some(NamedLocation { location, source }));
        }
    }
    Ok(None)
}

/// The first of several headers that a client has joined to a list. A URL may hold a comma, but no space: only both
/// together separate.
fn first_of(list: &str) -> &str {
    // A search for two characters costs as much as all else that is done with a location.
    if memchr::memchr(b',', list.as_bytes()).is_none() {
        return list;
    }
    let mut parts = list.split(", ").flat_map(|part| part.split(",\t")).map(|part| part.trim_matches([' ', '\t']));
    parts.find(|part| !part.is_empty()).unwrap_or(list)
}

fn text(value: &HeaderValue) -> Result<&str, Error> {
    std::str::from_utf8(value.as_bytes()).map_err(|_| Error::new(ErrorKind::InvalidLocation, "the header is not text"))
}

/// The location that a body names. The body is a string, or an object with a string member `location` or
/// `operationLocation`, without regard to case, spaces, `-` and `_`.
pub(crate) fn in_body(endpoint: &Endpoint, base: BaseUrl<'_>, body: &[u8]) -> Result<Option<NamedLocation>, Error> {
    let Ok(Named(Some(text))) = json::parse::<Named<'_>>(body) else {
        return Ok(None);
    };
    let location = OperationLocation::read(endpoint, base, &text)?;
    Ok(Some(NamedLocation { location, source: LocationSource::Body }))
}

/// The text of the location in a body.
struct Named<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Named<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamedIn)
    }
}

fn not_blank(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    Some(text).filter(|text| !text.trim().is_empty())
}

struct NamedIn;

impl<'de> Visitor<'de> for NamedIn {
    type Value = Named<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a location, or an object with one")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Named(not_blank(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Named(not_blank(Cow::Owned(text.to_owned()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut operation_location, mut location) = (None, None);
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            let place = match &*name {
                name if is_word(name, "operationlocation") => &mut operation_location,
                name if is_word(name, "location") => &mut location,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let Leniently(text) = members.next_value()?;
            // Of two members with the same name the first one counts.
            *place = place.take().or(text.and_then(not_blank));
        }
        Ok(Named(operation_location.or(location)))
    }
}
