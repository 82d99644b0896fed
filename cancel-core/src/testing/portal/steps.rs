//! The six documented steps of a publish, as they stand at a time.
//!
//! One runs after the other, each for a sixth of the operation. They say where the operation is, and decide
//! nothing about it.

use std::time::Duration;

use serde_json::{Value, json};

use super::calendar;
use super::operation::{PublishOperation, State};
use super::wording::Wording;

struct Step {
    id: &'static str,
    name: &'static str,
    /// An optional member.
    time_frame: Option<&'static str>,
}

const STEPS: [Step; 6] = [
    Step { id: "displaydummycertify", name: "Validate prerequisites", time_frame: Some("< 15 min") },
    Step { id: "displaycertify", name: "Certification", time_frame: Some("< 1 day") },
    Step { id: "displayprovision", name: "Provisioning", time_frame: Some("< 4 days") },
    Step { id: "displaypackage", name: "Packaging and lead generation registration", time_frame: Some("< 1 hour") },
    Step { id: SIGN_OFF, name: "Publisher signoff", time_frame: None },
    Step { id: "live", name: "Live", time_frame: Some("< 4 days") },
];

const SIGN_OFF: &str = "publisher-signoff";

/// One entry of `messages`.
pub(super) fn message(html: &str, level: &str, at: Duration) -> Value {
    json!({ "messageHtml": html, "level": level, "timestamp": calendar::timestamp(at) })
}

/// The `steps` of an operation.
pub(super) fn steps(operation: &PublishOperation, now: Duration, wording: &Wording) -> Vec<Value> {
    let state = operation.state(now);
    let (current, percent) = position(operation, now);
    STEPS
        .iter()
        .enumerate()
        .map(|(index, step)| {
            if state == State::Completed || index < current {
                (step, State::Completed, 100)
            } else if index == current {
                (step, state, percent)
            } else {
                (step, State::NotStarted, 0)
            }
        })
        .map(|(step, state, percent)| written(step, state, percent, operation.changed(now), wording))
        .collect()
}

/// Which step an operation that has not completed is in, and how far in percent.
fn position(operation: &PublishOperation, now: Duration) -> (usize, u64) {
    let Some(reached) = operation.hundredths_of_steps(now, 6) else {
        return (0, 0);
    };
    if operation.waits_for_sign_off() {
        return (STEPS.iter().position(|step| step.id == SIGN_OFF).unwrap_or(0), 0);
    }
    // The last step has not ended as long as the operation has not.
    let reached = reached.min(599);
    (usize::try_from(reached / 100).unwrap_or(0), u64::try_from(reached % 100).unwrap_or(0))
}

fn written(step: &Step, state: State, percent: u64, changed: Duration, wording: &Wording) -> Value {
    let messages = match state {
        State::NotStarted => Vec::new(),
        State::Failed => vec![message("<p>The step failed.</p>", "error", changed)],
        _ => vec![message("<p>The step was started.</p>", "information", changed)],
    };
    let mut written = json!({
        "id": step.id,
        "stepName": step.name,
        "description": format!("{} is one of six steps.", step.name),
        "status": wording.step(state),
        "messages": messages,
        "progressPercentage": percent,
    });
    if let (Some(members), Some(time_frame)) = (written.as_object_mut(), step.time_frame) {
        members.insert("estimatedTimeFrame".to_owned(), time_frame.into());
    }
    written
}
