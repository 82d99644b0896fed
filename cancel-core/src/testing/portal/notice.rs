//! The body of a cancel: whom to notify.
//!
//! Reads `{"metadata":{"notification-emails":"a@contoso.com,b@contoso.com"}}` and nothing else, so that a
//! body of another shape fails a test.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::answer::Refusal;

const NOT_JSON_TYPE: Refusal = Refusal::new(415, "UnsupportedMediaType", "The body must be application/json.");
const MALFORMED: Refusal = Refusal::new(400, "MalformedBody", "The body is not JSON.");
const UNKNOWN_SHAPE: Refusal =
    Refusal::new(400, "InvalidBody", "The body may have metadata with notification-emails, and nothing else.");
const BAD_EMAILS: Refusal =
    Refusal::new(400, "InvalidNotificationEmails", "The addresses must be joined by commas, without spaces.");

/// The addresses as they came; `None` without a body, or in a body without them.
pub(super) fn notification_emails(headers: &HeaderMap, body: &[u8]) -> Result<Option<String>, Refusal> {
    if body.is_empty() {
        return Ok(None);
    }
    if !is_json(headers) {
        return Err(NOT_JSON_TYPE);
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| MALFORMED)?;
    let Some(metadata) = only_member(&body, "metadata")? else {
        return Ok(None);
    };
    match only_member(metadata, "notification-emails")? {
        None => Ok(None),
        Some(Value::String(emails)) if emails.split(',').all(is_address) => Ok(Some(emails.clone())),
        Some(Value::String(_)) => Err(BAD_EMAILS),
        Some(_) => Err(UNKNOWN_SHAPE),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The member of an object that may have no other.
fn only_member<'a>(object: &'a Value, name: &str) -> Result<Option<&'a Value>, Refusal> {
    let members = object.as_object().ok_or(UNKNOWN_SHAPE)?;
    if members.keys().any(|key| key != name) {
        return Err(UNKNOWN_SHAPE);
    }
    Ok(members.get(name))
}

/// Something on both sides of one `@`, and no white space. Real addresses have more rules.
fn is_address(text: &str) -> bool {
    let has_space = text.chars().any(|c| c.is_whitespace() || c.is_control());
    match text.split_once('@') {
        Some((name, domain)) => !has_space && !name.is_empty() && !domain.is_empty() && !domain.contains('@'),
        None => false,
    }
}
