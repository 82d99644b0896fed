//! What the shared ledger does not keep: when a poll may leave and when it must be over, failures in a row, and the
//! last word for each operation.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::exchanges::{Heard, Kind};
use super::resume::saved_phase;
use crate::expected::{folded, is_canceled, is_end, is_failed};
use crate::settings::Settings;

#[derive(Debug, Clone)]
pub(super) struct Waits {
    /// It ends by then.
    pub(super) deadline: Duration,
    /// No poll leaves before; but in a verified run the location is polled beside the baseline, when the service's wait
    /// is over.
    pub(super) earliest: Duration,
    pub(super) asked: Duration,
    /// The last poll was refused: the list follows at once, and after a crash another poll.
    pub(super) was_refused: bool,
    /// The operation that was polled last: a list that is read instead counts only where it has this one.
    polled_last: Option<String>,
    /// Lists in a row that were to tell what a refused poll did not, and did not end it either.
    pub(super) unknown: u8,
    /// In a row.
    pub(super) failed_gets: u8,
    /// The last word for each operation that was polled by its id, folded.
    pub(super) polled: BTreeMap<String, String>,
    /// When a location said that the cancel has failed, and how many answers have shown the baseline in progress since.
    pub(super) cancel_failed: Option<(Duration, u32)>,
}

impl Waits {
    pub(super) fn new(settings: &Settings, now: Duration) -> Self {
        Self {
            deadline: now.saturating_add(settings.deadline),
            earliest: Duration::ZERO,
            asked: Duration::ZERO,
            was_refused: false,
            polled_last: None,
            unknown: 0,
            failed_gets: 0,
            polled: BTreeMap::new(),
            cancel_failed: None,
        }
    }

    /// `is_tracked` says whether an id is one of the baseline.
    pub(super) fn answered(&mut self, kind: &Kind, heard: &Heard, now: Duration, is_tracked: impl Fn(&str) -> bool) {
        match heard.status {
            408 | 429 | 500..=599 if *kind != Kind::Post => self.get_failed(),
            401 => {}
            _ => self.failed_gets = 0,
        }
        let tells_something = match heard.status {
            200 => !heard.is_too_large,
            status => matches!(status, 202 | 401 | 408 | 429 | 500..=599),
        };
        match kind {
            Kind::List if self.was_refused && heard.status != 401 => self.unknown = self.unknown.saturating_add(1),
            Kind::Poll(_) if heard.status == 202 || (heard.word.is_some() && heard.status == 200) => self.unknown = 0,
            _ => {}
        }
        self.was_refused = match kind {
            Kind::Poll(_) => !tells_something,
            // The list is asked for again, with another token.
            _ => self.was_refused && heard.status == 401,
        };
        if let Kind::Poll(id) = kind {
            self.polled_last.clone_from(id);
        }
        if let (Kind::Poll(id), Some(word), 200) = (kind, &heard.word, heard.status) {
            match id.as_ref().filter(|id| is_tracked(id)) {
                Some(id) => drop(self.polled.insert(id.clone(), folded(word))),
                None if is_failed(word) => self.cancel_failed = Some((now, 0)),
                None => {}
            }
        }
        let is_running = heard.status == 202 || heard.word.as_ref().is_some_and(|word| !is_end(word));
        if let (Some((_, polls)), Kind::Poll(Some(id)), true) = (&mut self.cancel_failed, kind, is_running) {
            *polls += u32::from(is_tracked(id));
        }
    }

    /// The list told the states of the baseline, since a poll was refused.
    pub(super) fn listed<'a>(&mut self, list: impl Iterator<Item = (&'a str, &'a str)> + Clone) {
        if !list.clone().any(|(id, _)| self.polled_last.as_deref() == Some(&id.to_ascii_lowercase())) {
            return;
        }
        let is_running = list.clone().any(|(_, word)| !is_end(word));
        let is_known = |id: &str| self.polled.get(&id.to_ascii_lowercase()).is_some_and(|word| is_end(word));
        let mut rows: Vec<_> = list.filter(|(id, _)| !is_known(id)).collect();
        // Of two rows of an operation the one in progress counts, and before a cancel another end.
        rows.sort_by_key(|(_, word)| (!is_end(word), !is_canceled(&folded(word))));
        for (id, word) in rows {
            self.polled.insert(id.to_ascii_lowercase(), folded(word));
        }
        if let Some((_, polls)) = &mut self.cancel_failed {
            *polls += u32::from(is_running);
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
        if over || now < then || self.was_refused {
            self.earliest = Duration::ZERO;
        }
        self.for_one_poll(checkpoint, now, settings);
        self.cancel_failed = cancel_failed(checkpoint, now);
        self.failed_gets = 0;
        self.polled.clear();
    }

    /// There is time for a poll, even when the deadline has passed meanwhile; also of a baseline that was to be posted
    /// for again.
    pub(super) fn for_one_poll(&mut self, checkpoint: &Value, now: Duration, settings: &Settings) {
        let polls = match saved_phase(checkpoint).0 {
            "following" | "verifying" => true,
            "rechecking" => checkpoint["posted"] != "no",
            _ => false,
        };
        let enough = now.saturating_add(settings.timeout);
        let milliseconds = |name: &str| Duration::from_millis(checkpoint[name].as_u64().unwrap_or(u64::MAX));
        let left = milliseconds("deadline_ms").saturating_sub(now.max(milliseconds("now_ms")));
        let written = if checkpoint["over"].is_null() { now.saturating_add(left) } else { self.deadline };
        // Written times are cut to milliseconds, at each resume again.
        if polls && self.deadline.min(written) <= enough.saturating_add(Duration::from_millis(100)) {
            self.deadline = self.deadline.max(enough);
            self.earliest = Duration::ZERO;
        }
    }
}

/// What a checkpoint says of a cancel that has failed. The time between then and now counts where the clock goes on.
pub(super) fn cancel_failed(checkpoint: &Value, now: Duration) -> Option<(Duration, u32)> {
    let failed = &saved_phase(checkpoint).1["cancel_failed"];
    let milliseconds = |number: &Value| number.as_u64().map(Duration::from_millis);
    let (then, since) = (milliseconds(&checkpoint["now_ms"])?, milliseconds(&failed["since_ms"])?);
    let ago = now.saturating_sub(then).saturating_add(then.saturating_sub(since));
    Some((now.saturating_sub(ago), u32::try_from(failed["polls"].as_u64()?).ok()?))
}
