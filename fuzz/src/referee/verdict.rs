//! Whether the end is one, and whether it says no more than the answers did.

use std::collections::BTreeSet;
use std::time::Duration;

use cancel_core::{Error, ErrorKind, Outcome, Phase, Posted, Proof, TrackedOperation, Until};

use super::Referee;
use super::exchanges::{Heard, Kind, held};
use crate::expected::{check_error, folded, is_canceled, is_end, is_kept};

/// So many answers must show the baseline in progress before a cancel that has failed is the outcome, and so long.
const POLLS_AFTER_FAILURE: u32 = 3;
const EFFECT: Duration = Duration::from_secs(180);

impl Referee {
    pub(super) fn check_posted(&mut self) {
        // It is over before anything begins, and says nothing of a run before.
        if self.machine.result().is_some_and(is_invalid_input) {
            return;
        }
        held(self.ledger.check(&self.machine));
        let progress = self.machine.progress();
        assert!(progress.posted != Posted::No || !progress.post_in_flight);
        if let Some(baseline) = self.ledger.baseline().filter(|_| !progress.baseline.is_empty()) {
            let tracked: BTreeSet<_> = ids(progress.baseline).collect();
            let is_whole = self.settings.only_if_running().is_some() || tracked.len() == baseline.len();
            assert!(
                is_whole && tracked.is_subset(baseline),
                "{tracked:?} are tracked, and {baseline:?} were in progress"
            );
        }
    }

    pub(crate) fn check_truth(&self, outcome: &Outcome, truth: &[(String, &str)]) {
        held(self.ledger.check_truth(outcome, truth));
    }

