//! The POST: what an answer to it means, and what it means that there is none.

use std::time::Duration;

use super::second_post::{Delivery, after_post};
use super::state::{Following, Listed, Phase, Posting, Recheck, Rechecking, Sent, Stuck, Transition, Verifying};
use crate::codec::{BaseUrl, NO_ACKNOWLEDGEMENT, NamedLocation, accepted, is_acknowledgement};
use crate::error::{Error, ErrorKind};
use crate::machine::body::Body;
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;
use crate::machine::outcome::{Outcome, Proof};
use crate::machine::policy::Until;
use crate::machine::step::Failure;

/// A POST that is handed out later than this after its list was asked for does not leave on the word of that list:
/// somebody may have started another operation in the meantime.
const FRESH: Duration = Duration::from_secs(5);

impl Posting {
    /// What is asked for instead at this time: with a baseline whose list is too old the list again, at most once per
    /// POST. (Where every request waits, no list is ever fresh.)
    pub(super) fn if_stale(&mut self, now: Duration) -> Option<Phase> {
        let waited = std::mem::take(&mut self.waited);
        let listed = self.listed.take_if(|listed| now.saturating_sub(listed.at) > FRESH && !waited)?;
        let why = if self.in_doubt { Recheck::InDoubt } else { Recheck::Unprocessed };
        Some(Rechecking { waited: true, ..Rechecking::new(listed.baseline, why) }.into())
    }

    pub(super) fn answered(self, cx: &mut Context, received: &Received) -> Transition {
        match received.status() {
            200 if received.body.whole().is_ok_and(|body| is_acknowledgement(body)) => {
                self.acknowledged(cx, received.retry_after())
            }
            200 => {
                let error = Error::new(ErrorKind::MalformedBody, NO_ACKNOWLEDGEMENT);
                self.in_doubt(cx, error.with_answer(received.answer()), received.retry_after())
            }
            202 => self.accepted(cx, received),
            // Not processed, and the service says so.
            429 => self.not_processed(cx, received.error(), received.retry_after()),
            // It may be a gateway's answer, after the service has processed the POST.
            408 | 500..=599 => self.in_doubt(cx, received.error(), received.retry_after()),
            400..=499 => self.refused(cx, received),
            // Unknown whether it was processed.
            _ => match self.listed {
                Some(_) => self.in_doubt(cx, received.error(), received.retry_after()),
                None => {
                    after_post(&cx.asked.policy, None, Delivery::InDoubt(cx.now)).with(Next::error(received.error()))
                }
            },
        }
    }

    pub(super) fn failed(self, cx: &mut Context, failure: &Failure, error: Error) -> Transition {
        match failure {
            Failure::NotSent(_) => self.not_processed(cx, error, None),
            Failure::NotAttempted => self.again(cx).with(Next::Again),
            Failure::MaybeSent(_) | Failure::TimedOut | Failure::Dropped => self.in_doubt(cx, error, None),
        }
    }

    /// The service does not take the token. Another POST follows with a fresh one, unless there were too many.
    pub(super) fn rejected(self, cx: &mut Context, error: Error) -> Transition {
        if !cx.retries.post_failed(&cx.asked.policy) {
            cx.retries.remember(error);
            return self.again(cx).with(Next::Again);
        }
        let in_doubt = self.in_doubt;
        match self.again(cx) {
            Phase::Rechecking(rechecking) if in_doubt => rechecking.unless_no_post_is_left(cx).with(Next::Again),
            phase => phase.with(Next::error(error)),
        }
    }

    /// The POST was certainly not processed.
    pub(super) fn again(self, cx: &Context) -> Phase {
        let delivery = if self.in_doubt { Delivery::NotProcessedThisTime } else { Delivery::NotProcessed };
        after_post(&cx.asked.policy, self.listed.map(|listed| listed.baseline), delivery)
    }

    fn not_processed(self, cx: &mut Context, error: Error, retry_after: Option<Duration>) -> Transition {
        let in_doubt = self.in_doubt;
        match self.again(cx) {
            stuck @ Phase::Stuck(_) => stuck.with(cx.fail(error.with_kind(ErrorKind::Ambiguous))),
            Phase::Rechecking(rechecking) if in_doubt => {
                cx.retries.post_failed(&cx.asked.policy);
                rechecking.unless_no_post_is_left(cx).with(cx.keep_trying(error, retry_after))
            }
            phase => phase.with(cx.retry_post(error, retry_after)),
        }
    }

