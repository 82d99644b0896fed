//! The offer and the resource that a URL names.
//!
//! A path is read segment by segment, as a server does: percent-encoding is undone within a segment, and one trailing
//! slash is ignored. Which offers there are is not known here.

use super::fault::Call;

/// The offer and the resource that a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) publisher: String,
    /// Its name; in the `$` form a GUID can stand for it.
    pub(super) offer: String,
    pub(super) resource: Resource,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Cancel,
    Operation(String),
    /// The `$` form.
    Slot {
        version: String,
        slot: String,
    },
    Submissions,
    Status,
}

impl Route {
    /// `None` for a path that the service does not have.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments = path.split('/').map(decoded).collect::<Option<Vec<_>>>()?;
        let segments = segments.iter().map(String::as_str).collect::<Vec<_>>();
        let (publisher, offer, resource) = match *segments.as_slice() {
            ["api", "operations", name] => {
                let parts = name.split('$').collect::<Vec<_>>();
                let [publisher, offer, version, slot] = *parts.as_slice() else {
                    return None;
                };
                (publisher, offer, Resource::Slot { version: version.to_owned(), slot: slot.to_owned() })
            }
            ["api", "publishers", publisher, "offers", offer, "cancel"] => (publisher, offer, Resource::Cancel),
            ["api", "publishers", publisher, "offers", offer, "submissions"] => {
                (publisher, offer, Resource::Submissions)
            }
            ["api", "publishers", publisher, "offers", offer, "status"] => (publisher, offer, Resource::Status),
            ["api", "publishers", publisher, "offers", offer, "operations", id] => {
                (publisher, offer, Resource::Operation(id.to_owned()))
            }
            _ => return None,
        };
        Some(Self { publisher: publisher.to_owned(), offer: offer.to_owned(), resource })
    }

    pub(super) fn call(&self) -> Call {
        match self.resource {
            Resource::Cancel => Call::Cancel,
            Resource::Operation(_) | Resource::Slot { .. } => Call::Operation,
            Resource::Submissions => Call::List,
            Resource::Status => Call::Status,
        }
    }

    pub(super) fn method(&self) -> &'static str {
        if self.resource == Resource::Cancel { "POST" } else { "GET" }
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
    fn a_path_that_is_malformed_names_nothing() {
        for path in [
            "",
            "/",
            "api/operations/a$b$2$c",
            "/api//operations/a$b$2$c",
            "/api/x/../operations/a$b$2$c",
            "/api/operations/a$b$2",
            "/api/operations/a$b$2$c$d",
            "/api/operations/a$b$2$c//",
            "/api/operations/a$b$2$%",
            "/api/operations/a$b$2$%2",
            "/api/operations/a$b$2$%zz",
            "/api/operations/a$b$2$%ff",
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
