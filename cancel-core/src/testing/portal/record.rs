//! What a portal was asked, for a test to read afterwards.
//!
//! A record has everything of a request that a test may want to check, and never the token.

use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;

use super::fault::Call;

/// One request that reached a portal, or that a script lost on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallRecord {
    /// When it came.
    pub at: Duration,
    /// The kind of call that its path names; `None` for an unknown path.
    pub call: Option<Call>,
    /// The method, as it came.
    pub method: String,
    /// Path and query, as they came.
    pub path_and_query: String,
    /// Whether there was an `Authorization` header, right or wrong.
    pub has_authorization: bool,
    /// All headers apart from `Authorization`: names in lower case, bytes outside of UTF-8 replaced.
    pub headers: Vec<(String, String)>,
    /// The `notification-emails` of a cancel that was processed.
    pub notification_emails: Option<String>,
    /// Whether the service got it. A script can answer in its place, or lose it.
    pub processed: bool,
    /// The status that the client was answered; `None` if the answer was lost.
    pub status: Option<u16>,
}

impl CallRecord {
    /// The first value of a header; its name may be in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn new(at: Duration, call: Option<Call>, parts: &Parts) -> Self {
        let headers = parts.headers.iter().filter(|(name, _)| **name != AUTHORIZATION);
        Self {
            at,
            call,
            method: parts.method.to_string(),
            path_and_query: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            has_authorization: parts.headers.contains_key(AUTHORIZATION),
            headers: headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            notification_emails: None,
            processed: false,
            status: None,
        }
    }
}
