//! The list, before another POST, or after a POST that was refused.

use std::time::Duration;

use super::list::{List, ListAnswer};
use super::state::{Listed, Phase, Posting, Recheck, Rechecking, Sent, Transition, Verifying};
use crate::error::{Error, ErrorKind};
use crate::machine::baseline::TrackedOperation;
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;

impl Rechecking {
    pub(super) fn answered(self, cx: &mut Context, received: &Received) -> Transition {
        match ListAnswer::read(received, Some(&self.baseline)) {
            ListAnswer::Read(list) => self.listed(cx, list, received),
            ListAnswer::Transient(error) => self.unreadable(cx, error, received),
            ListAnswer::Refused(error) if error.kind() == ErrorKind::Forbidden => {
                Phase::from(self).with(Next::error(error))
            }
            ListAnswer::Refused(error) => match self.why {
                Recheck::Unprocessed => Phase::from(self).with(Next::error(error)),
                Recheck::InDoubt => self.unreadable(cx, error, received),
                Recheck::Refused(ref refusal) => {
                    let refusal = refusal.clone();
                    Phase::from(self).with(Next::error(refusal))
                }
            },
        }
    }

    pub(super) fn failed(self, cx: &mut Context, error: Error) -> Transition {
        self.not_read(cx, error, None)
    }

    /// Without a POST that could follow, a recheck is of no use: the baseline is polled.
    pub(super) fn unless_no_post_is_left(self, cx: &Context) -> Phase {
        if cx.retries.no_post_is_left(&cx.asked.policy) {
            return Verifying::new(self.baseline, Sent::InDoubt { since: cx.now }).into();
        }
        self.into()
    }

    fn unreadable(self, cx: &mut Context, error: Error, received: &Received) -> Transition {
        self.not_read(cx, error, received.retry_after())
    }

    /// While a POST is in doubt, the baseline can still be polled.
    fn not_read(self, cx: &mut Context, error: Error, retry_after: Option<Duration>) -> Transition {
        match self.why {
            Recheck::InDoubt => {
                let next = cx.keep_trying(error, retry_after);
                Phase::from(Verifying::new(self.baseline, Sent::InDoubt { since: cx.now })).with(next)
            }
            Recheck::Unprocessed => Phase::from(self).with(cx.retry_get(error, retry_after)),
            Recheck::Refused(ref refusal) => {
                let next = cx.retry_poll(error, retry_after).or_end_with(refusal);
                Phase::from(self).with(next)
            }
        }
    }

    fn listed(self, cx: &mut Context, list: List, received: &Received) -> Transition {
        cx.retries.succeeded();
        let is_running = |tracked: &TrackedOperation| self.baseline.contains(tracked.id());
        let unrelated = list.running.iter().find(|tracked| !is_running(tracked) && !cx.is_beside(tracked.id()));
        let unrelated = unrelated.map(|tracked| tracked.id().clone());
        let has_ended = !list.running.iter().any(is_running);
        match (self.why, has_ended, unrelated) {
            // The polls say how the baseline has ended, or that the list was wrong.
            (why, true, unrelated) => {
                let sent = match why {
                    // A list that is always wrong must not lead to the first wait again and again.
                    Recheck::Unprocessed => Sent::Unprocessed,
                    Recheck::InDoubt => {
                        cx.begin_polls();
                        Sent::InDoubt { since: cx.now }
                    }
                    Recheck::Refused(error) => {
                        cx.begin_polls();
                        Sent::Refused(error)
                    }
                };
                cx.set_unrelated(unrelated);
                Phase::from(Verifying::new(self.baseline, sent)).with(Next::Now)
            }
            (Recheck::Refused(error), false, _) => {
                let mut baseline = self.baseline;
                baseline.listed(list.words);
                let error = error.explained(&format!("still in progress: {}", baseline.still_running()));
                let phase = Phase::from(Self::new(baseline, Recheck::Unprocessed));
                phase.with(Next::error(error))
            }
            // A POST would cancel what somebody else has started. Nothing of ours was processed: wait for that to end.
            (Recheck::Unprocessed, false, Some(unrelated)) => {
                cx.set_unrelated(Some(unrelated));
                let at = cx.wait(received.retry_after());
                Phase::from(Self::new(self.baseline, Recheck::Unprocessed)).with(Next::At(at))
            }
            (Recheck::InDoubt, false, Some(unrelated)) => {
                cx.set_unrelated(Some(unrelated));
                let at = cx.poll_time(received.retry_after());
                Phase::from(Verifying::new(self.baseline, Sent::InDoubt { since: cx.now })).with(Next::At(at))
            }
            (why @ (Recheck::Unprocessed | Recheck::InDoubt), false, None) => {
                let listed = Listed { baseline: self.baseline, at: cx.handed_out, known: list.known };
                let in_doubt = matches!(why, Recheck::InDoubt);
                cx.set_unrelated(None);
                Phase::from(Posting { listed: Some(listed), in_doubt, waited: self.waited }).with(Next::Now)
            }
        }
    }
}
