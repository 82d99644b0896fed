//! The members of an operation besides its status (operations page, "Response body properties").
//!
//! Nothing is decided by them, so reading them must not fail: a member of another type than documented counts as
//! absent.

use serde_json::value::RawValue;

use super::state::State;
use crate::wire::error_body::{CodeAndMessage, ErrorBody};
use crate::wire::json::Members;

/// The members of an operation besides its status ([operations page](crate::guide::wire#sources), "Response body
/// properties"). A member that is absent or cannot be read is empty. Of a list the first 256 elements are read. The texts
/// are the service's: sanitize them before you show them on a terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationDetails {
    /// Why it failed.
    pub error: Option<ServiceError>,
    /// Whether it can be canceled, in the service's word. Only `canCancel` is documented. Another value is kept as it
    /// is. This crate does not use it.
    pub cancellation_request_state: Option<String>,
    /// The steps, in the service's order.
    pub steps: Vec<OperationStep>,
    /// Messages about the whole operation.
    pub messages: Vec<Message>,
    /// The version of the offer that is being published. The example on the page has 2 here, and 1 as the offer's
    /// version.
    pub publishing_version: Option<i64>,
    /// The version of the offer.
    pub offer_version: Option<i64>,
    /// The addresses that the service notifies, as one string. Absent for migrated offers.
    pub notification_emails: Option<String>,
    /// "Not implemented", says the page. Each is JSON as it was sent.
    pub preview_links: Vec<String>,
    /// "Not implemented", says the page. Each is JSON as it was sent.
    pub live_links: Vec<String>,
}

impl OperationDetails {
    pub(super) fn of(operation: &Members<'_>) -> Self {
        Self {
            error: operation.raw("error").and_then(ServiceError::read),
            cancellation_request_state: operation.get("cancellationRequestState"),
            steps: operation.list("steps", OperationStep::read),
            messages: operation.list("messages", Message::read),
            publishing_version: operation.number("publishingVersion"),
            offer_version: operation.number("offerVersion"),
            notification_emails: operation.get("notificationEmails"),
            preview_links: operation.list("previewLinks", |link| Some(link.get().to_owned())),
            live_links: operation.list("liveLinks", |link| Some(link.get().to_owned())),
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
    /// What the step does.
    pub description: String,
    /// The service's word for the status. These words were seen: `notStarted`, `inProgress`, `running`,
    /// `waitingForPublisherReview`, `waitingForApproval`, `blocked`, `rejected`, `complete`, `completed`, `failed`,
    /// `canceled`.
    pub status: String,
    /// How far it is, in percent: 0 to 100. A number outside of this range is clamped.
    pub progress_percentage: Option<u8>,
    /// How long it usually takes, in words for a person: such as `< 15 min` or `~2-3 days`.
    pub estimated_time_frame: Option<String>,
    /// Messages about this step.
    pub messages: Vec<Message>,
}

impl OperationStep {
    /// What its status means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(&self.status)
    }

    fn read(step: &RawValue) -> Option<Self> {
        let step = Members::of(step)?;
        let percentage: Option<f64> = step.number("progressPercentage");
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

/// A message about an operation or a step. It is documented as an object, and in another place as a string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The text. It may have HTML in it, written by the service: do not show it in a browser as it is.
    pub html: String,
    /// The level. `information` and `error` were seen.
    pub level: Option<String>,
    /// The time, in the service's own form: ISO 8601 in UTC, such as `2018-03-16T17:50:45.7215661Z`.
    pub timestamp: Option<String>,
}

impl Message {
    fn read(message: &RawValue) -> Option<Self> {
        if message.get().starts_with('"') {
            let html = serde_json::from_str(message.get()).ok()?;
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

/// The error of a failed operation. It is documented as a string. Objects were seen too. A string becomes the
/// [`message`](Self::message).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceError {
    /// Its code, if it is an object with a code. At most 128 characters, then `…`.
    pub code: Option<Box<str>>,
    /// Its message, on one line. At most 1024 characters, then `…`.
    pub message: Option<Box<str>>,
}

impl ServiceError {
    fn read(error: &RawValue) -> Option<Self> {
        let CodeAndMessage { code, message } = ErrorBody::read(error.get().as_bytes()).said;
        Some(Self { code, message })
    }
}
