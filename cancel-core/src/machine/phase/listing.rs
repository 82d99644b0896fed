//! The list, before anything is posted.

use super::list::{List, ListAnswer};
use super::state::{Asking, Listed, Listing, Phase, Posting, Transition};
use crate::error::Error;
use crate::machine::baseline::{Baseline, TrackedOperation};
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;
use crate::machine::outcome::Outcome;

impl Listing {
    pub(super) fn answered(self, cx: &mut Context, received: &Received) -> Transition {
        match ListAnswer::read(received, None) {
            ListAnswer::Read(list) => self.listed(cx, list),
            ListAnswer::Transient(error) => Phase::from(self).with(cx.retry_get(error, received.retry_after())),
            ListAnswer::Refused(error) => Phase::from(self).with(Next::error(error)),
        }
    }

    pub(super) fn failed(self, cx: &mut Context, error: Error) -> Transition {
        Phase::from(self).with(cx.retry_get(error, None))
    }

    fn listed(self, cx: &mut Context, list: List) -> Transition {
        let (wanted, others) = match &cx.asked.request.only_if_running {
            None => (list.running, Vec::new()),
            Some(only) => list.running.into_iter().partition(|tracked| tracked.id() == only),
        };
        if let (Some(only), true) = (&cx.asked.request.only_if_running, wanted.is_empty()) {
            // The list may hide it: it is asked for itself.
            return Phase::from(Asking { operation: only.clone(), others }).with(Next::Now);
        }
        cx.retries.succeeded();
        if !others.is_empty() && !cx.asked.request.even_with_others {
            return Phase::from(self).with(Next::outcome(Outcome::OthersRunning { operations: wanted, others }));
        }
        if wanted.is_empty() {
            return Phase::from(self).with(Next::outcome(Outcome::NothingRunning {}));
        }
        if cx.asked.policy.dry_run {
            return Phase::from(self).with(Next::outcome(Outcome::WouldCancel { operations: wanted, others }));
        }
        cx.track_beside(others);
        match Baseline::new(wanted) {
            Some(baseline) => {
                let listed = Listed { baseline, at: cx.handed_out, known: list.known };
                Phase::from(Posting::after(listed)).with(Next::Now)
            }
            None => Phase::from(self).with(Next::outcome(Outcome::NothingRunning {})),
        }
    }
}

/// What the list says instead of the one operation that is wanted.
pub(super) fn not_running(others: Vec<TrackedOperation>) -> Outcome {
    if others.is_empty() {
        Outcome::NothingRunning {}
    } else {
        Outcome::OthersRunning { operations: Vec::new(), others }
    }
}
