//! Drivers that break one rule each, to show that the check finds it. The machine itself has no switch for any of them.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

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
    /// Starts over instead of resuming the checkpoint.
    StartsOver,
    /// Resumes the checkpoint as if the POST had not left.
    TrustsThatThePostWasLost,
    /// Answers the recheck with the baseline.
    SkipsTheRecheck,
    /// Tells the machine the time at which the POST was due, instead of the time at which it leaves.
    HidesThatItWasKeptWaiting,
    /// Drops from a list what is not in the baseline.
    OverlooksOthers,
    /// Stops when the last attempt is in doubt.
    GivesUpAfterAttempts,
    /// Takes `completed` for `canceled`.
    TakesCompletedForCanceled,
    /// Waits for `canceled`, whatever else an operation says.
    WaitsForCanceled,
    /// Sends the request again to where a redirect points.
    FollowsRedirects,
}

/// What the driver makes of an answer before the machine sees it.
pub(super) fn distorted(
    mutant: Option<Mutant>,
    baseline: Option<&BTreeSet<String>>,
    response: Response<Bytes>,
) -> Response<Bytes> {
    let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
    match (mutant, baseline) {
        (Some(Mutant::TakesCompletedForCanceled), _) => {
            response.map(|body| text(&body).replace("\"completed\"", "\"canceled\"").into())
        }
        (Some(Mutant::WaitsForCanceled), _) => response.map(|body| {
            let running = "\"status\":\"running\"";
            let body = text(&body).replace("\"status\":\"completed\"", running);
            body.replace("\"status\":\"failed\"", running).into()
        }),
        (Some(Mutant::OverlooksOthers), Some(baseline)) => response.map(|body| without_others(baseline, body)),
        _ => response,
    }
}

fn without_others(baseline: &BTreeSet<String>, body: Bytes) -> Bytes {
    let Ok(Value::Array(mut entries)) = serde_json::from_slice(&body) else {
        return body;
    };
    entries.retain(|entry| entry["id"].as_str().is_some_and(|id| baseline.contains(id)));
    Value::Array(entries).to_string().into()
}

/// A list on which just these are in progress.
pub(super) fn list_of(running: &BTreeSet<String>) -> Response<Bytes> {
    let list: Value = running.iter().map(|id| json!({ "id": id, "submissionState": "running" })).collect();
    Response::new(list.to_string().into())
}

/// The checkpoint of a run that believes that its POST has not left.
pub(super) fn as_if_lost(mut checkpoint: Checkpoint) -> Checkpoint {
    if checkpoint.phase == SavedPhase::InDoubt {
        checkpoint.phase = SavedPhase::Posting;
    }
    checkpoint
}
