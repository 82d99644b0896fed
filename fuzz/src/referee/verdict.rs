//! Whether the end is one, and whether what it says is what was seen.

use super::super::expected::{check_error, folded, is_canceled, is_end};
use super::{Last, Referee};
use crate::machine::{Outcome, Phase, Posted, Proof, Until};

impl Referee {
    pub(super) fn check_posted(&self) {
        assert_eq!(self.machine.posted(), self.memory.posted(), "whether a POST went out");
        let progress = self.machine.progress();
        assert_eq!(progress.posted, self.memory.posted());
        assert!(progress.posted != Posted::No || !progress.post_in_flight);
    }

    /// Over is over, and nothing about it changes.
    pub(super) fn check_over(&mut self) {
        let Some(result) = self.machine.result() else {
            assert_eq!(self.over, None, "it was over");
            return;
        };
        let words = match result {
            Ok(outcome) => format!("{} {:?} {}", outcome.as_str(), outcome.proof(), outcome.posted()),
            Err(error) => format!("{} {}", error.kind(), error.posted()),
        };
        if let Some(over) = &self.over {
            assert_eq!(*over, words, "it ends again, and in another way");
            return;
        }
        self.over = Some(words);
        self.out = None;
        assert_eq!(self.machine.progress().phase, Phase::Done);
        match self.machine.result() {
            Some(Ok(outcome)) => self.check_outcome(outcome),
            Some(Err(error)) => {
                check_error(error);
                if error.kind() == "invalid_input" {
                    assert!(self.ids.is_empty() && self.settings.only.is_some() && !self.settings.lists());
                    return;
                }
                assert_eq!(error.posted(), self.memory.posted());
                assert!(error.kind() != "deadline" || self.told >= self.machine.progress().deadline, "too early");
                assert!(!matches!(error.kind(), "checkpoint" | "token_source"), "{}", error.kind());
            }
            None => {}
        }
    }

    /// An outcome says no more than was seen.
    fn check_outcome(&self, outcome: &Outcome) {
        let Some(Last { post, list, status, word }) = &self.last else { panic!("an outcome out of nothing") };
        let word = word.as_deref().unwrap_or_default();
        let watched = self.settings.until == Until::Settled && !post && !list && matches!(status, 200 | 204);
        match outcome {
            Outcome::NothingRunning { .. } => {
                assert!(*list && self.memory.posted() == Posted::No);
                let look = self.memory.look.as_ref().expect("a list was read");
                let wanted = self.settings.only.as_ref().is_none_or(|id| look.contains(&id.to_ascii_lowercase()));
                assert!(look.is_empty() || !wanted, "nothing is running, and {look:?} is");
                assert_eq!(outcome.operations().len(), look.len());
                return;
            }
            Outcome::StillRunning { .. } if self.settings.dry => {
                assert!(*list && self.memory.look.as_ref().is_some_and(|look| !look.is_empty()));
            }
            Outcome::StillRunning { .. } => {
                assert!(self.settings.until == Until::Verified && !post && !list);
                assert!(self.memory.cancel_failed, "still running, and nobody has said that the cancel has failed");
                assert!(*status == 202 || (!word.is_empty() && !is_end(word)), "still running: {status} {word:?}");
            }
            Outcome::Accepted { .. } => {
                assert!(self.settings.until == Until::Accepted && *post && *status == 202);
            }
            Outcome::Canceled { proof: Proof::Acknowledged, .. } => {
                assert!(self.settings.until != Until::Verified && *post && *status == 200);
            }
            Outcome::Canceled { proof: Proof::ByLocation, .. } => assert!(watched && is_canceled(word), "{word:?}"),
            Outcome::Ended { proof: Proof::ByLocation, operation, .. } => {
                assert!(watched && is_end(word) && !is_canceled(word), "{word:?}");
                assert_eq!(operation.status(), word);
            }
            Outcome::Canceled { proof: Proof::Verified, .. } => {
                let words = self.memory.ends_of_noted();
                assert!(words.iter().all(|word| is_canceled(word)), "canceled: {words:?}");
                self.check_operations(outcome);
            }
            Outcome::Ended { proof: Proof::Verified, operation, .. } => {
                let words = self.memory.ends_of_noted();
                assert!(words.iter().any(|word| !is_canceled(word)), "ended, and not canceled: {words:?}");
                assert!(words.contains(&&*folded(operation.status())));
                self.check_operations(outcome);
            }
            Outcome::Ended { proof: Proof::Acknowledged, .. } => panic!("no answer says that it has ended"),
        }
        assert_eq!(outcome.posted(), self.memory.posted());
    }

    /// The operations of a verified outcome are those that were noted, each with its last word.
    fn check_operations(&self, outcome: &Outcome) {
        for noted in outcome.operations() {
            let id = noted.id().as_str().to_ascii_lowercase();
            assert_eq!(self.memory.seen.get(&id), Some(&folded(noted.status())), "{id}");
        }
        let noted = self.memory.noted.as_ref().expect("something was noted");
        let shown = outcome.operations().iter().map(|noted| noted.id().as_str().to_ascii_lowercase()).collect();
        assert_eq!(*noted, shown, "an outcome of other operations than were noted");
    }
}
