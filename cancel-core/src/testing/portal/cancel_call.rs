//! The call that cancels: what it does to an offer, and its answer.

use std::time::Duration;

use super::answer::Answer;
use super::cancel::{CancelBehavior, CancelOperation};
use super::generation::{LocationNames, Names};
use super::offer::Offer;
use super::operation::End;

impl Offer {
    /// Does what the offer's behavior says, and answers. `id` is for the cancel operation.
    pub(super) fn process_cancel(&mut self, now: Duration, id: String, origin: &str) -> Answer {
        let in_progress = self.visible(now).filter(|operation| operation.state(now).is_in_progress());
        let targets = in_progress.map(|operation| operation.id().to_owned()).collect::<Vec<_>>();
        let newest = self.current(now);
        let newest_id = newest.map(|newest| newest.id().to_owned());
        // The documented version and slot where there is no operation.
        let (version, slot) = newest.map_or((2, "preview"), |newest| (newest.publishing_version, &*newest.slot));
        let slot = slot.to_owned();
        self.apply(now, &targets);
        if self.behavior == CancelBehavior::AtOnce {
            return Answer::status(200);
        }
        let shown = match (self.located(), &newest_id) {
            (LocationNames::CanceledOperation, Some(newest)) => newest,
            _ => &id,
        };
        let mut accepted = self.generation.accepted(&Names {
            origin,
            publisher: &self.publisher,
            offer: &self.name,
            offer_guid: &self.guid,
            operation: shown,
            version,
            slot: &slot,
        });
        if let Some(retry_after) = &self.retry_after {
            let (name, value) = retry_after.header(now);
            accepted = accepted.header(name, &value);
        }
        let (asked_at, behavior) = (now, self.behavior);
        self.cancels.push(CancelOperation { id, asked_at, behavior, targets, version, slot });
        accepted
    }

    fn apply(&mut self, now: Duration, targets: &[String]) {
        let delay = match self.behavior {
            CancelBehavior::AtOnce => Duration::ZERO,
            CancelBehavior::After(delay) => delay,
            CancelBehavior::LosesRace | CancelBehavior::DoesNothing { .. } | CancelBehavior::Fails { .. } => return,
        };
        for operation in &mut self.operations {
            if targets.iter().any(|id| id == operation.id()) {
                operation.stop(now.saturating_add(delay), End::Canceled);
            }
        }
    }
}
