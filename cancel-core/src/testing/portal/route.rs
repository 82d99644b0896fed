//! Which call a URL names.
//!
//! Reads a path segment by segment, as a server does: percent-encoding is undone within a segment, and one
//! trailing slash is nothing. It does not know which offers there are.

use super::fault::Call;

/// Which call a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Cancel {
        publisher: String,
        offer: String,
    },
    Operation {
        publisher: String,
        offer: String,
        operation: String,
    },
    /// The `$` form; a GUID may stand for the offer.
    Slot {
        publisher: String,
        offer: String,
        version: String,
        slot: String,
    },
    Submissions {
        publisher: String,
        offer: String,
    },
    Status {
        publisher: String,
        offer: String,
    },
}

impl Route {
    /// `None` for a path that the service does not have.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments = path.split('/').map(decoded).collect::<Option<Vec<_>>>()?;
        let segments = segments.iter().map(String::as_str).collect::<Vec<_>>();
        match *segments.as_slice() {
            ["api", "operations", name] => Self::slot(name),
            ["api", "publishers", publisher, "offers", offer, ref call @ ..] => {
                let (publisher, offer) = (publisher.to_owned(), offer.to_owned());
                match *call {
                    ["cancel"] => Some(Self::Cancel { publisher, offer }),
                    ["operations", id] => Some(Self::Operation { publisher, offer, operation: id.to_owned() }),
                    ["submissions"] => Some(Self::Submissions { publisher, offer }),
                    ["status"] => Some(Self::Status { publisher, offer }),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn slot(name: &str) -> Option<Self> {
        let parts = name.split('$').collect::<Vec<_>>();
        let [publisher, offer, version, slot] = *parts.as_slice() else {
            return None;
        };
        Some(Self::Slot {
            publisher: publisher.to_owned(),
            offer: offer.to_owned(),
            version: version.to_owned(),
            slot: slot.to_owned(),
        })
    }

    pub(super) fn call(&self) -> Call {
        match self {
            Self::Cancel { .. } => Call::Cancel,
            Self::Operation { .. } | Self::Slot { .. } => Call::Operation,
            Self::Submissions { .. } => Call::List,
            Self::Status { .. } => Call::Status,
        }
    }

    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Cancel { .. } => "POST",
            _ => "GET",
        }
    }

    /// Publisher and offer; the offer may be a GUID in the `$` form.
    pub(super) fn names(&self) -> (&str, &str) {
        match self {
            Self::Cancel { publisher, offer }
            | Self::Operation { publisher, offer, .. }
            | Self::Slot { publisher, offer, .. }
            | Self::Submissions { publisher, offer }
            | Self::Status { publisher, offer } => (publisher, offer),
        }
    }
}

/// All values of a query parameter, decoded.
pub(super) fn query_values(query: &str, name: &str) -> Vec<String> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter_map(|(key, value)| Some((decoded(key)?, decoded(&value.replace('+', " "))?)))
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value)
        .collect()
}

/// Undoes percent-encoding; `None` if it is not well-formed or hides something else than UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { digit(bytes.next()?)? * 16 + digit(bytes.next()?)? } else { byte });
    }
    String::from_utf8(decoded).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_percent_encoding_names_nothing() {
        for path in [
            "/api/operations/a$b$2$%",
            "/api/operations/a$b$2$%2",
            "/api/operations/a$b$2$%zz",
            "/api/operations/a$b$2$%ff",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }

    #[test]
    fn dot_segments_and_empty_ones_name_nothing() {
        for path in [
            "",
            "/",
            "api/operations/a$b$2$c",
            "/api//operations/a$b$2$c",
            "/api/x/../operations/a$b$2$c",
            "/api/operations/a$b$2",
            "/api/operations/a$b$2$c$d",
            "/api/operations/a$b$2$c//",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }

    #[test]
    fn query_values_are_decoded() {
        let values = query_values("a=1&status=not+started&status=not%20started&x", "status");
        assert_eq!(values, ["not started", "not started"]);
        assert_eq!(query_values("x&x=", "x"), ["", ""]);
    }
}
