//! The error of all constructors that check a value.

use std::error::Error;
use std::fmt;

/// A value that a caller passed is not valid. Nothing was sent.
///
/// ```
/// # use cancel_core::OfferId;
/// let error = OfferId::new("a/b").unwrap_err();
/// assert_eq!(error.what(), "offer id");
/// let problem = r#"a character other than ASCII letters, digits, "-", "_" and ".""#;
/// assert_eq!(error.to_string(), format!(r#"offer id "a/b" holds {problem}"#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidInput {
    what: &'static str,
    shown: String,
    problem: &'static str,
}

impl InvalidInput {
    /// An error that shows the beginning of the value, escaped.
    pub(crate) fn showing(what: &'static str, value: &str, problem: &'static str) -> Self {
        let mut beginning: String = value.chars().take(60).collect();
        if beginning.len() < value.len() {
            beginning.push('…');
        }
        Self { what, shown: format!(" {beginning:?}"), problem }
    }

    /// An error that does not show the value, because it may be a secret.
    pub(crate) fn hiding(what: &'static str, problem: &'static str) -> Self {
        Self { what, shown: String::new(), problem }
    }

    /// Which value it is, in words: `offer id`, `endpoint`, `token`, …
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.what
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} {}", self.what, self.shown, self.problem)
    }
}

impl Error for InvalidInput {}
