//! What left and what was heard of it, and the rules that need such a history: on a second POST, on the number of
//! POSTs, and on when a poll may leave. It also knows what of this a resumed run can know.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cancel_core::{Posted, Until};
use serde_json::Value;

use super::exchanges::{Heard, Kind};
use crate::expected::folded;
use crate::settings::Settings;

/// A POST that is kept waiting for longer than this has another list before it.
const FRESH: Duration = Duration::from_secs(5);

/// What became of the last POST that was handed out, as far as this side was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    NoneLeft,
    InFlight,
    /// 401, 408, 429: not processed.
    NotProcessed,
    /// Another 4xx.
    Refused,
    /// 200 or 202.
    Taken,
    InDoubt,
}

#[derive(Debug, Clone)]
pub(super) struct Ledger {
    fate: Fate,
    /// The fate before the POST that is in flight, in case that it never left.
    before: (Fate, bool),
    /// POSTs since the attempts were counted anew, and resumes since then.
    posts: u32,
    resumes: u32,
    left: bool,
    answered: bool,
    /// What was in progress on the first list that could be read, in lower case.
    baseline: Option<BTreeSet<String>>,
    /// What is in progress by the list that is the last answer.
    pub(super) running: Option<BTreeSet<String>>,
    /// When a list was answered last, and how many were asked for since the last exchange of another kind.
    listed: Duration,
    lists: u32,
    /// The last word for each operation that was polled by its id, folded.
    polled: BTreeMap<String, String>,
    /// The location said last that the cancel has failed.
    pub(super) cancel_failed: bool,
    /// In a row.
    pub(super) failed_gets: u8,
    /// It ends by then.
    pub(super) deadline: Duration,
    /// No poll leaves before.
    earliest: Duration,
}

impl Ledger {
    pub(super) fn new(settings: &Settings, now: Duration) -> Self {
        Self {
            fate: Fate::NoneLeft,
            before: (Fate::NoneLeft, false),
            posts: 0,
            resumes: 0,
            left: false,
            answered: false,
            baseline: None,
            running: None,
            listed: Duration::ZERO,
            lists: 0,
            polled: BTreeMap::new(),
            cancel_failed: false,
            failed_gets: 0,
            deadline: now.saturating_add(settings.deadline),
            earliest: Duration::ZERO,
        }
    }

    pub(super) fn left(&mut self, kind: &Kind, settings: &Settings, now: Duration) {
        match kind {
            Kind::Post => self.post_left(settings, now),
            Kind::Poll(_) => assert!(self.earliest <= now, "a poll before its time"),
            Kind::List => {}
        }
        self.running = None;
        self.lists = if *kind == Kind::List { self.lists + 1 } else { 0 };
    }

    /// A POST needs a reason.
    fn post_left(&mut self, settings: &Settings, now: Duration) {
        let only = settings.only_if_running();
        assert!(!settings.dry, "a POST in a dry run");
        assert!(only.is_none() || settings.until == Until::Verified, "a POST that stops more than is meant");
        let allowed = match self.fate {
            Fate::NoneLeft | Fate::NotProcessed | Fate::Refused => true,
            Fate::InDoubt => settings.until == Until::Verified || settings.ambiguous,
            Fate::InFlight | Fate::Taken => false,
        };
        assert!(allowed, "a POST although the last one is {:?}", self.fate);
        if settings.until == Until::Verified {
            let running = self.running.as_ref().expect("a POST without a list directly before it");
            assert!(!running.is_empty(), "a POST and nothing is in progress");
            let is_fresh = now.saturating_sub(self.listed) <= FRESH || self.lists > 1;
            assert!(is_fresh, "a POST on the word of an old list");
            assert!(only.is_none_or(|only| running.contains(&only)), "a POST although the one that is meant has ended");
            let baseline = self.baseline.as_ref().expect("there is a baseline");
            assert!(running.is_subset(baseline), "a POST that cancels more than {baseline:?}: {running:?}");
        }
        self.posts += 1;
        let bound = 2 * u32::from(settings.attempts) + self.resumes;
        assert!(self.posts <= bound, "POST number {}, and {bound} are allowed", self.posts);
        self.before = (self.fate, self.left);
        self.fate = Fate::InFlight;
        self.left = true;
    }

    pub(super) fn post_not_sent(&mut self) {
        (self.fate, self.left) = self.before;
    }

    /// It does not count.
    pub(super) fn post_not_attempted(&mut self) {
        self.post_not_sent();
        self.posts -= 1;
    }

    pub(super) fn post_lost(&mut self) {
        self.fate = Fate::InDoubt;
    }

