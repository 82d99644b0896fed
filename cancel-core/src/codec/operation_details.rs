//! What an operation says besides its status (operations page, "Response body properties").
//!
//! None of it decides anything, so none of it may fail: a member of another type than documented is as good as absent.

use serde_json::Value;
use serde_json::value::RawValue;

use super::state::State;
use crate::wire::error_body::CodeAndMessage;
use crate::wire::json::Members;

/// Everything that an operation says besides its status ([operations page](crate::guide::wire#sources), "Response body properties").
/// Members that were absent or unreadable are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationDetails {
    /// Why it failed.
    pub error: Option<ServiceError>,
    /// Whether it can be canceled, by the service. Only `canCancel` is documented; any other value is kept as it is. Nothing in this crate
    /// is decided by it.
    pub cancellation_request_state: Option<String>,
    /// The steps, in the service's order.
    pub steps: Vec<OperationStep>,
    /// What the service has to say of the whole operation.
    pub messages: Vec<Message>,
    /// The version of the offer that is being published: 2 on the page, where the version of the offer is 1.
    pub publishing_version: Option<i64>,
    /// The version of the offer: 1 on the page.
    pub offer_version: Option<i64>,
    /// Whom the service tells, as one string. Absent for migrated offers.
    pub notification_emails: Option<String>,
    /// "Not implemented", by the page.
    pub preview_links: Vec<Value>,
    /// "Not implemented", by the page.
    pub live_links: Vec<Value>,
}

impl OperationDetails {
    pub(super) fn of(operation: &Members<'_>) -> Self {
        Self {
            error: operation.raw("error").and_then(ServiceError::read),
            cancellation_request_state: operation.get("cancellationRequestState"),
            steps: operation.list("steps", OperationStep::read),
            messages: operation.list("messages", Message::read),
            publishing_version: operation.get("publishingVersion"),
            offer_version: operation.get("offerVersion"),
            notification_emails: operation.get("notificationEmails"),
            preview_links: operation.get("previewLinks"),
            live_links: operation.get("liveLinks"),
        }
    }
}

/// One step of an operation, such as `displaycertify`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationStep {
    /// Its id, such as `publisher-signoff`.
    pub id: String,
    /// Its name for a person.
    pub step_name: String,
    /// What is done in it.
    pub description: String,
    /// The service's word for where it stands. Known are `notStarted`, `inProgress`, `running`, `waitingForPublisherReview`,
    /// `waitingForApproval`, `blocked`, `rejected`, `complete`, `completed`, `failed`, `canceled`.
    pub status: String,
    /// How far it is, in percent, 0 to 100. What is above or below is cut to that.
    pub progress_percentage: Option<u8>,
    /// How long it usually takes, in words for a person, such as `< 15 min` or `~2-3 days`.
    pub estimated_time_frame: Option<String>,
    /// What the service has to say of it.
    pub messages: Vec<Message>,
}

impl OperationStep {
    /// What the step's status means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(&self.status)
    }

    fn read(step: &RawValue) -> Option<Self> {
        let step = Members::of(step)?;
        let percentage: Option<f64> = step.get("progressPercentage");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100")]
        let progress_percentage = percentage.map(|percent| percent.clamp(0.0, 100.0) as u8);
        Some(Self {
            id: step.get("id"),
            step_name: step.get("stepName"),
            description: step.get("description"),
            status: step.get("status"),
            progress_percentage,
            estimated_time_frame: step.get("estimatedTimeFrame"),
            messages: step.list("messages", Message::read),
        })
    }
}

/// A message of an operation or a step: documented as an object, also described as a plain string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The text, which may hold HTML. Written by the service: do not show it in a browser as it is.
    pub html: String,
    /// `information` or `error` were seen.
    pub level: Option<String>,
    /// When it was written, as the service wrote it: ISO 8601 in UTC, such as `2018-03-16T17:50:45.7215661Z`.
    pub timestamp: Option<String>,
}

impl Message {
    fn read(message: &RawValue) -> Option<Self> {
        if let Ok(html) = serde_json::from_str(message.get()) {
            return Some(Self { html, level: None, timestamp: None });
        }
        let message = Members::of(message)?;
        Some(Self {
            html: message.get("messageHtml"),
            level: message.get("level"),
            timestamp: message.get("timestamp"),
        })
    }
}

/// The error of a failed operation: documented as a string, also seen as an object. A string becomes the
/// [`message`](Self::message).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceError {
    /// Its code, where it is an object that has one. Cut after 128 characters.
    pub code: Option<Box<str>>,
    /// Its message, on one line. Cut after 1024 characters.
    pub message: Option<Box<str>>,
}

impl ServiceError {
    fn read(error: &RawValue) -> Option<Self> {
        let error: Value = serde_json::from_str(error.get()).ok()?;
        let CodeAndMessage { code, message } = CodeAndMessage::of_error(&error);
        Some(Self { code, message })
    }
}
