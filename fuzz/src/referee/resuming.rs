//! Writing a run down, and resuming what was written: by us, or by somebody else.

use std::time::Duration;

use serde_json::Value;

use super::super::expected::check_error;
use super::super::settings::Settings;
use super::Referee;
use super::memory::Memory;
use crate::machine::{Cancellation, Checkpoint, Until};

/// A checkpoint, with what its writer knew.
pub(in crate::fuzzing) struct Saved {
    pub(in crate::fuzzing) text: String,
    memory: Memory,
}

impl Referee {
    /// The conversation written down, as it stands.
    pub(in crate::fuzzing) fn save(&self) -> Saved {
        let checkpoint = self.machine.checkpoint();
        let text = checkpoint.to_json();
        assert_eq!(Checkpoint::from_json(&text).unwrap(), checkpoint, "written and read again");
        self.check_silent("a checkpoint", &text);
        Saved { text, memory: self.memory.clone() }
    }

    /// Another process goes on from what was saved, at this time, or is refused; whatever of it has been rewritten.
    pub(in crate::fuzzing) fn resume(&mut self, now: Duration, saved: &Saved, rewritten: Option<&str>) -> bool {
        let text = rewritten.unwrap_or(&saved.text);
        let is_ours = text == saved.text;
        if self.hears_echoes {
            self.check_secrets();
        }
        let value = read_again(text);
        let Some(machine) = resumed(&self.settings, text, now) else {
            // A year before or after, a clock makes nonsense of any time.
            let near = now.as_secs() < 1 << 24 && self.memory.deadline.as_secs() < 1 << 24;
            let means_one = self.settings.only.is_some() && self.settings.until != Until::Verified;
            let may_fail = !is_ours || value["over"] == "outcome" || self.settings.dry || means_one || !near;
            assert!(may_fail, "our own checkpoint is refused: {text}");
            return false;
        };
        assert!(value["over"] != "outcome" && !self.settings.dry, "a run that is over goes on");
        let settings = if is_ours { self.settings.clone() } else { self.settings.of_stranger(&value) };
        let mut memory = saved.memory.clone();
        if is_ours {
            memory.resumed(&value, now, &settings);
        } else {
            memory = Memory::of_stranger(&value, now, &settings);
        }
        let tokens = self.tokens;
        *self = Self::of(machine, memory, settings, now);
        (self.tokens, self.foreign_tokens) = (tokens, tokens);
        self.check_posted();
        self.check_over();
        true
    }

    /// A referee of a run that begins with somebody's checkpoint.
    pub(in crate::fuzzing) fn of_checkpoint(settings: &Settings, text: &str, now: Duration) -> Option<Self> {
        let machine = resumed(settings, text, now)?;
        let value = read_again(text);
        let settings = settings.of_stranger(&value);
        let memory = Memory::of_stranger(&value, now, &settings);
        let referee = Self::of(machine, memory, settings, now);
        referee.check_posted();
        Some(referee)
    }
}

/// A checkpoint as a tree, without what the reader has passed over.
pub(in crate::fuzzing) fn read_again(text: &str) -> Value {
    let known = Checkpoint::from_json(text).map(|checkpoint| checkpoint.to_json()).unwrap_or_default();
    serde_json::from_str(&known).unwrap_or_default()
}

fn resumed(settings: &Settings, text: &str, now: Duration) -> Option<Cancellation> {
    let resumed = Checkpoint::from_json(text)
        .and_then(|checkpoint| Cancellation::resume(settings.endpoint(), checkpoint, settings.policy(), now));
    match resumed {
        Ok(machine) => Some(machine),
        Err(error) => {
            check_error(&error);
            assert_eq!(error.kind(), "checkpoint");
            None
        }
    }
}
