//! How answers and outcomes are read: apart from the client's own parsing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Rule, Verdict, must};
use crate::machine::{Outcome, Proof};

/// What an outcome says of operations, whether it is a value or JSON of another process.
pub(in crate::testing) struct Said<'a> {
    pub(in crate::testing) outcome: &'a str,
    pub(in crate::testing) proof: Option<Proof>,
    /// Of the operation that decided.
    pub(in crate::testing) status: Option<&'a str>,
    /// Each id with its status.
    pub(in crate::testing) operations: Vec<(&'a str, &'a str)>,
}

impl<'a> Said<'a> {
    pub(in crate::testing) fn of(outcome: &'a Outcome) -> Self {
        let operations = outcome.operations().iter();
        Self {
            outcome: outcome.as_str(),
            proof: outcome.proof(),
            status: outcome.status(),
            operations: operations.map(|tracked| (tracked.id().as_str(), tracked.status())).collect(),
        }
    }
}

/// What an outcome says of operations is true of them. Until one has ended, anything may be said of it.
///
/// # Errors
///
/// When it is not.
pub fn check_outcome(outcome: &Outcome, truth: &[(String, &str)]) -> Verdict {
    check_said(&Said::of(outcome), truth)
}

/// As [`check_outcome`].
pub(in crate::testing) fn check_said(said: &Said<'_>, truth: &[(String, &str)]) -> Verdict {
    let true_of = |id: &str| truth.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, word)| *word);
    let words: Vec<_> = said.operations.iter().map(|(id, status)| (*status, true_of(id))).collect();
    let all = |is: fn(&str) -> bool| !words.is_empty() && words.iter().all(|(_, word)| word.is_some_and(is));
    let is_true = match (said.outcome, said.proof) {
        ("canceled", Some(Proof::Verified)) => all(is_canceled),
        ("ended", Some(Proof::Verified)) => all(is_end) && !all(is_canceled) && !said.status.is_some_and(is_canceled),
        ("canceled", Some(Proof::ByLocation)) => truth.iter().any(|(_, word)| is_canceled(word)),
        ("still_running", _) => words.iter().any(|(_, word)| word.is_some_and(|word| !is_end(word))),
        _ => true,
    };
    let ends_are_true = words
        .iter()
        .filter(|(said, _)| is_end(said))
        .all(|(said, word)| word.is_some_and(|word| is_end(word) && is_canceled(word) == is_canceled(said)));
    must(Rule::Truth, is_true && ends_are_true, || {
        format!("{} ({:?}) with {words:?}, and the truth is {truth:?}", said.outcome, said.proof)
    })
}

/// The ids of what is in progress by a list, in lower case. `None` when it is no list.
pub(super) fn in_progress(body: &[u8]) -> Option<BTreeSet<String>> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let list: Value = serde_json::from_slice(body).ok()?;
    let word = |entry: &Value, name| Some(entry.get(name)?.as_str()?.to_owned());
    let mut running = BTreeSet::new();
    for entry in list.as_array()? {
        let kind = word(entry, "submissionType").map(|kind| folded(&kind));
        let is_cancel = kind.is_some_and(|kind| matches!(&*kind, "cancel" | "cancellation" | "cancelation"));
        if !is_end(&word(entry, "submissionState")?) && !is_cancel {
            running.insert(word(entry, "id")?.to_ascii_lowercase());
        }
    }
    Some(running)
}

/// Whether the body of a 200 to a POST can be the service's.
pub(super) fn is_acknowledgement(body: &[u8]) -> bool {
    let nothing = [json!(null), json!(false), json!(""), json!({}), json!([])];
    let names_error = |tree: Value| tree.get("error").is_some_and(|error| !nothing.contains(error));
    body.trim_ascii().is_empty() || serde_json::from_slice(body).is_ok_and(|tree| !names_error(tree))
}

/// A word of the service as all of its spellings are. A text of more than 256 characters is no word of the service.
fn folded(word: &str) -> String {
    let word = if word.chars().count() > 256 { "" } else { word };
    word.replace([' ', '-', '_'], "").to_ascii_lowercase()
}

/// Whether a status says that an operation was canceled.
#[must_use]
pub fn is_canceled(word: &str) -> bool {
    matches!(&*folded(word), "canceled" | "cancelled")
}

/// Whether a status says that an operation has ended.
#[must_use]
pub fn is_end(word: &str) -> bool {
    is_canceled(word) || matches!(&*folded(word), "completed" | "complete" | "succeeded" | "failed")
}
