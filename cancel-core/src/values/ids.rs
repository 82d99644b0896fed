//! The ids of publishers, offers, operations and calls.
//!
//! An id becomes a segment of a path, or the value of a header. So it must not have a character that has a meaning in
//! a URL, in a header or in the `$` form of a location.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use http::HeaderValue;

use super::InvalidInput;

const MAX_LENGTH: usize = 128;

/// No page says which characters an id may have. These limits are this crate's: within them, no character has a
/// meaning in a URL, in a header or in the `$` form of a location.
fn check(what: &'static str, value: &str) -> Result<Arc<str>, InvalidInput> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let problem = if value.is_empty() {
        "is empty"
    } else if !value.bytes().all(allowed) {
        r#"holds a character other than ASCII letters, digits, "-", "_" and ".""#
    } else if value.len() > MAX_LENGTH {
        "is longer than 128 characters"
    } else if matches!(value, "." | "..") {
        "is a dot segment"
    } else {
        return Ok(Arc::from(value));
    };
    Err(InvalidInput::showing(what, value, problem))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// It has 1 to 128 ASCII letters, digits, `-`, `_` and `.`, and is not `.` or `..`. Its case is kept. These
        /// limits are this crate's: no page of the service says what an id may be.
        #[derive(Clone)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks an id.
            ///
            /// # Errors
            ///
            /// [`InvalidInput`] when it is empty, longer, a dot segment, or has another character. Such a text could
            /// change the shape of a request.
            pub fn new(value: impl AsRef<str>) -> Result<Self, InvalidInput> {
                check($what, value.as_ref()).map(Self)
            }

            /// The id as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidInput;

            fn from_str(value: &str) -> Result<Self, InvalidInput> {
                Self::new(value)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidInput;

            fn try_from(value: String) -> Result<Self, InvalidInput> {
                Self::new(value)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

macro_rules! compared_as_written {
    ($name:ident) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }
    };
}

id! {
    /// The id of a publisher, such as `contoso`. The token must have access to this publisher.
    PublisherId, "publisher id"
}
compared_as_written!(PublisherId);

id! {
    /// The id of an offer, such as `contoso-virtualmachineoffer`.
    OfferId, "offer id"
}
compared_as_written!(OfferId);

id! {
    /// The id of an operation, usually a GUID. Two ids that differ only in case name the same operation.
    OperationId, "operation id"
}

impl PartialEq for OperationId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for OperationId {}

impl Hash for OperationId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            byte.to_ascii_lowercase().hash(state);
        }
    }
}

id! {
    /// The caller's own id for a conversation. Every request of the conversation has it as `x-ms-client-request-id`.
    ClientRequestId, "client request id"
}
compared_as_written!(ClientRequestId);

impl ClientRequestId {
    #[expect(clippy::expect_used, reason = "an id is visible ASCII")]
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("an id is a header's value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_no_character_with_a_meaning_elsewhere() {
        let too_long = "a".repeat(129);
        for bad in [
            "", ".", "..", "a/b", "a?b", "a#b", "a$b", "a%2Fb", "a\\b", "a b", "a@b", "a:b", "ä", "a\n", "a\0", " a",
            &too_long,
        ] {
            assert!(OfferId::new(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "...", ".a", "A-b_c.9", too_long.split_at(128).0] {
            assert_eq!(OfferId::new(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn an_error_names_the_value_and_escapes_it() {
        let error = PublisherId::new("a\u{1b}[2J").unwrap_err().to_string();
        assert!(error.starts_with(r#"publisher id "a\u{1b}[2J" holds"#), "{error}");
    }

    #[test]
    fn equal_operations_have_equal_hashes() {
        let mut known = std::collections::HashSet::new();
        assert!(known.insert(OperationId::new("AB-1").unwrap()));
        assert!(!known.insert(OperationId::new("ab-1").unwrap()));
        assert!((0..50).all(|number| known.insert(OperationId::new(format!("x-{number}")).unwrap())));
        assert!(hash("a") != hash("b"), "other ids have other hashes");
    }

    fn hash(id: &str) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        OperationId::new(id).unwrap().hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn operations_are_compared_without_case_and_publishers_with_it() {
        assert_eq!(OperationId::new("AB-1").unwrap(), OperationId::new("ab-1").unwrap());
        assert_ne!(PublisherId::new("AB").unwrap(), PublisherId::new("ab").unwrap());
    }
}
