//! Reads the code and the message of an error body, in each shape that is documented or was seen.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::json;
use super::text::sanitize;

/// The longest code and message that are kept, in characters.
const MAX_CODE: usize = 128;
const MAX_MESSAGE: usize = 1024;
/// How many levels of nested errors are read.
const MAX_NESTED: usize = 4;
/// How many details are kept.
const MAX_DETAILS: usize = 8;

/// An error body: what it says, and what it says in detail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) said: CodeAndMessage,
    pub(crate) details: Box<[CodeAndMessage]>,
}

impl ErrorBody {
    /// Reads a whole body.
    pub(crate) fn read(body: &[u8]) -> Self {
        let Some(body) = json::tree(body) else {
            return Self::default();
        };
        let said = CodeAndMessage::of_error(&body);
        let error = json::member(&body, "error").or_else(|| json::member(&body, "odata.error")).unwrap_or(&body);
        let details =
            json::member(error, "details").or_else(|| json::member(error, "errors")).and_then(Value::as_array);
        let details = details.into_iter().flatten().map(CodeAndMessage::of_error);
        let tells_more = |detail: &CodeAndMessage| *detail != said && *detail != CodeAndMessage::default();
        Self { details: details.filter(tells_more).take(MAX_DETAILS).collect(), said }
    }
}

/// The code and message of an error, sanitized. Each is absent when it is not found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CodeAndMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Box<str>>,
}

impl CodeAndMessage {
    /// Reads one error. It has the OData shape (`{"error":{"code","message","details","innererror"}}`), or is the
    /// inner object alone, or a text. A message can also be an object with a `value`.
    pub(crate) fn of_error(error: &Value) -> Self {
        Self::nested(error, MAX_NESTED)
    }

    fn nested(error: &Value, depth: usize) -> Self {
        if let Some(text) = json::text(error) {
            return Self { code: None, message: Some(sanitize(&text, MAX_MESSAGE)) };
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Self::default();
        };
        let code = json::member(error, "code").and_then(json::text).map(|code| sanitize(&code, MAX_CODE));
        let message = json::member(error, "message").and_then(|message| {
            let text = json::text(message).or_else(|| json::member(message, "value").and_then(json::text))?;
            Some(sanitize(&text, MAX_MESSAGE))
        });
        if code.is_some() && message.is_some() {
            return Self { code, message };
        }
        let inner = ["error", "odata.error", "innererror", "details", "errors"].iter().find_map(|name| {
            let inner = json::member(error, name)?;
            let inner = inner.as_array().map_or(Some(inner), |several| several.first())?;
            Some(Self::nested(inner, depth)).filter(|found| *found != Self::default())
        });
        let inner = inner.unwrap_or_default();
        Self { code: code.or(inner.code), message: message.or(inner.message) }
    }
}

impl fmt::Display for CodeAndMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => write!(f, "{code}: {message}"),
            (Some(text), None) | (None, Some(text)) => f.write_str(text),
            (None, None) => Ok(()),
        }
    }
}
