//! What a referee remembers of a run, and what of it survives a crash: what the last checkpoint could know.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::super::expected::{folded, is_end};
use super::super::settings::Settings;
use crate::machine::{Posted, Until};

/// A POST that is kept waiting for longer than this has another look before it.
const FRESH: Duration = Duration::from_secs(5);

/// What became of the last POST that was handed out, as far as anybody on this side was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    NoneLeft,
    Out,
    /// 401, 408, 429: not processed.
    NotProcessed,
    /// Another 4xx.
    Refused,
    /// 200 or 202.
    Taken,
    Unknown,
}

#[derive(Debug, Clone)]
pub(super) struct Memory {
    pub(super) fate: Fate,
    /// The fate before the POST that is out, in case it never left.
    before: (Fate, bool),
    /// POSTs since the tries were counted anew, and resumes since then.
    posts: u32,
    resumes: u32,
    left: bool,
    answered: bool,
    /// What was in progress on the first list that could be read, in lower case.
    pub(super) noted: Option<BTreeSet<String>>,
    /// What was in progress by the list that is the last thing that was answered.
    pub(super) look: Option<BTreeSet<String>>,
    /// When a list was answered last, and how many were asked for since the last exchange of another kind.
    pub(super) listed: Duration,
    pub(super) lists: u32,
    /// The last word for each operation that was looked at by its id, folded.
    pub(super) seen: BTreeMap<String, String>,
    /// The location said last that the cancel has failed.
    pub(super) cancel_failed: bool,
    /// GETs in a row that have failed.
    pub(super) failures: u8,
    /// It ends by then.
    pub(super) deadline: Duration,
    /// No look is taken before.
    pub(super) earliest: Duration,
}

impl Memory {
    pub(super) fn new(settings: &Settings, now: Duration) -> Self {
        Self {
            fate: Fate::NoneLeft,
            before: (Fate::NoneLeft, false),
            posts: 0,
            resumes: 0,
            left: false,
            answered: false,
            noted: None,
            look: None,
            listed: Duration::ZERO,
            lists: 0,
            seen: BTreeMap::new(),
            cancel_failed: false,
            failures: 0,
            deadline: now.saturating_add(settings.deadline),
            earliest: Duration::ZERO,
        }
    }

    /// A POST needs a reason.
    pub(super) fn post_leaves(&mut self, settings: &Settings, now: Duration) {
        assert!(!settings.dry, "a POST in a dry run");
        assert!(settings.only.is_none() || settings.until == Until::Verified, "a POST that stops more than is meant");
        let allowed = match self.fate {
            Fate::NoneLeft | Fate::NotProcessed | Fate::Refused => true,
            Fate::Unknown => settings.until == Until::Verified || settings.ambiguous,
            Fate::Out | Fate::Taken => false,
        };
        assert!(allowed, "a POST although the last one is {:?}", self.fate);
        if settings.until == Until::Verified {
            let look = self.look.clone().expect("a POST without a look directly before it");
            assert!(!look.is_empty(), "a POST and nothing is in progress");
            let is_fresh = now.saturating_sub(self.listed) <= FRESH || self.lists > 1;
            assert!(is_fresh, "a POST on the word of an old list");
            let only = settings.only.as_ref().map(|id| id.to_ascii_lowercase());
            assert!(only.is_none_or(|only| look.contains(&only)), "a POST although the one that is meant is over");
            let noted = self.noted.as_ref().expect("nothing was noted");
            assert!(look.is_subset(noted), "a POST that cancels what was started since: {look:?}, noted {noted:?}");
        }
        self.posts += 1;
        let bound = 2 * u32::from(settings.attempts) + self.resumes;
        assert!(self.posts <= bound, "POST number {}, and {bound} are allowed", self.posts);
        self.before = (self.fate, self.left);
        self.fate = Fate::Out;
        self.left = true;
    }

    pub(super) fn post_not_sent(&mut self) {
        (self.fate, self.left) = self.before;
    }

    /// The caller kept it, which counts for nothing.
    pub(super) fn post_withheld(&mut self) {
        self.post_not_sent();
        self.posts -= 1;
    }

    pub(super) fn post_lost(&mut self) {
        self.fate = Fate::Unknown;
    }

    pub(super) fn post_answered(&mut self, status: u16) {
        self.answered = true;
        self.fate = match status {
            200 | 202 => Fate::Taken,
            401 | 408 | 429 => Fate::NotProcessed,
            400..=499 => Fate::Refused,
            _ => Fate::Unknown,
        };
    }

    /// What the machine must say of its POSTs.
    pub(super) fn posted(&self) -> Posted {
        match (self.answered, self.left) {
            (true, _) => Posted::Yes,
            (false, true) => Posted::Maybe,
            (false, false) => Posted::No,
        }
    }

    /// What is left of this when another process goes on.
    pub(super) fn resumed(&mut self, checkpoint: &Value, now: Duration, settings: &Settings) {
        let over = !checkpoint["over"].is_null();
        let milliseconds = |name: &str| Duration::from_millis(checkpoint[name].as_u64().unwrap_or(u64::MAX));
        let (then, deadline) = (milliseconds("now_ms"), self.deadline.saturating_add(Duration::from_millis(1)));
        if self.fate == Fate::Out {
            self.fate = Fate::Unknown;
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
        self.look = None;
        self.lists = 0;
        self.failures = 0;
        self.seen.clear();
        self.note(checkpoint);
    }

    /// All that can be told of a run from a checkpoint that somebody else wrote.
    pub(super) fn of_stranger(checkpoint: &Value, now: Duration, settings: &Settings) -> Self {
        let word = |name: &str| checkpoint[name].as_str().unwrap_or_default();
        let mut memory = Self::new(settings, now);
        memory.fate = match word("stage") {
            "doubtful" => Fate::Unknown,
            "watching" | "unfollowed" => Fate::Taken,
            _ => Fate::NoneLeft,
        };
        memory.left = word("posted") != "no";
        memory.answered = word("posted") == "yes";
        memory.cancel_failed = checkpoint["cancel_failed"] == true;
        memory.note(checkpoint);
        memory
    }

    fn note(&mut self, checkpoint: &Value) {
        let ids = checkpoint["noted"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let ids: BTreeSet<_> = ids.map(str::to_ascii_lowercase).collect();
        if !ids.is_empty() {
            self.noted = Some(ids);
        }
    }

    /// Every noted operation was seen to have ended, and these are the words.
    pub(super) fn ends_of_noted(&self) -> Vec<&str> {
        let noted = self.noted.as_ref().expect("nothing was noted");
        let word = |id: &String| self.seen.get(id).unwrap_or_else(|| panic!("{id} was never seen")).as_str();
        let words: Vec<_> = noted.iter().map(word).collect();
        assert!(words.iter().all(|word| is_end(word)), "not all have ended: {words:?}");
        words
    }

    /// A look at an operation, where its path has an id, or at a location.
    pub(super) fn saw(&mut self, id: Option<&str>, word: &str) {
        let id = id.map(str::to_ascii_lowercase);
        let is_noted = |id: &String| self.noted.as_ref().is_some_and(|noted| noted.contains(id));
        match id.filter(is_noted) {
            Some(id) => drop(self.seen.insert(id, folded(word))),
            None => self.cancel_failed = folded(word) == "failed",
        }
    }
}