    pub(super) fn answered(&mut self, kind: &Kind, heard: &Heard, now: Duration) {
        let status = heard.status;
        if *kind == Kind::Post {
            self.answered = true;
            self.fate = match status {
                200 | 202 => Fate::Taken,
                401 | 408 | 429 => Fate::NotProcessed,
                400..=499 => Fate::Refused,
                _ => Fate::InDoubt,
            };
        }
        match status {
            408 | 429 | 500..=599 if *kind != Kind::Post => self.get_failed(),
            401 => {}
            _ => self.failed_gets = 0,
        }
        let is_success = matches!(status, 200 | 204);
        match (kind, &heard.word) {
            (Kind::List, _) => {
                self.listed = now;
                self.running = heard.running.clone().filter(|_| is_success);
            }
            (Kind::Poll(id), Some(word)) if is_success => self.poll_answered(id.as_ref(), word),
            _ => {}
        }
    }

    /// A poll of an operation, where its path has an id of the baseline, or of a location.
    fn poll_answered(&mut self, id: Option<&String>, word: &str) {
        let is_tracked = |id: &&String| self.baseline.as_ref().is_some_and(|baseline| baseline.contains(*id));
        match id.filter(is_tracked) {
            Some(id) => drop(self.polled.insert(id.clone(), folded(word))),
            None => self.cancel_failed = folded(word) == "failed",
        }
    }

    pub(super) fn get_failed(&mut self) {
        self.failed_gets = self.failed_gets.saturating_add(1);
    }

    /// The machine has a baseline. It says itself which list it could read; the baseline is what that list has shown.
    pub(super) fn baseline_is_taken(&mut self) {
        if self.baseline.is_none() {
            self.baseline.clone_from(&self.running);
        }
    }

    pub(super) fn no_poll_before(&mut self, time: Duration) {
        self.earliest = time;
    }

    /// What is left of this when another process goes on from the checkpoint.
    pub(super) fn resumed(&mut self, checkpoint: &Value, now: Duration, settings: &Settings) {
        let over = !checkpoint["over"].is_null();
        let milliseconds = |name: &str| Duration::from_millis(checkpoint[name].as_u64().unwrap_or(u64::MAX));
        let (then, deadline) = (milliseconds("now_ms"), self.deadline.saturating_add(Duration::from_millis(1)));
        if self.fate == Fate::InFlight {
            self.fate = Fate::InDoubt;
        }
        let most = now.saturating_add(settings.deadline);
        self.deadline = match (over, now < then) {
            (true, _) => most,
            (false, true) => now.saturating_add(deadline.saturating_sub(then)).min(most),
            (false, false) => deadline.max(now).min(most),
        };
        if over || now < then {
            self.earliest = Duration::ZERO;
        }
        (self.posts, self.resumes) = if over { (0, 0) } else { (self.posts, self.resumes + 1) };
        self.running = None;
        self.lists = 0;
        self.failed_gets = 0;
        self.polled.clear();
        self.take_baseline_of(checkpoint);
    }

    /// All that a checkpoint by a stranger tells of the run before.
    pub(super) fn of_stranger(checkpoint: &Value, now: Duration, settings: &Settings) -> Self {
        let phase = &checkpoint["phase"];
        let mut ledger = Self::new(settings, now);
        ledger.fate = match phase["name"].as_str().unwrap_or_default() {
            "in_doubt" => Fate::InDoubt,
            "following" | "verifying" | "unfollowed" => Fate::Taken,
            _ => Fate::NoneLeft,
        };
        ledger.left = checkpoint["posted"] != "no";
        ledger.answered = checkpoint["posted"] == "yes";
        ledger.cancel_failed = phase["cancel_failed"] == true;
        ledger.take_baseline_of(checkpoint);
        ledger
    }

    fn take_baseline_of(&mut self, checkpoint: &Value) {
        let ids = checkpoint["phase"]["baseline"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let ids: BTreeSet<_> = ids.map(str::to_ascii_lowercase).collect();
        if !ids.is_empty() {
            self.baseline = Some(ids);
        }
    }

    /// What the machine must say of its POSTs.
    pub(super) fn posted(&self) -> Posted {
        match (self.answered, self.left) {
            (true, _) => Posted::Yes,
            (false, true) => Posted::Maybe,
            (false, false) => Posted::No,
        }
    }

    /// The operations of the baseline, each with the last word that a poll had for it. `None` before its first poll.
    pub(super) fn baseline(&self) -> Vec<(&str, Option<&str>)> {
        let baseline = self.baseline.as_ref().expect("there is a baseline");
        baseline.iter().map(|id| (id.as_str(), self.polled.get(id).map(String::as_str))).collect()
    }
}
