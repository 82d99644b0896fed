//! The list, before anything is posted.

use super::list::ListAnswer;
use super::state::{Listing, Phase, Posting, Transition};
use crate::error::Error;
use crate::machine::baseline::{Baseline, TrackedOperation};
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;
use crate::machine::outcome::Outcome;

impl Listing {
    pub(super) fn answered(self, cx: &mut Context, received: &Received) -> Transition {
        match ListAnswer::read(received) {
            ListAnswer::InProgress(running) => self.listed(cx, running),
            ListAnswer::Transient(error) => Phase::from(self).with(cx.retry_get(error, received.retry_after())),
            ListAnswer::Refused(error) => Phase::from(self).with(Next::error(error)),
        }
    }

    pub(super) fn failed(self, cx: &mut Context, error: Error) -> Transition {
        Phase::from(self).with(cx.retry_get(error, None))
    }

    fn listed(self, cx: &mut Context, running: Vec<TrackedOperation>) -> Transition {
        cx.retries.succeeded();
        if !cx.is_wanted(&running) {
            return Phase::from(self).with(Next::outcome(Outcome::NothingRunning { instead: running }));
        }
        if cx.policy.dry_run {
            let outcome = Outcome::StillRunning { operations: running, posted: cx.posted };
            return Phase::from(self).with(Next::outcome(outcome));
        }
        match Baseline::new(running) {
            Some(baseline) => Phase::from(Posting::new(Some(baseline))).with(Next::Now),
            None => Phase::from(self).with(Next::outcome(Outcome::NothingRunning { instead: Vec::new() })),
        }
    }
}
