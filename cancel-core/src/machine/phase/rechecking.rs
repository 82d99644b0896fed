//! The list, before another POST.

use super::list::ListAnswer;
use super::state::{Phase, Posting, Rechecking, Transition, Verifying};
use crate::error::{Error, ErrorKind};
use crate::machine::baseline::TrackedOperation;
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;

impl Rechecking {
    pub(super) fn answered(self, cx: &mut Context, received: &Received) -> Transition {
        match ListAnswer::read(received) {
            ListAnswer::InProgress(running) => self.listed(cx, &running),
            ListAnswer::Transient(error) => Phase::from(self).with(cx.retry_get(error, received.retry_after())),
            ListAnswer::Refused(error) => Phase::from(self).with(Next::error(error)),
        }
    }

    pub(super) fn failed(self, cx: &mut Context, error: Error) -> Transition {
        Phase::from(self).with(cx.retry_get(error, None))
    }

    /// Another POST may leave only while it would cancel the baseline and nothing else.
    fn listed(self, cx: &mut Context, running: &[TrackedOperation]) -> Transition {
        cx.retries.succeeded();
        let unrelated = self.baseline.first_missing(running);
        if unrelated.is_some() || !cx.is_wanted(running) {
            // The baseline has ended, or somebody has started another operation.
            cx.begin_polls();
            let verifying = Verifying { unrelated, ..Verifying::new(self.baseline, None) };
            return Phase::from(verifying).with(Next::Now);
        }
        if cx.retries.no_post_is_left(&cx.policy) {
            let error = Error::new(ErrorKind::Ambiguous, "too many cancels led nowhere");
            return Phase::from(self).with(Next::error(error));
        }
        Phase::from(Posting { baseline: Some(self.baseline), waited: self.waited }).with(Next::Now)
    }
}
