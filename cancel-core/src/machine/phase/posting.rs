//! The POST: what an answer to it means, and what it means that there is none.

use std::time::Duration;

use super::second_post::{Delivery, after_post};
use super::state::{Following, Phase, Posting, Rechecking, Stuck, Transition, Verifying};
use crate::codec::{BaseUrl, NamedLocation, accepted};
use crate::error::{Error, ErrorKind};
use crate::machine::baseline::Baseline;
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;
use crate::machine::outcome::{Outcome, Proof};
use crate::machine::policy::Until;
use crate::machine::step::{Body, Failure};

/// A POST that is handed out later than this after it became due does not leave on the word of the list before it: somebody may have
/// started another operation in the meantime.
const FRESH: Duration = Duration::from_secs(5);

impl Posting {
    /// What is asked for when the POST became due so long ago: with a baseline the list again, at most once per POST. (Where every
    /// request waits, no list is ever fresh.)
    pub(super) fn after_waiting(self, waited: Duration) -> Phase {
        match self.baseline {
            Some(baseline) if waited > FRESH && !self.waited => Rechecking { baseline, waited: true }.into(),
            baseline => Self::new(baseline).into(),
        }
    }

    pub(super) fn answered(self, cx: &mut Context, received: &Received) -> Transition {
        match received.status() {
            200 => self.canceled(cx, received.retry_after()),
            202 => self.accepted(cx, received),
            // Not processed, and the service says so.
            408 | 429 => self.retry(cx, Delivery::NotProcessed, received.error(), received.retry_after()),
            // It may be a gateway's answer, after the service has processed the POST.
            500..=599 => self.in_doubt(cx, received.error(), received.retry_after()),
            // Refused.
            400..=499 => Phase::from(self).with(Next::error(received.error())),
            // Unknown whether it was processed; a resumed run must treat it as in doubt.
            _ => after_post(&cx.policy, self.baseline, Delivery::InDoubt).with(Next::error(received.error())),
        }
    }

    pub(super) fn failed(self, cx: &mut Context, failure: &Failure, error: Error) -> Transition {
        match failure {
            Failure::NotSent(_) => self.retry(cx, Delivery::NotProcessed, error, None),
            Failure::NotAttempted => Phase::from(self).again(cx),
            Failure::MaybeSent(_) | Failure::TimedOut | Failure::Dropped => self.in_doubt(cx, error, None),
        }
    }

    fn in_doubt(self, cx: &mut Context, error: Error, retry_after: Option<Duration>) -> Transition {
        self.retry(cx, Delivery::InDoubt, error.with_kind(ErrorKind::Ambiguous), retry_after)
    }

    /// The POST has led nowhere: another one follows, where the rule on a second POST allows it.
    fn retry(self, cx: &mut Context, delivery: Delivery, error: Error, retry_after: Option<Duration>) -> Transition {
        match after_post(&cx.policy, self.baseline, delivery) {
            stuck @ Phase::Stuck(_) => stuck.with(cx.fail(error)),
            phase => phase.with(cx.retry_post(error, retry_after)),
        }
    }

    fn canceled(self, cx: &mut Context, retry_after: Option<Duration>) -> Transition {
        match self.baseline {
            Some(baseline) => verify(cx, baseline, None, retry_after),
            None => {
                let (proof, operation, operations) = (Proof::Acknowledged, None, Vec::new());
                let outcome = Outcome::Canceled { proof, operation, operations, posted: cx.posted };
                Phase::from(self).with(Next::outcome(outcome))
            }
        }
    }

    /// From here on nothing is posted again, whatever else is wrong with the answer.
    fn accepted(self, cx: &mut Context, received: &Received) -> Transition {
        let location = location_of_accepted(cx, received);
        let retry_after = received.retry_after();
        match (self.baseline, location) {
            (Some(baseline), Ok(location)) => verify(cx, baseline, location, retry_after),
            (Some(baseline), Err(error)) => {
                Phase::from(Verifying::new(baseline, None)).with(Next::error(error.with_answer(received.answer())))
            }
            (None, Ok(Some(location))) if cx.policy.until == Until::Accepted => {
                let outcome = Outcome::Accepted { location: location.location, retry_after, posted: cx.posted };
                Phase::from(Stuck::Unfollowed).with(Next::outcome(outcome))
            }
            (None, Ok(Some(location))) => {
                cx.begin_polls();
                Phase::from(Following { location }).with(Next::At(cx.wait(retry_after)))
            }
            (None, Ok(None)) => {
                let error = no_location(&received.body).with_answer(received.answer());
                Phase::from(Stuck::Unfollowed).with(Next::error(error))
            }
            (None, Err(error)) => {
                Phase::from(Stuck::Unfollowed).with(Next::error(error.with_answer(received.answer())))
            }
        }
    }
}

fn verify(
    cx: &mut Context,
    baseline: Baseline,
    location: Option<NamedLocation>,
    retry_after: Option<Duration>,
) -> Transition {
    cx.begin_polls();
    Phase::from(Verifying::new(baseline, location)).with(Next::At(cx.wait(retry_after)))
}

fn location_of_accepted(cx: &Context, received: &Received) -> Result<Option<NamedLocation>, Error> {
    let base = BaseUrl::Cancel(&cx.request.publisher, &cx.request.offer);
    let body = received.body.whole().map_or(&[][..], |bytes| bytes);
    accepted(&cx.endpoint, base, &received.head.headers, body)
}

/// Why there is no location: it may have stood in a body that did not arrive.
fn no_location(body: &Body) -> Error {
    match body.whole() {
        Ok(_) => Error::new(ErrorKind::MissingLocation, ""),
        Err(error) => error.explained("the cancel was accepted, and no header says where to look"),
    }
}
