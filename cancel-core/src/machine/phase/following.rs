//! Polls of the location, which decides: `Until::Settled`.

use bytes::Bytes;
use http::Request;

use super::poll::{PollAnswer, moved};
use super::state::{Following, Phase, Transition};
use crate::codec::{GetOperation, Operation, State};
use crate::error::{Error, Posted};
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;
use crate::machine::outcome::{Outcome, Proof};
use crate::values::BearerToken;

impl Following {
    pub(super) fn request(&self, cx: &Context, token: &BearerToken) -> Request<Bytes> {
        cx.poll(GetOperation::at(self.location.location.clone()), token)
    }

    pub(super) fn answered(mut self, cx: &mut Context, received: &Received) -> Transition {
        let answer = PollAnswer::read(received, cx.may_not_exist_yet());
        let is_running = answer.is_running();
        match answer {
            PollAnswer::Operation(operation) => {
                cx.retries.succeeded();
                cx.operation = Some(operation.clone());
                if let Some(outcome) = end(operation, cx.posted) {
                    return Phase::from(self).with(Next::outcome(outcome));
                }
            }
            PollAnswer::StillRunning => cx.retries.succeeded(),
            PollAnswer::NotYet => {}
            PollAnswer::Transient(error) => {
                return Phase::from(self).with(cx.retry_poll(error, received.retry_after()));
            }
            PollAnswer::Refused(error) => return Phase::from(self).with(Next::error(error)),
        }
        if is_running {
            match moved(cx, &self.location, received) {
                Ok(Some(location)) => self.location = location,
                Ok(None) => {}
                Err(error) => return Phase::from(self).with(Next::error(error)),
            }
        }
        Phase::from(self).with(Next::At(cx.poll_time(received.retry_after())))
    }

    pub(super) fn failed(self, cx: &mut Context, error: Error) -> Transition {
        Phase::from(self).with(cx.retry_poll(error, None))
    }
}

/// What the location's operation means, when it has ended.
fn end(operation: Operation, posted: Posted) -> Option<Outcome> {
    let (proof, operations, others, refused_location) = (Proof::ByLocation, Vec::new(), Vec::new(), None);
    match operation.state() {
        State::InProgress => None,
        State::Canceled => {
            let operation = Some(operation);
            Some(Outcome::Canceled { proof, operation, operations, others, refused_location, posted })
        }
        State::Completed | State::Failed => {
            Some(Outcome::Ended { proof, operation, operations, others, refused_location, posted })
        }
    }
}
