//! Reads the code and the message of an error body, in each shape that is documented or was seen.

use serde_json::Value;

use super::json;
use super::text::sanitize;

/// The longest code and message that are kept, in characters.
const MAX_CODE: usize = 128;
const MAX_MESSAGE: usize = 1024;
/// How many levels of nested errors are read.
const MAX_NESTED: usize = 4;

/// The code and message of an error, sanitized. Each is absent when it is not found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CodeAndMessage {
    pub(crate) code: Option<Box<str>>,
    pub(crate) message: Option<Box<str>>,
}

impl CodeAndMessage {
    /// Reads a whole body.
    pub(crate) fn in_body(body: &[u8]) -> Self {
        json::tree(body).map(|body| Self::of_error(&body)).unwrap_or_default()
    }

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
