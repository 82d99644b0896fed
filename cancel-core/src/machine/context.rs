//! What every phase of a conversation may use: what is asked for, the time, and what was counted so far.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::response::Parts;

use super::baseline::TrackedOperation;
use super::body::Body;
use super::next::Next;
use super::policy::Policy;
use super::retries::Retries;
use super::schedule::{self, in_proportion};
use super::tokens::Tokens;
use crate::codec::{CancelRequest, GetOperation, ListOperations, Operation};
use crate::error::{Answer, Error, Posted};
use crate::values::{BearerToken, Endpoint, OperationId};
use crate::wire::retry_after::retry_after;

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Context {
    /// In a box: a conversation spends most of its life waiting, among many others.
    pub(super) asked: Box<Asked>,
    pub(super) now: Duration,
    pub(super) deadline: Duration,
    pub(super) posted: Posted,
    /// How many polls there were. A poll that is repeated counts once.
    pub(super) polls: u32,
    /// How often it was resumed by another process.
    pub(super) resumes: u16,
    /// The last operation that a poll returned, or the first that had ended without being canceled. It is kept once: it
    /// has a body.
    pub(super) operation: Option<Operation>,
    pub(super) retries: Retries,
    pub(super) tokens: Tokens,
    /// When the last exchange was handed out, and when the polls began (before them, the conversation). The schedule
    /// counts from there.
    pub(super) handed_out: Duration,
    pub(super) polling_since: Duration,
    /// In a box, and only where there is something to remark.
    pub(super) remarks: Option<Box<Remarks>>,
}

/// A location may take some time to exist: so many polls may find nothing, or so long.
const POLLS_BEFORE_IT_EXISTS: u32 = 3;
const TIME_BEFORE_IT_EXISTS: Duration = Duration::from_secs(30);
/// The last poll is due this long before the deadline.
const LAST_POLL: Duration = Duration::from_secs(5);

/// What is reported beside the outcome.
#[derive(Debug, Clone, Default)]
pub(super) struct Remarks {
    /// Operations that the POST cancels too, and that do not decide.
    pub(super) others: Vec<TrackedOperation>,
    /// An operation that somebody else has started: no other POST is sent because of it.
    pub(super) unrelated: Option<OperationId>,
    /// Why the location of an accepted POST is not called.
    pub(super) refused_location: Option<Error>,
}

static NOTHING: Remarks = Remarks { others: Vec::new(), unrelated: None, refused_location: None };

/// What the caller asks for. It never changes.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Asked {
    pub(super) endpoint: Endpoint,
    pub(super) request: CancelRequest,
    pub(super) policy: Policy,
}

/// An answer whose tokens are redacted.
pub(super) struct Received {
    pub(super) head: Parts,
    pub(super) body: Body,
}

impl Received {
    pub(super) fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.head.headers)
    }

    /// The error that it is by its status.
    pub(super) fn error(&self) -> Error {
        Error::of_answer(self.answer())
    }

    pub(super) fn answer(&self) -> Answer {
        Answer::of(&self.head, self.body.bytes())
    }

    /// The same without the body, which is an operation's.
    pub(super) fn answer_without_body(&self) -> Answer {
        Answer::of(&self.head, &[])
    }
}

impl Context {
    pub(super) fn new(endpoint: Endpoint, request: CancelRequest, policy: Policy, now: Duration) -> Self {
        Self {
            now,
            deadline: now.saturating_add(policy.deadline),
            posted: Posted::No,
            polls: 0,
            resumes: 0,
            operation: None,
            retries: Retries::default(),
            tokens: Tokens::default(),
            handed_out: now,
            polling_since: now,
            remarks: None,
            asked: Box::new(Asked { endpoint, request, policy }),
        }
    }

    pub(super) fn is_late(&self) -> bool {
        self.now >= self.deadline
    }

    /// The error, with what is known of the conversation.
    pub(super) fn about_offer(&self, error: Error) -> Error {
        let CancelRequest { publisher, offer, .. } = &self.asked.request;
        error.with_offer(format!("{publisher}/{offer}")).with_posted(self.posted)
    }

    pub(super) fn remarks(&self) -> &Remarks {
        self.remarks.as_deref().unwrap_or(&NOTHING)
    }

    pub(super) fn remark(&mut self) -> &mut Remarks {
        self.remarks.get_or_insert_default()
    }

    pub(super) fn keep(&mut self, operation: Operation) {
        if !self.operation.as_ref().is_some_and(Operation::ended_uncanceled) {
            self.operation = Some(operation);
        }
    }

    pub(super) fn track_beside(&mut self, others: Vec<TrackedOperation>) {
        if !others.is_empty() {
            self.remark().others = others;
        }
    }

    pub(super) fn set_unrelated(&mut self, unrelated: Option<OperationId>) {
        if unrelated.is_some() || self.remarks.is_some() {
            self.remark().unrelated = unrelated;
        }
    }

    /// Whether an operation is one that the POST cancels beside the baseline.
    pub(super) fn is_beside(&self, id: &OperationId) -> bool {
        self.remarks().others.iter().any(|other| other.id() == id)
    }

