//! Polls of the baseline, which decides: `Until::Verified`. In turn with it the location is polled, which can only say that the cancel
//! itself has failed.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::poll::{PollAnswer, follow};
use super::state::{Phase, PolledLocation, Transition, Verifying};
use crate::codec::{GetOperation, LocationKind, NamedLocation, State};
use crate::error::Error;
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;
use crate::machine::outcome::{Outcome, Proof};
use crate::values::BearerToken;

impl Verifying {
    pub(super) fn request(&self, cx: &Context, token: &BearerToken) -> Request<Bytes> {
        let get = match self.polled_location() {
            Some(named) => GetOperation::at(named.location.clone()),
            None => {
                let (publisher, offer) = (cx.request.publisher.clone(), cx.request.offer.clone());
                GetOperation::new(publisher, offer, self.current.clone())
            }
        };
        cx.poll(get, token)
    }

    pub(super) fn answered(mut self, cx: &mut Context, received: &Received) -> Transition {
        let answer = PollAnswer::read(received, cx.polls);
        if self.polled_location().is_none() {
            return self.tracked_answered(cx, answer, received.retry_after());
        }
        if let Err(error) = self.location_answered(cx, &answer, received) {
            return Phase::from(self).with(Next::error(error));
        }
        self.poll_on(cx, received.retry_after())
    }

    pub(super) fn failed(mut self, cx: &mut Context, error: Error) -> Transition {
        if self.polled_location().is_none() {
            return self.tracked_answered(cx, PollAnswer::Transient(error), None);
        }
        if let Some(location) = &mut self.location {
            location.failed(cx.policy.attempts);
        }
        self.poll_on(cx, None)
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
                cx.operation = Some(operation.clone());
                self.baseline.polled(&self.current, operation);
            }
            PollAnswer::StillRunning => cx.retries.succeeded(),
            PollAnswer::NotYet => {}
            PollAnswer::Transient(error) => {
                let next = cx.retry_get(error, retry_after);
                self.take_turns();
                return Phase::from(self).with(next);
            }
            PollAnswer::Refused(error) => return Phase::from(self).with(Next::error(error)),
        }
        let operations = || self.baseline.operations().to_vec();
        if is_running && self.cancel_failed {
            // It is not going to end by this cancel.
            let outcome = Outcome::StillRunning { operations: operations(), posted: cx.posted };
            return Phase::from(self).with(Next::outcome(outcome));
        }
        if self.baseline.have_all_ended() {
            let (proof, operations, posted) = (Proof::Verified, operations(), cx.posted);
            let outcome = match self.baseline.first_not_canceled().cloned() {
                Some(operation) => Outcome::Ended { proof, operation, operations, posted },
                None => Outcome::Canceled { proof, operation: cx.operation.clone(), operations, posted },
            };
            return Phase::from(self).with(Next::outcome(outcome));
        }
        self.poll_on(cx, retry_after)
    }

    /// A location that disappears or fails overrides nothing, and is not polled any more.
    fn location_answered(&mut self, cx: &Context, answer: &PollAnswer, received: &Received) -> Result<(), Error> {
        let Some(location) = &mut self.location else {
            return Ok(());
        };
        match answer {
            PollAnswer::Operation(operation) => {
                location.failures = 0;
                location.is_done = operation.state().is_end();
                self.cancel_failed = operation.state() == State::Failed;
            }
            PollAnswer::StillRunning => location.failures = 0,
            PollAnswer::NotYet => {}
            PollAnswer::Transient(_) => location.failed(cx.policy.attempts),
            PollAnswer::Refused(_) => location.is_done = true,
        }
        if answer.is_running() { follow(cx, &mut location.named, received) } else { Ok(()) }
    }

    fn poll_on(mut self, cx: &mut Context, retry_after: Option<Duration>) -> Transition {
        self.take_turns();
        Phase::from(self).with(Next::At(cx.wait(retry_after)))
    }

    /// The other of the two is next: the location, or an operation of the baseline that has not ended.
    fn take_turns(&mut self) {
        if !self.location_is_next && self.location_adds_something() {
            self.location_is_next = true;
        } else if let Some(next) = self.baseline.next_running(&self.current) {
            self.location_is_next = false;
            self.current = next;
        }
    }

    /// A location that names an operation of the baseline shows nothing that a poll of that operation does not.
    fn location_adds_something(&self) -> bool {
        match self.live_location().map(|named| named.location.kind()) {
            Some(LocationKind::Migrated { operation, .. }) => !self.baseline.contains(&operation),
            Some(_) => true,
            None => false,
        }
    }
}

impl PolledLocation {
    fn failed(&mut self, attempts: u8) {
        self.failures = self.failures.saturating_add(1);
        self.is_done |= self.failures >= attempts;
    }
}
