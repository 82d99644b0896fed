//! Drivers that break one rule each, to show that the check finds it. The machine itself has no switch for any of them.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::setting::{OPERATIONS, Set, one};
use crate::machine::Checkpoint;
use crate::machine::checkpoint::SavedPhase;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutant {
    /// Sends the same POST again when the connection breaks.
    RepeatsAfterMaybeSent,
    /// Says of a lost answer that nothing was sent.
    ReportsNotSent,
    /// Lets the POST go first and writes the checkpoint afterwards.
    WritesAfterSending,
    /// Begins anew instead of resuming the checkpoint.
    BeginsAnew,
    /// Goes on from the checkpoint as if the POST had not left.
    TrustsThatThePostWasLost,
    /// Answers the second look from what the first one showed.
    SkipsTheSecondLook,
    /// Tells the machine the time of when it wanted to post, and not that of when it can.
    HidesThatItWasKeptWaiting,
    /// Drops from a list what was not noted.
    OverlooksOthers,
    /// Takes `completed` for `canceled`.
    TakesCompletedForCanceled,
    /// Waits for `canceled`, whatever else an operation says.
    WaitsForCanceled,
    /// Sends the request again to where a redirect points.
    FollowsRedirects,
}

/// What the driver makes of an answer before the machine sees it.
pub(super) fn distorted(mutant: Option<Mutant>, noted: Option<Set>, response: Response<Bytes>) -> Response<Bytes> {
    let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
    match mutant {
        Some(Mutant::TakesCompletedForCanceled) => {
            response.map(|body| text(&body).replace("\"completed\"", "\"canceled\"").into())
        }
        Some(Mutant::WaitsForCanceled) => response.map(|body| {
            let running = "\"status\":\"running\"";
            let body = text(&body).replace("\"status\":\"completed\"", running);
            body.replace("\"status\":\"failed\"", running).into()
        }),
        Some(Mutant::OverlooksOthers) => match noted {
            Some(noted) => response.map(|body| without_others(noted, body)),
            None => response,
        },
        _ => response,
    }
}

fn without_others(noted: Set, body: Bytes) -> Bytes {
    let Ok(Value::Array(mut entries)) = serde_json::from_slice(&body) else {
        return body;
    };
    let is_noted =
        |id: &Value| OPERATIONS.iter().enumerate().any(|(index, name)| id == name && noted & one(index) != 0);
    entries.retain(|entry| is_noted(&entry["id"]));
    Value::Array(entries).to_string().into()
}

/// A list on which just these are in progress.
pub(super) fn list_of(running: Set) -> Response<Bytes> {
    let ids = OPERATIONS.iter().enumerate().filter(|(index, _)| running & one(*index) != 0);
    let list: Value = ids.map(|(_, id)| json!({ "id": id, "submissionState": "running" })).collect();
    Response::new(list.to_string().into())
}

/// The checkpoint of a run that believes that its POST has not left.
pub(super) fn as_if_lost(mut checkpoint: Checkpoint) -> Checkpoint {
    if checkpoint.phase == SavedPhase::InDoubt {
        checkpoint.phase = SavedPhase::Posting;
    }
    checkpoint
}
