//! Writing a run down, and resuming what was written: by this referee, or by a stranger.

use std::mem;
use std::time::Duration;

use cancel_core::testing::ledger::{Known, Ledger};
use cancel_core::{Cancellation, Checkpoint, ErrorKind, Posted, Until};
use serde_json::Value;

use super::Referee;
use super::waits::{Waits, cancel_failed};
use crate::cost::{Bound, Read};
use crate::expected::check_error;
use crate::settings::Settings;

/// For reading one.
const CHECKPOINT: Bound = Bound { at_once: 16, in_all: 32, besides: 4096 };

/// A checkpoint, with what its writer knew.
pub(crate) struct Saved {
    pub(crate) text: String,
    ledger: Ledger,
    waits: Waits,
}

impl Referee {
    /// The conversation written down, as it stands.
    pub(crate) fn save(&self) -> Saved {
        let checkpoint = self.machine.checkpoint();
        let text = checkpoint.to_json();
        assert_eq!(Checkpoint::from_json(&text).unwrap(), checkpoint, "written and read again");
        self.check_silent("a checkpoint", &text);
        self.check_length(&text);
        let mut waits = self.waits.clone();
        if !self.is_polling() {
            // A list or a POST would have been next. What becomes of the baseline is asked for at once instead.
            waits.earliest = Duration::ZERO;
        }
        Saved { text, ledger: self.ledger.clone(), waits }
    }

    /// Another process goes on from what was saved, perhaps rewritten, or is refused.
    pub(crate) fn resume(&mut self, now: Duration, saved: &Saved, rewritten: Option<&str>) -> bool {
        let text = rewritten.unwrap_or(&saved.text);
        let is_ours = text == saved.text;
        self.check_secrets();
        let value = read_again(text);
        let is_over = value["over"] == "outcome" || self.settings.dry;
        let Some(machine) = resumed(&self.settings, text, now) else {
            // More than a year before or after, a clock makes nonsense of any time.
            let near = now.as_secs() < 1 << 24 && self.waits.deadline.as_secs() < 1 << 24;
            let means_one = self.settings.only_if_running().is_some() && self.settings.until != Until::Verified;
            assert!(!is_ours || is_over || means_one || !near, "our own checkpoint is refused: {text}");
            return false;
        };
        assert!(!is_over, "a run that is over goes on");
        let (settings, ledger, waits) = if is_ours {
            let (mut ledger, mut waits) = (saved.ledger.clone(), saved.waits.clone());
            ledger.resumed(ledger.known(), !value["over"].is_null());
            waits.resumed(&value, now, &self.settings);
            (self.settings.clone(), ledger, waits)
        } else {
            of_stranger(&value, &self.settings, now)
        };
        let tokens = self.tokens;
        let before = mem::replace(self, Self::of(machine, ledger, waits, settings, now));
        before.weigh();
        self.longest = text.len() as u64;
        (self.tokens, self.earlier_tokens) = (tokens, tokens);
        self.check_time_for_a_poll();
        self.check_posted();
        self.check_over();
        true
    }

    /// A referee of a run that begins with a stranger's checkpoint.
    pub(crate) fn of_checkpoint(settings: &Settings, text: &str, now: Duration) -> Option<Self> {
        let machine = resumed(settings, text, now)?;
        let (settings, ledger, waits) = of_stranger(&read_again(text), settings, now);
        let mut referee = Self::of(machine, ledger, waits, settings, now);
        referee.longest = text.len() as u64;
        referee.check_posted();
        referee.check_time_for_a_poll();
        Some(referee)
    }

    /// A run that is resumed while it polls has time for a poll, even when its deadline has passed meanwhile; but no
    /// more than any run of this policy has.
    fn check_time_for_a_poll(&self) {
        let enough = self.told.saturating_add(self.settings.timeout.min(self.settings.deadline));
        let has_time = self.machine.progress().deadline >= enough;
        assert!(has_time || !self.is_polling(), "a run that is resumed after its deadline does not poll");
    }
}

/// All that a stranger's checkpoint tells of the run before.
fn of_stranger(checkpoint: &Value, settings: &Settings, now: Duration) -> (Settings, Ledger, Waits) {
    let settings = settings.of_stranger(checkpoint);
    let (name, phase) = saved_phase(checkpoint);
    let posted = match &checkpoint["posted"] {
        posted if posted == "no" => Posted::No,
        posted if posted == "yes" => Posted::Yes,
        _ => Posted::Maybe,
    };
    let is_taken = matches!(name, "following" | "unfollowed") || phase["sent"] == "accepted";
    let is_in_doubt = name == "in_doubt" || phase["sent"]["in_doubt"].is_object();
    let ids = phase["baseline"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let known = Known::of_stranger(posted, is_in_doubt, is_taken, ids);
    let ledger = Ledger::of_known(settings.terms(), known);
    let mut waits = Waits::new(&settings, now);
    waits.for_one_poll(checkpoint, now, &settings);
    waits.cancel_failed = cancel_failed(checkpoint, now);
    waits.unknown = checkpoint["failed_gets"].as_u64().and_then(|failed| failed.try_into().ok()).unwrap_or_default();
    (settings, ledger, waits)
}

/// The name of the phase, and its members.
pub(crate) fn saved_phase(checkpoint: &Value) -> (&str, &Value) {
    let phase = &checkpoint["phase"];
    let with_members = phase.as_object().and_then(|phase| phase.iter().next());
    with_members.map_or((phase.as_str().unwrap_or_default(), &Value::Null), |(name, members)| (name, members))
}

/// A checkpoint as a tree, without what its reader passes over.
pub(crate) fn read_again(text: &str) -> Value {
    let known = Checkpoint::from_json(text).map(|checkpoint| checkpoint.to_json()).unwrap_or_default();
    serde_json::from_str(&known).unwrap_or_default()
}

fn resumed(settings: &Settings, text: &str, now: Duration) -> Option<Cancellation> {
    let resume = || {
        Checkpoint::from_json(text)
            .and_then(|checkpoint| Cancellation::resume(settings.endpoint(), checkpoint, settings.policy(), now))
    };
    match CHECKPOINT.hold("a checkpoint", &Read::text(text.as_bytes()), resume) {
        Ok(machine) => Some(machine),
        Err(error) => {
            check_error(&error);
            assert_eq!(error.kind(), ErrorKind::Checkpoint);
            None
        }
    }
}
