//! What an operation says besides its status (operations page, "Response body properties").
//!
//! None of it decides anything, so none of it may fail: a member of another type than documented is as good as absent.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::state::State;
use super::{answer, json};

/// Everything that an operation says besides its status ([operations page](crate::guide::wire#sources), "Response body properties").
/// Members that were absent or unreadable are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OperationDetails {
    /// Why it failed.
    #[serde(deserialize_with = "json::lenient")]
    pub error: Option<ServiceError>,
    /// Whether it can be canceled, by the service. Only `canCancel` is documented; any other value is kept as it is. Nothing in this crate
    /// is decided by it.
    #[serde(deserialize_with = "json::lenient")]
    pub cancellation_request_state: Option<String>,
    /// The steps, in the service's order.
    #[serde(deserialize_with = "json::lenient_list")]
    pub steps: Vec<OperationStep>,
    /// What the service has to say of the whole operation.
    #[serde(deserialize_with = "json::lenient_list")]
    pub messages: Vec<Message>,
    /// The version of the offer that is being published: 2 on the page, where the version of the offer is 1.
    #[serde(deserialize_with = "json::lenient")]
    pub publishing_version: Option<i64>,
    /// The version of the offer: 1 on the page.
    #[serde(deserialize_with = "json::lenient")]
    pub offer_version: Option<i64>,
    /// Whom the service tells, as one string. Absent for migrated offers.
    #[serde(deserialize_with = "json::lenient")]
    pub notification_emails: Option<String>,
    /// "Not implemented", by the page.
    #[serde(deserialize_with = "json::lenient_list")]
    pub preview_links: Vec<Value>,
    /// "Not implemented", by the page.
    #[serde(deserialize_with = "json::lenient_list")]
    pub live_links: Vec<Value>,
}

/// One step of an operation, such as `displaycertify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OperationStep {
    /// Its id, such as `publisher-signoff`.
    #[serde(deserialize_with = "json::lenient")]
    pub id: String,
    /// Its name for a person.
    #[serde(deserialize_with = "json::lenient")]
    pub step_name: String,
    /// What is done in it.
    #[serde(deserialize_with = "json::lenient")]
    pub description: String,
    /// The service's word for where it stands. Known are `notStarted`, `inProgress`, `running`, `waitingForPublisherReview`,
    /// `waitingForApproval`, `blocked`, `rejected`, `complete`, `completed`, `failed`, `canceled`.
    #[serde(deserialize_with = "json::lenient")]
    pub status: String,
    /// How far it is, in percent, 0 to 100. What is above or below is cut to that.
    #[serde(deserialize_with = "percentage")]
    pub progress_percentage: Option<u8>,
    /// How long it usually takes, in words for a person, such as `< 15 min` or `~2-3 days`.
    #[serde(deserialize_with = "json::lenient")]
    pub estimated_time_frame: Option<String>,
    /// What the service has to say of it.
    #[serde(deserialize_with = "json::lenient_list")]
    pub messages: Vec<Message>,
}

impl OperationStep {
    /// What the step's status means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(&self.status)
    }
}

/// A message of an operation or a step: documented as an object, also described as a plain string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "WireMessage")]
#[non_exhaustive]
pub struct Message {
    /// The text, which may hold HTML. Written by the service: do not show it in a browser as it is.
    pub html: String,
    /// `information` or `error` were seen.
    pub level: Option<String>,
    /// When it was written, as the service wrote it: ISO 8601 in UTC, such as `2018-03-16T17:50:45.7215661Z`.
    pub timestamp: Option<String>,
}

/// The error of a failed operation: documented as a string, also seen as an object. A string becomes the
/// [`message`](Self::message).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Value")]
#[non_exhaustive]
pub struct ServiceError {
    /// Its code, where it is an object that has one. Cut after 128 characters.
    pub code: Option<Box<str>>,
    /// Its message, on one line. Cut after 1024 characters.
    pub message: Option<Box<str>>,
}

impl From<Value> for ServiceError {
    fn from(error: Value) -> Self {
        let (code, message) = answer::of_error(&error);
        Self { code, message }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireMessage {
    Text(String),
    #[serde(rename_all = "camelCase")]
    Object {
        #[serde(default, deserialize_with = "json::lenient")]
        message_html: String,
        #[serde(default, deserialize_with = "json::lenient")]
        level: Option<String>,
        #[serde(default, deserialize_with = "json::lenient")]
        timestamp: Option<String>,
    },
}

impl From<WireMessage> for Message {
    fn from(message: WireMessage) -> Self {
        match message {
            WireMessage::Text(html) => Self { html, level: None, timestamp: None },
            WireMessage::Object { message_html: html, level, timestamp } => Self { html, level, timestamp },
        }
    }
}

/// A percentage, clamped.
fn percentage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let value: Option<f64> = json::lenient(deserializer)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100")]
    Ok(value.map(|percent| percent.clamp(0.0, 100.0) as u8))
}
