//! Polls of the baseline, which decides: `Until::Verified`. The location of the cancel's own operation can only say
//! that the cancel has failed: it is polled seldom, beside the baseline, whose polls it does not delay.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::list::ListAnswer;
use super::poll::{PollAnswer, moved};
use super::state::{CancelFailed, Phase, PolledLocation, Recheck, Rechecking, Sent, Transition, Verifying};
use crate::codec::{GetOperation, NamedLocation, Operation, State};
use crate::error::{Error, ErrorKind};
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;
use crate::machine::outcome::{Outcome, Proof};
use crate::values::BearerToken;

/// A cancel takes one to three minutes: until then it may still take effect.
const EFFECT: Duration = Duration::from_secs(180);
/// How seldom the location is polled. Most cancels need one poll of it, or none.
const LOCATION: Duration = Duration::from_secs(30);
/// So many polls must find the baseline in progress before a failed cancel is the outcome.
pub(in crate::machine) const POLLS_AFTER_FAILURE: u8 = 3;

impl Verifying {
    pub(super) fn request(&self, cx: &Context, token: &BearerToken) -> Request<Bytes> {
        if self.poll_refused.is_some() {
            return cx.list(token);
        }
        let get = match self.polled_location() {
            Some(named) => GetOperation::at(named.location.clone()),
            None => {
                let (publisher, offer) = (cx.asked.request.publisher.clone(), cx.asked.request.offer.clone());
                GetOperation::new(publisher, offer, self.current.clone())
            }
        };
        cx.poll(get, token)
    }

    pub(super) fn answered(mut self, cx: &mut Context, received: &Received) -> Transition {
        if let Some(refusal) = self.poll_refused.take() {
            return self.list_answered(cx, refusal, received);
        }
        let answer = PollAnswer::read(received, cx.may_not_exist_yet());
        if self.polled_location().is_some() {
            self.location_answered(cx, &answer, received);
            return self.after_location(cx, received.retry_after());
        }
        self.tracked_answered(cx, answer, received.retry_after())
    }

    pub(super) fn failed(mut self, cx: &mut Context, error: Error) -> Transition {
        // Where the list fails too, the next poll may tell what the last one did not.
        let was_list = self.poll_refused.take().is_some();
        if !was_list && self.polled_location().is_some() {
            if let Some(location) = &mut self.location {
                location.not_polled(cx.asked.policy.attempts);
            }
            return self.after_location(cx, None);
        }
        self.not_polled(cx, error, None)
    }

    /// The location, when it is its turn. Otherwise the baseline is polled.
    fn polled_location(&self) -> Option<&NamedLocation> {
        self.live_location().filter(|_| self.location_is_next)
    }

    fn tracked_answered(mut self, cx: &mut Context, answer: PollAnswer, retry_after: Option<Duration>) -> Transition {
        let is_running = answer.is_running();
        match answer {
            PollAnswer::Operation(operation) => {
                cx.retries.succeeded();
                let has_ended = operation.state().is_end();
                self.baseline.polled(&self.current, operation.word());
                cx.keep(operation);
                if has_ended && !self.baseline.have_all_ended() {
                    // What has ended one of them has most likely ended the others.
                    let at = cx.now.saturating_add(retry_after.unwrap_or_default());
                    return self.go_on(cx, Next::At(cx.not_past_last_poll(at)));
                }
            }
            PollAnswer::StillRunning => cx.retries.succeeded(),
            PollAnswer::NotYet => {}
            PollAnswer::Transient(error) => return self.not_polled(cx, error, retry_after),
            PollAnswer::Refused(error) => {
                // The list tells its state by its id.
                self.poll_refused = Some(error);
                return Phase::from(self).with(Next::Now);
            }
        }
        self.polled(cx, is_running, retry_after)
    }

    /// The list is asked because the poll was refused.
    fn list_answered(mut self, cx: &mut Context, refusal: Error, received: &Received) -> Transition {
        match ListAnswer::read(received, Some(&self.baseline)) {
            ListAnswer::Read(list)
                if list.words.iter().any(|(place, _)| self.baseline.is_at(*place, &self.current)) =>
            {
                cx.retries.succeeded();
                self.baseline.listed(list.words);
                let is_running = list.running.iter().any(|tracked| *tracked.id() == self.current);
                self.polled(cx, is_running, received.retry_after())
            }
            ListAnswer::Transient(error) => self.not_polled(cx, error, received.retry_after()),
            ListAnswer::Refused(error) if error.kind() == ErrorKind::Forbidden => {
                Phase::from(self).with(Next::error(error))
            }
            ListAnswer::Refused(_) => self.not_polled(cx, refusal, received.retry_after()),
            // The service does not know it any more, unless a later list does.
            ListAnswer::Read(_) => {
                let next = cx.retry_poll(refusal, received.retry_after());
                self.go_on(cx, next)
            }
        }
    }

    /// A poll told nothing. Once a POST may have been processed, that does not end it.
    fn not_polled(self, cx: &mut Context, error: Error, retry_after: Option<Duration>) -> Transition {
        let next = match self.sent.may_be_processed() {
            true => cx.keep_trying(error, retry_after),
            false => cx.retry_poll(error, retry_after),
        };
        self.go_on(cx, next)
    }

