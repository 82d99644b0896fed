//! What the shared ledger does not keep: when a poll may leave and when it must be over, failures in a row, and the last
//! word for each operation.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::exchanges::{Heard, Kind};
use crate::expected::folded;
use crate::settings::Settings;

#[derive(Debug, Clone)]
pub(super) struct Waits {
    /// It ends by then.
    pub(super) deadline: Duration,
    /// No poll leaves before.
    pub(super) earliest: Duration,
    /// In a row.
    pub(super) failed_gets: u8,
    /// The last word for each operation that was polled by its id, folded.
    pub(super) polled: BTreeMap<String, String>,
    /// A location said last that the cancel has failed.
    pub(super) cancel_failed: bool,
}

impl Waits {
    pub(super) fn new(settings: &Settings, now: Duration) -> Self {
        Self {
            deadline: now.saturating_add(settings.deadline),
            earliest: Duration::ZERO,
            failed_gets: 0,
            polled: BTreeMap::new(),
            cancel_failed: false,
        }
    }

    /// `is_tracked` says whether an id is one of the baseline.
    pub(super) fn answered(&mut self, kind: &Kind, heard: &Heard, is_tracked: impl Fn(&str) -> bool) {
        match heard.status {
            408 | 429 | 500..=599 if *kind != Kind::Post => self.get_failed(),
            401 => {}
            _ => self.failed_gets = 0,
        }
        if let (Kind::Poll(id), Some(word), 200 | 204) = (kind, &heard.word, heard.status) {
            match id.as_ref().filter(|id| is_tracked(id)) {
                Some(id) => drop(self.polled.insert(id.clone(), folded(word))),
                None => self.cancel_failed = folded(word) == "failed",
            }
        }
    }

    pub(super) fn get_failed(&mut self) {
        self.failed_gets = self.failed_gets.saturating_add(1);
    }

    /// What is left of this when another process goes on from the checkpoint.
    pub(super) fn resumed(&mut self, checkpoint: &Value, now: Duration, settings: &Settings) {
        let over = !checkpoint["over"].is_null();
        let milliseconds = |name: &str| Duration::from_millis(checkpoint[name].as_u64().unwrap_or(u64::MAX));
        let (then, deadline) = (milliseconds("now_ms"), self.deadline.saturating_add(Duration::from_millis(1)));
        let most = now.saturating_add(settings.deadline);
        self.deadline = match (over, now < then) {
            (true, _) => most,
            (false, true) => now.saturating_add(deadline.saturating_sub(then)).min(most),
            (false, false) => deadline.max(now).min(most),
        };
        if over || now < then {
            self.earliest = Duration::ZERO;
        }
        self.failed_gets = 0;
        self.polled.clear();
    }
}
