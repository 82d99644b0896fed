//! Whether a POST went out. Every outcome and every error says it.

use crate::values::words;

/// Whether a POST went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Posted {
    /// No POST went out.
    No,
    /// A POST was handed to the transport, and there is no answer to it. The service may have processed it.
    Maybe,
    /// The service answered a POST, with whatever status.
    Yes,
}

impl Posted {
    /// One stable word for logs: `no`, `maybe` or `yes`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Maybe => "maybe",
            Self::Yes => "yes",
        }
    }
}

words!(Posted, "word": No, Maybe, Yes);
