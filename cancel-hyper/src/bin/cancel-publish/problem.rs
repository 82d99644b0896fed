//! An error that the tool finds itself, beside those of the library. It is printed in the same form.

use std::borrow::Cow;
use std::fmt;

use cancel_core::{InvalidInput, Posted};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// What is wrong, what a person can do, and whether a POST went out.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: &'static str,
    message: String,
    advice: Cow<'static, str>,
    posted: Posted,
}

impl Problem {
    pub(crate) fn new(kind: &'static str, message: impl fmt::Display, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.to_string(), advice: advice.into(), posted: Posted::No }
    }

    /// The same, with what is known of a POST.
    pub(crate) fn after(self, posted: Posted) -> Self {
        Self { posted, ..self }
    }

    pub(crate) fn posted(&self) -> Posted {
        self.posted
    }

    pub(crate) fn advice(&self) -> &str {
        &self.advice
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// A value is not valid, so that nothing was sent.
    pub(crate) fn invalid(message: impl fmt::Display) -> Self {
        Self::new("invalid_input", message, "Correct it and call again. Nothing was sent. --help shows the flags.")
    }

    /// The checkpoint's path cannot be used, so that nothing was sent.
    pub(crate) fn checkpoint(message: impl fmt::Display, advice: &'static str) -> Self {
        Self::new("checkpoint", message, advice)
    }
}

impl From<InvalidInput> for Problem {
    fn from(error: InvalidInput) -> Self {
        Self::invalid(error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// As an error of the library serializes.
impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Described<'a> {
            kind: &'static str,
            message: &'a str,
            advice: &'a str,
        }
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("outcome", "error")?;
        map.serialize_entry("posted", &self.posted)?;
        let described = Described { kind: self.kind, message: &self.message, advice: &self.advice };
        map.serialize_entry("error", &described)?;
        map.end()
    }
}
