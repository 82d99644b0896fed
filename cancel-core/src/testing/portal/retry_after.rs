//! When the service asks to be called again, in every form that clients must read.

use std::time::Duration;

use super::calendar;

/// How an answer says when to ask again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RetryAfter {
    /// `Retry-After`, in seconds.
    Seconds(u64),
    /// `retry-after-ms`.
    Milliseconds(u64),
    /// `x-ms-retry-after-ms`.
    MsMilliseconds(u64),
    /// `Retry-After`, a date so much after the answer's own `Date`.
    Date(Duration),
    /// `Retry-After`, exactly this.
    Verbatim(String),
}

impl RetryAfter {
    pub(super) fn header(&self, now: Duration) -> (&'static str, String) {
        match self {
            Self::Seconds(seconds) => ("Retry-After", seconds.to_string()),
            Self::Milliseconds(milliseconds) => ("retry-after-ms", milliseconds.to_string()),
            Self::MsMilliseconds(milliseconds) => ("x-ms-retry-after-ms", milliseconds.to_string()),
            Self::Date(after) => ("Retry-After", calendar::http_date(now.saturating_add(*after))),
            Self::Verbatim(value) => ("Retry-After", value.clone()),
        }
    }
}