    /// What is over is over, and nothing about it changes.
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
        assert_eq!(self.machine.progress().phase, Phase::Done);
        match result {
            Ok(outcome) => self.check_outcome(outcome),
            Err(error) => {
                check_error(error);
                // Where polls are refused, and the list does not know the baseline either, nothing is left to ask.
                let nobody_knows = self.waits.unknown >= self.settings.attempts;
                if !nobody_knows {
                    held(self.ledger.check_error(error));
                }
                if is_invalid_input(result) {
                    let cannot_tell = self.settings.only_if_running().is_some() && !self.settings.lists();
                    assert!(self.last_id == 0 && cannot_tell, "an input that is valid");
                    assert_eq!(error.posted(), Posted::No);
                }
                let is_late = self.told >= self.machine.progress().deadline;
                assert!(error.kind() != ErrorKind::Deadline || is_late, "too early");
                assert!(!matches!(error.kind(), ErrorKind::Checkpoint | ErrorKind::TokenSource), "{}", error.kind());
            }
        }
        self.over = Some(words);
        self.in_flight = None;
    }

    /// An outcome says no more than the answers did.
    fn check_outcome(&self, outcome: &Outcome) {
        let Some((kind, heard)) = &self.last else { panic!("an outcome out of nothing") };
        let until = self.settings.until;
        let (status, word) = (heard.status, heard.word.as_deref().unwrap_or_default());
        let is_poll = matches!(kind, Kind::Poll(_));
        let by_location = until == Until::Settled && is_poll && status == 200;
        match outcome {
            Outcome::NothingRunning { .. } => {
                self.check_not_wanted(kind, heard);
                assert!(self.listed.is_empty(), "nothing is running, and {:?} is", self.listed);
            }
            Outcome::OthersRunning { operations, others, .. } => {
                let shown: BTreeSet<_> = ids(operations).chain(ids(others)).collect();
                assert_eq!(shown, self.listed, "they are not what the list has shown");
                assert!(!others.is_empty() && self.settings.only_if_running().is_some());
                if operations.is_empty() {
                    self.check_not_wanted(kind, heard);
                } else {
                    assert!(*kind == Kind::List);
                }
            }
            Outcome::WouldCancel { operations, others, .. } => {
                assert!(self.settings.dry && *kind == Kind::List && !operations.is_empty());
                let shown: BTreeSet<_> = ids(operations).chain(ids(others)).collect();
                assert_eq!(shown, self.listed, "they are not what the list has shown");
            }
            Outcome::StillRunning { operations, .. } => {
                assert!(until == Until::Verified && (is_poll || *kind == Kind::List));
                let (since, polls) = self.waits.cancel_failed.expect("no answer says that the cancel has failed");
                assert!(polls >= POLLS_AFTER_FAILURE, "after {polls} polls");
                let share = self.settings.poll.min(Duration::from_secs(1)).as_nanos();
                let takes_effect = u128::from(EFFECT.as_secs()) * share;
                assert!((self.told - since).as_nanos() >= takes_effect, "it may still take effect");
                if *kind == Kind::List {
                    assert!(ids(operations).any(|id| self.listed.contains(&id)), "no list has shown it");
                } else {
                    assert!(status == 202 || (!word.is_empty() && !is_end(word)), "still running: {status} {word:?}");
                }
            }
            Outcome::Accepted { .. } => assert!(until == Until::Accepted && *kind == Kind::Post && status == 202),
            Outcome::Canceled { proof: Proof::Acknowledged, .. } => {
                assert!(until != Until::Verified && *kind == Kind::Post && status == 200 && heard.is_whole);
            }
            Outcome::Canceled { proof: Proof::ByLocation, .. } => assert!(by_location && is_canceled(word), "{word:?}"),
            Outcome::Ended { proof: Proof::ByLocation, operation, .. } => {
                assert!(by_location && is_end(word) && !is_canceled(word), "{word:?}");
                assert!(is_kept(operation.status(), word), "{word:?}");
            }
            Outcome::Canceled { proof: Proof::Verified, .. } => {
                let words = self.ends_of_baseline(outcome);
                assert!(words.iter().all(|word| is_canceled(word)), "canceled: {words:?}");
            }
            Outcome::Ended { proof: Proof::Verified, operation, .. } => {
                let words = self.ends_of_baseline(outcome);
                assert!(words.iter().any(|word| !is_canceled(word)), "ended, and not canceled: {words:?}");
                assert!(words.contains(&folded(operation.status())) && !is_canceled(operation.status()));
            }
            other => panic!("no answer says that: {other:?}"),
        }
    }

    /// What is wanted does not run: the list shows nothing, or the operation that was asked for is not there or has
    /// ended.
    fn check_not_wanted(&self, kind: &Kind, heard: &Heard) {
        match (self.settings.only_if_running(), kind) {
            (None, Kind::List) => {}
            (Some(only), Kind::Ask) => {
                assert!(!self.listed.contains(&only), "the list shows it");
                let has_ended = heard.status == 200 && heard.word.as_deref().is_some_and(is_end);
                assert!(has_ended || matches!(heard.status, 404 | 410), "{heard:?} does not say that it has ended");
            }
            other => panic!("it is not known that nothing is running: {other:?}"),
        }
    }

    /// The operations of a verified outcome are those of the baseline, each with its last word. All have ended; these
    /// are the words.
    fn ends_of_baseline(&self, outcome: &Outcome) -> Vec<String> {
        let shown = outcome.operations().iter();
        let mut shown: Vec<_> =
            shown.map(|tracked| (tracked.id().as_str().to_ascii_lowercase(), folded(tracked.status()))).collect();
        shown.sort_unstable();
        let known: Vec<_> = shown.iter().map(|(id, word)| (id, Some(word))).collect();
        // Those beside the one that was asked for do not decide.
        let only = self.settings.only_if_running();
        let baseline = self.ledger.baseline().expect("there is a baseline").iter();
        let deciding = baseline.filter(|id| only.as_ref().is_none_or(|only| *id == only));
        let expected: Vec<_> = deciding.map(|id| (id, self.waits.polled.get(id))).collect();
        assert_eq!(known, expected, "the operations of the outcome, and those of the baseline");
        assert!(shown.iter().all(|(_, word)| is_end(word)), "not all have ended: {shown:?}");
        shown.into_iter().map(|(_, word)| word).collect()
    }
}

fn ids(operations: &[TrackedOperation]) -> impl Iterator<Item = String> + '_ {
    operations.iter().map(|tracked| tracked.id().as_str().to_ascii_lowercase())
}

fn is_invalid_input(result: &Result<Outcome, Error>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidInput)
}