    /// With a baseline that never ends it, however often.
    fn in_doubt(self, cx: &mut Context, error: Error, retry_after: Option<Duration>) -> Transition {
        let error = error.with_kind(ErrorKind::Ambiguous);
        let baseline = self.listed.map(|listed| listed.baseline);
        match after_post(&cx.asked.policy, baseline, Delivery::InDoubt(cx.now)) {
            stuck @ Phase::Stuck(_) => stuck.with(cx.fail(error)),
            posting @ Phase::Posting(_) => posting.with(cx.retry_post(error, retry_after)),
            verifying => {
                cx.retries.post_failed(&cx.asked.policy);
                cx.begin_polls();
                verifying.with(cx.keep_trying(error, retry_after))
            }
        }
    }

    /// The service read the POST and does not carry it out. What it says to a repeat says nothing of the first.
    fn refused(self, cx: &mut Context, received: &Received) -> Transition {
        let error = received.error();
        match self.listed {
            Some(listed) if self.in_doubt => {
                cx.retries.post_failed(&cx.asked.policy);
                cx.begin_polls();
                let sent = Sent::InDoubt { since: cx.now };
                Phase::from(Verifying::new(listed.baseline, sent)).with(cx.keep_trying(error, received.retry_after()))
            }
            // The baseline may have ended a moment ago.
            Some(listed) if error.kind() != ErrorKind::Forbidden => {
                Phase::from(Rechecking::new(listed.baseline, Recheck::Refused(error))).with(Next::Now)
            }
            listed => Phase::from(Self { listed, ..self }).with(Next::error(error)),
        }
    }

    fn acknowledged(self, cx: &mut Context, retry_after: Option<Duration>) -> Transition {
        match self.listed {
            Some(listed) => verify(cx, listed, None, self.in_doubt, retry_after),
            None => {
                let outcome = Outcome::Canceled {
                    proof: Proof::Acknowledged,
                    operation: None,
                    operations: Vec::new(),
                    others: Vec::new(),
                    refused_location: None,
                    posted: cx.posted,
                };
                Phase::from(self).with(Next::outcome(outcome))
            }
        }
    }

    /// From here on nothing is posted again, whatever else is wrong with the answer.
    fn accepted(self, cx: &mut Context, received: &Received) -> Transition {
        let location = location_of_accepted(cx, received);
        let retry_after = received.retry_after();
        if let Err(error) = &location {
            cx.remark().refused_location = Some(error.clone());
        }
        match (self.listed, cx.asked.policy.until, location) {
            (Some(listed), _, location) => verify(cx, listed, location.ok(), self.in_doubt, retry_after),
            (None, Until::Accepted, location) => {
                let outcome = Outcome::Accepted {
                    location: location.ok().map(|named| named.location),
                    retry_after,
                    refused_location: cx.remarks().refused_location.clone(),
                    posted: cx.posted,
                };
                Phase::from(Stuck::Unfollowed).with(Next::outcome(outcome))
            }
            (None, _, Ok(location)) => {
                cx.begin_polls();
                Phase::from(Following { location }).with(Next::At(cx.poll_time(retry_after)))
            }
            (None, _, Err(error)) => Phase::from(Stuck::Unfollowed).with(Next::error(error)),
        }
    }
}

fn verify(
    cx: &mut Context,
    listed: Listed,
    location: Option<NamedLocation>,
    in_doubt: bool,
    retry_after: Option<Duration>,
) -> Transition {
    cx.begin_polls();
    let location = location.filter(|named| !in_doubt && is_of_this_cancel(cx, &listed, named));
    let verifying = Verifying::new(listed.baseline, Sent::Accepted);
    let verifying = match location {
        Some(named) => verifying.with_location(named, cx.now),
        None => verifying,
    };
    Phase::from(verifying).with(Next::At(cx.poll_time(retry_after)))
}

/// Whether a location is of the operation that this POST has started, so that its failure is the cancel's. A slot may
/// show an earlier operation, and an operation that was on the list is no new one.
fn is_of_this_cancel(cx: &Context, listed: &Listed, named: &NamedLocation) -> bool {
    let operation = named.location.operation_of(&cx.asked.request.publisher, &cx.asked.request.offer);
    operation.is_some_and(|operation| !listed.known.contains(&operation))
}

fn location_of_accepted(cx: &Context, received: &Received) -> Result<NamedLocation, Error> {
    let base = BaseUrl::Cancel(&cx.asked.request.publisher, &cx.asked.request.offer);
    let body = received.body.whole().map_or(&[][..], |bytes| bytes);
    let location = accepted(&cx.asked.endpoint, base, &received.head.headers, body);
    location
        .and_then(|location| location.ok_or_else(|| no_location(&received.body)))
        .map_err(|error| error.with_answer(received.answer_without_body()))
}

/// Why there is no location: it may have stood in a body that did not arrive.
fn no_location(body: &Body) -> Error {
    match body.whole() {
        Ok(_) => Error::new(ErrorKind::MissingLocation, ""),
        Err(error) => error.with_kind(ErrorKind::MissingLocation),
    }
}
