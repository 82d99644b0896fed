//! What an offer and its operations look like on the wire.
//!
//! Only reads: every function makes an answer of what an offer holds, at a time.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::calendar;
use super::cancel::CancelOperation;
use super::generation::LocationNames;
use super::offer::Offer;
use super::operation::{PublishOperation, State};
use super::steps::{message, steps};

const NO_OPERATION: Refusal = Refusal::new(404, "OperationNotFound", "There is no such operation.");

impl Offer {
    /// GET `…/operations/{id}`. GUIDs are the same in upper and lower case.
    pub(super) fn operation_answer(&self, now: Duration, id: &str) -> Result<Answer, Refusal> {
        if let Some(operation) = self.visible(now).find(|operation| operation.id().eq_ignore_ascii_case(id)) {
            return Ok(self.publish_answer(now, operation));
        }
        match self.cancels.iter().find(|cancel| cancel.id.eq_ignore_ascii_case(id)) {
            Some(cancel) => Ok(self.cancel_answer(now, cancel)),
            None => Err(NO_OPERATION),
        }
    }

    /// GET `/api/operations/{publisher}${offer}${version}${slot}`.
    pub(super) fn slot_answer(&self, now: Duration, version: &str, slot: &str) -> Result<Answer, Refusal> {
        let is_it = |its_version: u32, its_slot: &str| its_version.to_string() == version && its_slot == slot;
        if self.located() == LocationNames::CancelOperation {
            let mut newest_first = self.cancels.iter().rev();
            if let Some(cancel) = newest_first.find(|cancel| is_it(cancel.version, &cancel.slot)) {
                return Ok(self.cancel_answer(now, cancel));
            }
        }
        self.visible(now)
            .filter(|operation| is_it(operation.publishing_version, &operation.slot))
            .max_by_key(|operation| operation.started_at)
            .map(|operation| self.publish_answer(now, operation))
            .ok_or(NO_OPERATION)
    }

    /// GET `…/status`: the newest operation, or `neverPublished`.
    pub(super) fn status_answer(&self, now: Duration) -> Answer {
        match self.visible(now).max_by_key(|operation| operation.started_at) {
            Some(operation) => self.polled(now, operation.state(now), &self.publish_view(now, operation)),
            None => Answer::status(200).json(&json!({
                "status": "neverPublished",
                "messages": [],
                "steps": [],
                "previewLinks": [],
                "liveLinks": [],
            })),
        }
    }

    /// GET `…/submissions/`. All filters must let an entry pass.
    pub(super) fn list_answer(&self, now: Duration, filters: &[String]) -> Answer {
        let passes =
            |state: State| self.ignores_filter || filters.iter().all(|filter| self.wording.is_meant(filter, state));
        let published = self
            .visible(now)
            .filter(|operation| passes(operation.state(now)))
            .map(|operation| self.submission(now, operation));
        let canceling = self
            .cancels
            .iter()
            .filter(|cancel| self.lists_cancel_operations && passes(cancel.state(now, &self.operations)))
            .map(|cancel| self.cancel_submission(now, cancel));
        Answer::status(200).json(&published.chain(canceling).collect())
    }

    fn publish_answer(&self, now: Duration, operation: &PublishOperation) -> Answer {
        self.single(now, operation.state(now), self.publish_view(now, operation))
    }

    fn cancel_answer(&self, now: Duration, cancel: &CancelOperation) -> Answer {
        self.single(now, cancel.state(now, &self.operations), self.cancel_view(now, cancel))
    }

    /// One operation: documented as an array, observed as an object.
    fn single(&self, now: Duration, state: State, view: Value) -> Answer {
        let view = if self.operation_as_array { json!([view]) } else { view };
        self.polled(now, state, &view)
    }

    fn polled(&self, now: Duration, state: State, view: &Value) -> Answer {
        let answer = Answer::status(200).json(view);
        match &self.retry_after {
            Some(retry_after) if state.is_in_progress() => {
                let (name, value) = retry_after.header(now);
                answer.header(name, &value)
            }
            _ => answer,
        }
    }

    fn publish_view(&self, now: Duration, operation: &PublishOperation) -> Value {
        let state = operation.state(now);
        let mut view = self.view(now, state, operation.changed(now), operation.publishing_version);
        set(&mut view, "steps", steps(operation, now, &self.wording).into());
        if state.is_in_progress() && operation.stopped.is_none() {
            set(&mut view, "cancellationRequestState", "canCancel".into());
        }
        if state == State::Failed {
            set(&mut view, "error", json!({ "code": "PublishFailed", "message": "A step failed." }));
        }
        view
    }

    fn cancel_view(&self, now: Duration, cancel: &CancelOperation) -> Value {
        let state = cancel.state(now, &self.operations);
        let changed = match cancel.end(&self.operations) {
            Some((at, _)) if at <= now => at,
            _ => cancel.asked_at,
        };
        let mut view = self.view(now, state, changed, cancel.version);
        if state == State::Failed {
            set(&mut view, "error", "The operation could not be canceled.".into());
        }
        view
    }

    /// The members that every operation has.
    fn view(&self, now: Duration, state: State, changed: Duration, version: u32) -> Value {
        let (text, level) = match state {
            State::Failed => ("The operation failed.", "error"),
            State::NotStarted => ("The operation has not started.", "information"),
            _ => ("The operation was started.", "information"),
        };
        let text_or_object = if self.messages_as_text {
            json!(text)
        } else {
            message(&format!("<p>{text}</p>"), level, changed.min(now))
        };
        json!({
            "status": self.wording.operation(state),
            "messages": [text_or_object],
            "publishingVersion": version,
            "offerVersion": 1,
            "steps": [],
            "previewLinks": [],
            "liveLinks": [],
        })
    }

    fn submission(&self, now: Duration, operation: &PublishOperation) -> Value {
        let changed = operation.changed(now);
        self.entry(
            operation.id(),
            "publish",
            operation.state(now),
            changed,
            operation.publishing_version,
            &operation.slot,
        )
    }

    fn cancel_submission(&self, now: Duration, cancel: &CancelOperation) -> Value {
        let state = cancel.state(now, &self.operations);
        self.entry(&cancel.id, "cancel", state, cancel.asked_at, cancel.version, &cancel.slot)
    }

    fn entry(&self, id: &str, kind: &str, state: State, changed: Duration, version: u32, slot: &str) -> Value {
        json!({
            "id": id,
            "offerId": self.name,
            "offerVersion": 1,
            "offerTypeId": "microsoft-azure-virtualmachines",
            "publisherId": self.publisher,
            "submissionType": kind,
            "submissionState": self.wording.operation(state),
            "publishingVersion": version,
            "slot": match slot {
                "preview" => "staging",
                "live" => "production",
                other => other,
            },
            "version": calendar::ticks(changed),
            "definition": {},
            "changedTime": calendar::timestamp(changed),
        })
    }
}

fn set(view: &mut Value, member: &str, value: Value) {
    if let Some(members) = view.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}
