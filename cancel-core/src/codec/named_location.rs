//! Which of an answer's places names the location: one of two headers, or the body.

use http::header::{HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::json;
use super::location::{Called, OperationLocation};
use crate::error::Error;
use crate::report::Problem;
use crate::values::Endpoint;

static OPERATION_LOCATION: HeaderName = HeaderName::from_static("operation-location");

/// Where an answer named its location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum NamedBy {
    /// `Operation-Location`: the pages of 2018. With both headers, this one counts.
    OperationLocation,
    /// `Location`: the page of 2020.
    Location,
    /// The body: the prose of every page.
    Body,
}

/// A location, and what named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedLocation {
    pub(crate) location: OperationLocation,
    pub(crate) by: NamedBy,
}

/// The location that the headers name, of those that count. An empty header is an absent one.
pub(crate) fn in_headers(
    endpoint: &Endpoint,
    called: Called<'_>,
    headers: &HeaderMap,
    counts: impl Fn(NamedBy) -> bool,
) -> Result<Option<NamedLocation>, Problem> {
    for (name, by) in [(&OPERATION_LOCATION, NamedBy::OperationLocation), (&LOCATION, NamedBy::Location)] {
        if !counts(by) {
            continue;
        }
        let mut values = headers.get_all(name).iter();
        if let Some(value) = values.find(|value| !value.as_bytes().trim_ascii().is_empty()) {
            let location = OperationLocation::read(endpoint, called, text(value)?)?;
            return Ok(Some(NamedLocation { location, by }));
        }
    }
    Ok(None)
}

fn text(value: &HeaderValue) -> Result<&str, Problem> {
    std::str::from_utf8(value.as_bytes()).map_err(|_| Problem::new(Error::InvalidLocation, "the header is not a text"))
}

/// The location that a body names: it is a string, or an object with a string member `location` or
/// `operationLocation`, in any spelling.
pub(crate) fn in_body(endpoint: &Endpoint, called: Called<'_>, body: &[u8]) -> Result<Option<NamedLocation>, Problem> {
    let Some(body) = json::tree(body) else {
        return Ok(None);
    };
    let member = |name| json::member(&body, name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let whole = body.as_str().filter(|text| !text.trim().is_empty());
    match whole.or_else(|| member("operationlocation")).or_else(|| member("location")) {
        Some(text) => {
            let location = OperationLocation::read(endpoint, called, text)?;
            Ok(Some(NamedLocation { location, by: NamedBy::Body }))
        }
        None => Ok(None),
    }
}
