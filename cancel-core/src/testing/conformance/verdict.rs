//! Judges a conversation, by its result and by the calls to the portal, and describes what is wrong with it.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use super::{OFFER, PUBLISHER, SPEED, Scenario};
use crate::testing::ledger::{Said, check_said};
use crate::testing::portal::{CallRecord, Portal};
use crate::{Error, Outcome};

/// How many calls are shown.
const SHOWN: usize = 20;

/// How a conversation ended, whether that is a value or JSON of another process.
pub(super) struct Ending<'a> {
    /// Such as `canceled, verified, posted yes` or `missing_location, posted yes`.
    words: String,
    /// Of an error.
    message: Option<String>,
    /// Of an outcome.
    said: Option<Said<'a>>,
}

impl<'a> Ending<'a> {
    pub(super) fn of(result: &'a Result<Outcome, Error>) -> Self {
        match result {
            Ok(outcome) => Self::with(Said::of(outcome), outcome.posted().as_str()),
            Err(error) => Self::failed(error.kind().as_str(), error.posted().as_str(), error.to_string()),
        }
    }

    pub(super) fn in_json(result: &'a Value) -> Self {
        let word = |value: &'a Value, name| value.get(name).and_then(Value::as_str);
        let posted = word(result, "posted").unwrap_or("?");
        if let Some(error) = result.get("error") {
            let message = word(error, "message").unwrap_or_default();
            return Self::failed(word(error, "kind").unwrap_or("?"), posted, message.to_owned());
        }
        let operations = result.get("operations").and_then(Value::as_array).into_iter().flatten();
        let said = Said {
            outcome: word(result, "outcome").unwrap_or("?"),
            proof: word(result, "proof").and_then(|proof| proof.parse().ok()),
            status: word(result, "status"),
            operations: operations.filter_map(|one| Some((word(one, "id")?, word(one, "status")?))).collect(),
        };
        Self::with(said, posted)
    }

    fn with(said: Said<'a>, posted: &str) -> Self {
        let proof = said.proof.map(|proof| format!("{proof}, ")).unwrap_or_default();
        Self { words: format!("{}, {proof}posted {posted}", said.outcome), message: None, said: Some(said) }
    }

    fn failed(kind: &str, posted: &str, message: String) -> Self {
        Self { words: format!("{kind}, posted {posted}"), message: Some(message), said: None }
    }
}

/// No findings are the verdict that it passes. Otherwise they are the error, and all calls after them.
pub(super) fn of(findings: &[String], portal: &Portal) -> Result<(), String> {
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{}", findings.join("\n"), calls(portal.calls())))
}

impl Scenario {
    /// All findings, the worst first: a POST too many may cancel a publish by mistake.
    pub(super) fn findings(&self, ending: &Ending<'_>, portal: &Portal, now: Duration) -> Vec<String> {
        let calls = portal.calls();
        let ways = [
            self.posts_differ(portal.posts()),
            self.ends_differ(ending),
            went_elsewhere(calls),
            without_token(calls),
            compressed(calls),
            self.came_back_early(calls),
            self.left_early(portal),
            lies(ending, &portal.truth(PUBLISHER, OFFER, now)),
        ];
        ways.into_iter().flatten().collect()
    }

    fn posts_differ(&self, posts: usize) -> Option<String> {
        let expected = self.posts;
        if posts > expected {
            return Some(format!(
                "{posts} POSTs came instead of {expected}: something sends a request again, and a second POST cancels \
                 a second time. Turn off every retry below the adapter, also that for a reused connection that breaks"
            ));
        }
        (posts < expected).then(|| format!("{posts} POSTs came instead of {expected}: {}", self.must))
    }

    fn ends_differ(&self, ending: &Ending<'_>) -> Option<String> {
        let (ended, expected) = (&ending.words, self.expected);
        let said = ending.message.as_ref().map(|message| format!(" ({message})")).unwrap_or_default();
        (ended != expected).then(|| format!("it ended with `{ended}` instead of `{expected}`: {}{said}", self.must))
    }

    /// A wait may be a quarter too short: a clock can be coarse, and the adapter and the portal have different
    /// clocks.
    fn came_back_early(&self, calls: &[CallRecord]) -> Option<String> {
        let mut from_refused = calls.iter().skip_while(|call| call.status != Some(429));
        let (refused, next) = (from_refused.next()?, from_refused.next()?);
        let (waited, asked) = (next.at.saturating_sub(refused.at) / SPEED, self.pause);
        (waited < asked * 3 / 4)
            .then(|| format!("the next call came {waited:?} after the 429, which asked for {asked:?}: {}", self.must))
    }

    fn left_early(&self, portal: &Portal) -> Option<String> {
        let unplayed = portal.unplayed();
        (unplayed > 0).then(|| format!("it ended too early, {unplayed} scripted answers are left: {}", self.must))
    }
}

fn went_elsewhere(calls: &[CallRecord]) -> Option<String> {
    let call = calls.iter().find(|call| call.call.is_none())?;
    Some(format!("it goes where a redirect points: turn redirects off. {}", line(call)))
}

fn without_token(calls: &[CallRecord]) -> Option<String> {
    let call = calls.iter().find(|call| !call.has_authorization)?;
    Some(format!("it sends no token (Authorization): send every header of the request. {}", line(call)))
}

fn compressed(calls: &[CallRecord]) -> Option<String> {
    // Some clients always send the header, and then it must say that nothing is compressed.
    let asks = |asked: &str| !asked.trim().is_empty() && !asked.trim().eq_ignore_ascii_case("identity");
    let call = calls.iter().find(|call| call.header("accept-encoding").is_some_and(asks))?;
    Some(format!("it asks for a compressed answer (Accept-Encoding): turn decompression off. {}", line(call)))
}

/// An outcome must say what became of the operations.
fn lies(ending: &Ending<'_>, truth: &[(String, &'static str)]) -> Option<String> {
    let violation = check_said(ending.said.as_ref()?, truth).err()?;
    Some(format!("{}: each answer must be handed in for its own exchange", violation.why))
}

/// The calls to the portal, one in a line.
fn calls(calls: &[CallRecord]) -> String {
    let mut text = format!("{} calls:", calls.len());
    for call in calls.iter().take(SHOWN) {
        // Writing to a string does not fail.
        let _ = write!(text, "\n  {}", line(call));
    }
    if calls.len() > SHOWN {
        text += "\n  …";
    }
    text
}

fn line(call: &CallRecord) -> String {
    let CallRecord { method, path_and_query, .. } = call;
    let path = path_and_query.split('?').next().unwrap_or_default();
    match call.status {
        Some(status) => format!("{method} {path} → {status}"),
        None => format!("{method} {path} → lost"),
    }
}