    /// A poll told whether an operation of the baseline is in progress.
    fn polled(mut self, cx: &mut Context, is_running: bool, retry_after: Option<Duration>) -> Transition {
        if self.baseline.have_all_ended() {
            let outcome = self.ended(cx);
            return Phase::from(self).with(Next::outcome(outcome));
        }
        if !is_running {
            return self.poll_on(cx, retry_after);
        }
        if self.cancel_has_failed(cx) {
            let outcome = Outcome::StillRunning {
                operations: self.baseline.operations().to_vec(),
                others: cx.remarks().others.clone(),
                refused_location: cx.remarks().refused_location.clone(),
                posted: cx.posted,
            };
            return Phase::from(self).with(Next::outcome(outcome));
        }
        match self.sent {
            Sent::Unprocessed => {
                let at = cx.poll_time(retry_after);
                Phase::from(Rechecking::new(self.baseline, Recheck::Unprocessed)).with(Next::At(at))
            }
            Sent::Refused(ref error) => {
                let error = error.clone().explained(&format!("still in progress: {}", self.baseline.still_running()));
                Phase::from(self).with(Next::error(error))
            }
            Sent::InDoubt { since }
                if cx.has_passed(EFFECT, since) && !cx.retries.no_post_is_left(&cx.asked.policy) =>
            {
                Phase::from(Rechecking::new(self.baseline, Recheck::InDoubt)).with(Next::Now)
            }
            Sent::InDoubt { .. } | Sent::Accepted => self.poll_on(cx, retry_after),
        }
    }

    fn ended(&self, cx: &Context) -> Outcome {
        let (proof, posted) = (Proof::Verified, cx.posted);
        let operations = self.baseline.operations().to_vec();
        let (others, refused_location) = (cx.remarks().others.clone(), cx.remarks().refused_location.clone());
        match self.baseline.first_not_canceled() {
            Some(word) => {
                let seen = cx.operation.clone().filter(Operation::ended_uncanceled);
                // The list tells no more than a word.
                let operation = seen.unwrap_or_else(|| Operation::with_status(word.clone()));
                Outcome::Ended { proof, operation, operations, others, refused_location, posted }
            }
            None => {
                let operation = cx.operation.clone().filter(|operation| operation.state() == State::Canceled);
                Outcome::Canceled { proof, operation, operations, others, refused_location, posted }
            }
        }
    }

    /// Counts a poll that found an operation of the baseline in progress. Returns whether the cancel has failed so long
    /// ago that it will not take effect, and each operation that has not ended was found in progress since.
    fn cancel_has_failed(&mut self, cx: &Context) -> bool {
        let Some(failed) = &mut self.cancel_failed else {
            return false;
        };
        failed.polls = failed.polls.saturating_add(1);
        if !cx.has_passed(EFFECT, failed.since) {
            return false;
        }
        failed.still_running |= self.baseline.bit(&self.current);
        failed.polls >= POLLS_AFTER_FAILURE && self.baseline.running_bits() & !failed.still_running == 0
    }

    /// A location that disappears, fails or moves elsewhere overrides nothing, and is not polled any more.
    fn location_answered(&mut self, cx: &mut Context, answer: &PollAnswer, received: &Received) {
        let Some(location) = &mut self.location else {
            return;
        };
        match answer {
            PollAnswer::Operation(operation) => {
                location.failures = 0;
                location.is_done = operation.state().is_end();
                if operation.state() == State::Failed {
                    self.cancel_failed = Some(Box::new(CancelFailed { since: cx.now, polls: 0, still_running: 0 }));
                }
            }
            PollAnswer::StillRunning => location.failures = 0,
            PollAnswer::NotYet => {}
            PollAnswer::Transient(_) => location.not_polled(cx.asked.policy.attempts),
            PollAnswer::Refused(_) => location.is_done = true,
        }
        if answer.is_running() {
            match moved(cx, &location.named, received) {
                Ok(None) => {}
                // Of which operation it is then is not known.
                Ok(Some(named)) => location.is_done |= named.location != location.named.location,
                Err(error) => {
                    location.is_done = true;
                    cx.remark().refused_location = Some(error);
                }
            }
        }
    }

    /// The next poll of the baseline is due by the schedule; before it that of the location, when it is time for one.
    fn poll_on(mut self, cx: &mut Context, retry_after: Option<Duration>) -> Transition {
        let due = cx.poll_time(retry_after);
        match &mut self.location {
            Some(location) if due < cx.last_poll() && location.is_due(cx) => {
                (location.polled, location.tracked_due) = (cx.now, due);
                self.location_is_next = true;
                let at = cx.now.saturating_add(retry_after.unwrap_or_default());
                Phase::from(self).with(Next::At(at))
            }
            _ => self.go_on(cx, Next::At(due)),
        }
    }

    fn after_location(self, cx: &mut Context, retry_after: Option<Duration>) -> Transition {
        let due = self.tracked_due().unwrap_or(cx.now).max(cx.now.saturating_add(retry_after.unwrap_or_default()));
        let next = Next::At(cx.not_past_last_poll(due));
        self.go_on(cx, next)
    }

    /// The last polls are of the baseline, and of every operation of it that has not ended.
    fn go_on(mut self, cx: &Context, next: Next) -> Transition {
        let Next::At(mut at) = next else {
            let next = match &self.sent {
                Sent::Refused(refusal) => next.or_end_with(refusal),
                _ => next,
            };
            return Phase::from(self).with(next);
        };
        if cx.now >= cx.last_poll() {
            at = at.min(cx.next_last_poll(self.baseline.count_running()));
        }
        self.location_is_next = false;
        if let Some(next) = self.baseline.next_running(&self.current) {
            self.current = next;
        }
        Phase::from(self).with(Next::At(at))
    }
}

impl PolledLocation {
    fn is_due(&self, cx: &Context) -> bool {
        !self.is_done && cx.has_passed(LOCATION, self.polled)
    }

    fn not_polled(&mut self, attempts: u8) {
        self.failures = self.failures.saturating_add(1);
        self.is_done |= self.failures >= attempts;
    }
}