    /// Whether it is early enough for a poll to find nothing.
    pub(super) fn may_not_exist_yet(&self) -> bool {
        self.polls <= POLLS_BEFORE_IT_EXISTS || self.now.saturating_sub(self.polling_since) < TIME_BEFORE_IT_EXISTS
    }

    /// Whether so much time has passed since then. A shorter first wait shortens it, as it does the schedule.
    pub(super) fn has_passed(&self, time: Duration, since: Duration) -> bool {
        self.now.saturating_sub(since) >= in_proportion(time, self.asked.policy.poll_interval)
    }

    /// When the next poll is due: no wait runs past the deadline without a last poll, whatever the service has asked
    /// for.
    pub(super) fn poll_time(&self, retry_after: Option<Duration>) -> Duration {
        self.not_past_last_poll(self.wait(retry_after))
    }

    /// This time, or that of the next of the last polls where it is sooner.
    pub(super) fn not_past_last_poll(&self, at: Duration) -> Duration {
        let last = self.last_poll();
        at.min(if self.now < last { last } else { self.next_last_poll(1) })
    }

    /// How long an exchange may take. Before the last polls, one that leads to polls leaves time for one of them.
    pub(super) fn timeout(&self, leads_to_polls: bool) -> Duration {
        let left = self.deadline.saturating_sub(self.now);
        let keeps = leads_to_polls && self.now < self.last_poll();
        let kept = if keeps { self.time_for_last_polls() / 2 } else { Duration::ZERO };
        self.asked.policy.longest_attempt().min(left.saturating_sub(kept))
    }

    /// From when on a poll is one of the last.
    pub(super) fn last_poll(&self) -> Duration {
        self.deadline.saturating_sub(self.time_for_last_polls())
    }

    /// When the next of the last polls is due, if not before: of so many operations each has one, and time is left for
    /// one more.
    pub(super) fn next_last_poll(&self, count: usize) -> Duration {
        let shares = u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        let least = self.time_for_last_polls() / shares / 2;
        self.now.saturating_add((self.deadline.saturating_sub(self.now) / shares).max(least))
    }

    fn time_for_last_polls(&self) -> Duration {
        LAST_POLL.min(self.asked.policy.attempt_timeout)
    }

    /// The end of the scheduled wait, or of the service's where that is longer.
    pub(super) fn wait(&self, retry_after: Option<Duration>) -> Duration {
        let passed = self.now.saturating_sub(self.polling_since);
        let wait = schedule::wait(&self.asked.policy, &self.asked.request, passed);
        self.now.saturating_add(wait.max(retry_after.unwrap_or_default()))
    }

    /// A GET has failed: it is tried again after a wait, unless it has failed too often.
    pub(super) fn retry_get(&mut self, error: Error, retry_after: Option<Duration>) -> Next {
        if self.is_late() || self.retries.get_failed(&self.asked.policy) {
            return self.fail(error);
        }
        self.try_again(error, retry_after)
    }

    /// The same of a poll.
    pub(super) fn retry_poll(&mut self, error: Error, retry_after: Option<Duration>) -> Next {
        if self.is_late() || self.retries.get_failed(&self.asked.policy) {
            return self.fail(error);
        }
        self.keep_trying(error, retry_after)
    }

    /// A POST has led nowhere: another follows after a wait, unless there were too many.
    pub(super) fn retry_post(&mut self, error: Error, retry_after: Option<Duration>) -> Next {
        if self.is_late() || self.retries.post_failed(&self.asked.policy) {
            return self.fail(error);
        }
        self.try_again(error, retry_after)
    }

    /// A failure that does not end anything: the next poll is due by the schedule.
    pub(super) fn keep_trying(&mut self, error: Error, retry_after: Option<Duration>) -> Next {
        self.retries.remember(error);
        Next::At(self.poll_time(retry_after))
    }

    fn try_again(&mut self, error: Error, retry_after: Option<Duration>) -> Next {
        self.retries.remember(error);
        Next::At(self.wait(retry_after))
    }

    /// Ends with this error. Past the deadline it is the deadline that ends it.
    pub(super) fn fail(&mut self, error: Error) -> Next {
        if self.is_late() {
            self.retries.remember(error);
            return Next::Now;
        }
        Next::error(error)
    }

    /// The POST is done with: the polls begin with the first wait.
    pub(super) fn begin_polls(&mut self) {
        self.retries.succeeded();
        self.polling_since = self.now;
    }

    pub(super) fn list(&self, token: &BearerToken) -> Request<Bytes> {
        let list = ListOperations::new(self.asked.request.publisher.clone(), self.asked.request.offer.clone());
        let list = match &self.asked.request.client_request_id {
            Some(id) => list.client_request_id(id.clone()),
            None => list,
        };
        list.to_http(&self.asked.endpoint, token)
    }

    pub(super) fn poll(&self, get: GetOperation, token: &BearerToken) -> Request<Bytes> {
        let get = match &self.asked.request.client_request_id {
            Some(id) => get.client_request_id(id.clone()),
            None => get,
        };
        get.to_http(&self.asked.endpoint, token)
    }
}
