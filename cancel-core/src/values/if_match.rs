//! The `If-Match` header of the concurrency page.

use std::fmt;
use std::str::FromStr;

use http::HeaderValue;

use super::InvalidInput;

/// The version of the offer that a call is meant for. The [concurrency page](crate::guide::wire#sources) asks for it
/// on every call. But no public client sends it with a cancel, so it is not sent unless it is set. The service
/// answers a stale version with 412.
///
/// ```
/// # use cancel_core::{CancelRequest, IfMatch, OfferId, PublisherId};
/// // The `ETag` of an earlier answer. `IfMatch::any()` is for any version.
/// let version = IfMatch::new("\"0x8D5\"")?;
/// let publisher = PublisherId::new("contoso")?;
/// let request = CancelRequest::new(publisher, OfferId::new("contoso-offer")?)
///     .if_match(version);
/// # Ok::<(), cancel_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IfMatch(HeaderValue);

/// A tag of the service has some 40 characters. The tag is part of each checkpoint.
const MAX: usize = 1024;

impl IfMatch {
    /// `*`: any version of the offer.
    #[must_use]
    pub fn any() -> Self {
        Self(HeaderValue::from_static("*"))
    }

    /// The version in an `ETag` header, with its quotes: `"0x8D5"` or `W/"0x8D5"`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] when it is not an entity tag of RFC 9110 in visible ASCII, or is longer than 1,024 bytes.
    pub fn new(value: &str) -> Result<Self, InvalidInput> {
        if value.len() > MAX {
            return Err(InvalidInput::showing("etag", value, "is longer than 1,024 bytes"));
        }
        let opaque = value.strip_prefix("W/").unwrap_or(value);
        let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let valid = inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'));
        match HeaderValue::from_str(value) {
            Ok(header) if valid => Ok(Self(header)),
            _ => Err(InvalidInput::showing("etag", value, "is not a quoted entity tag")),
        }
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for IfMatch {
    type Err = InvalidInput;

    fn from_str(value: &str) -> Result<Self, InvalidInput> {
        if value == "*" { Ok(Self::any()) } else { Self::new(value) }
    }
}

impl fmt::Display for IfMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_bounded() {
        assert!(IfMatch::new(&format!("\"{}\"", "a".repeat(MAX - 2))).is_ok());
        assert!(IfMatch::new(&format!("\"{}\"", "a".repeat(MAX - 1))).is_err());
    }

    #[test]
    fn an_entity_tag_has_its_quotes() {
        for good in ["\"a\"", "W/\"a\"", "\"\""] {
            assert_eq!(IfMatch::new(good).unwrap().to_string(), good);
        }
        for bad in ["", "a", "\"a", "\"a\"b\"", "\"a\r\n\"", "\"", "*"] {
            assert!(IfMatch::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!("*".parse::<IfMatch>().unwrap(), IfMatch::any());
    }
}
