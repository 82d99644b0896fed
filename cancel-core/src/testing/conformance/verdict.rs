//! Judges a conversation, by its result and by the calls to the portal, and describes what is wrong with it.

use std::fmt::Write;
use std::time::Duration;

use super::{OFFER, PUBLISHER, SPEED, Scenario};
use crate::testing::ledger::check_outcome;
use crate::testing::portal::{CallRecord, Portal};
use crate::{Error, Outcome, Posted};

/// How many calls are shown.
const SHOWN: usize = 20;

impl Scenario {
    /// All findings, the worst first: a POST too many may cancel a publish by mistake.
    pub(super) fn findings(&self, result: &Result<Outcome, Error>, portal: &Portal, now: Duration) -> Vec<String> {
        let calls = portal.calls();
        let ways = [
            self.posts_differ(portal.posts()),
            self.ends_differ(result),
            went_elsewhere(calls),
            without_token(calls),
            compressed(calls),
            self.came_back_early(calls),
            self.left_early(portal),
            lies(result, &portal.truth(PUBLISHER, OFFER, now)),
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

    fn ends_differ(&self, result: &Result<Outcome, Error>) -> Option<String> {
        let (ended, expected) = (in_words(result), self.expected);
        let said = result.as_ref().err().map(|error| format!(" ({error})")).unwrap_or_default();
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

/// Such as `canceled, verified, posted yes` or `missing_location, posted yes`.
fn in_words(result: &Result<Outcome, Error>) -> String {
    let posted = |posted: Posted| format!("posted {posted}");
    match result {
        Ok(outcome) => match outcome.proof() {
            Some(proof) => format!("{}, {proof}, {}", outcome.as_str(), posted(outcome.posted())),
            None => format!("{}, {}", outcome.as_str(), posted(outcome.posted())),
        },
        Err(error) => format!("{}, {}", error.kind(), posted(error.posted())),
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
    let call = calls.iter().find(|call| call.header("accept-encoding").is_some())?;
    Some(format!("it asks for a compressed answer (Accept-Encoding): turn decompression off. {}", line(call)))
}

/// An outcome must say what became of the operations.
fn lies(result: &Result<Outcome, Error>, truth: &[(String, &'static str)]) -> Option<String> {
    let violation = check_outcome(result.as_ref().ok()?, truth).err()?;
    Some(format!("{}: each answer must be handed in for its own exchange", violation.why))
}

/// The calls to the portal, one in a line.
pub(super) fn calls(calls: &[CallRecord]) -> String {
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
