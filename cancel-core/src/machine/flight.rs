//! The exchange that is out, or the one that is due.
//!
//! At any time it is one of the two. What is out is given up when its time is up; what is due leaves when there is a token.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::response::Parts;

use super::conversation::{Conversation, Stage, Verdict, problem};
use super::policy::Until;
use super::step::{Body, Exchange, ExchangeId, Step, TokenReason};
use crate::codec::ListOperations;
use crate::values::BearerToken;

/// A POST that is kept waiting for longer before it is handed out, by a throttle say, does not leave on the word of the list
/// before it: somebody may have started another operation in the meantime.
const FRESH: Duration = Duration::from_secs(5);

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) enum Flight {
    /// The next exchange may leave from this time on.
    Due { at: Duration, repeated: bool },
    /// An exchange is out, the last that was handed out, and given up at this time.
    Out { until: Duration },
}

impl Conversation {
    /// What to do next, when it is not over.
    pub(super) fn next(&mut self) -> Step<'static> {
        match &self.flight {
            Flight::Out { until } => Step::Await { id: self.last_id, until: *until },
            Flight::Due { at, .. } if self.now < *at => Step::WaitUntil((*at).min(self.deadline)),
            Flight::Due { at, repeated } => match self.tokens.usable().cloned() {
                None => Step::Authenticate(self.token_reason),
                Some(token) => {
                    self.prepare(*at, *repeated);
                    self.send(&token)
                }
            },
        }
    }

    /// What has to be done before the exchange that was due then leaves.
    fn prepare(&mut self, due: Duration, repeated: bool) {
        match self.stage {
            Stage::Watching(_) if !repeated => self.polls = self.polls.saturating_add(1),
            // The list was answered when the POST became due.
            Stage::Posting if self.policy.until == Until::Verified => {
                let is_stale = self.now.saturating_sub(due) > FRESH;
                // Once for each POST: where every request is kept waiting, no list is ever fresh.
                self.looks_anew = is_stale && !self.looks_anew;
                if self.looks_anew {
                    self.stage = Stage::Relisting;
                }
            }
            _ => {}
        }
    }

    fn send(&mut self, token: &BearerToken) -> Step<'static> {
        let request = self.next_request(token);
        let id = ExchangeId(self.last_id.0.saturating_add(1));
        self.last_id = id;
        let timeout = self.policy.attempt_timeout.min(self.deadline.saturating_sub(self.now));
        let until = self.now.saturating_add(timeout);
        self.flight = Flight::Out { until };
        Step::Send(Exchange { id, request, timeout, body_limit: self.policy.body_limit })
    }

    fn next_request(&self, token: &BearerToken) -> Request<Bytes> {
        let watched = match &self.stage {
            Stage::Posting => return self.request.to_http(&self.endpoint, token),
            Stage::Watching(watching) => watching.to_http(&self.endpoint, &self.request, &self.noted, token),
            _ => None,
        };
        watched.unwrap_or_else(|| self.list().to_http(&self.endpoint, token))
    }

    fn list(&self) -> ListOperations {
        let list = ListOperations::new(self.request.publisher().clone(), self.request.offer().clone());
        match self.request.call_id() {
            Some(id) => list.client_request_id(id.clone()),
            None => list,
        }
    }

    /// What was out is out no more; whether anything was. The next is due at once, unless somebody says later.
    pub(super) fn land(&mut self) -> bool {
        let was_out = self.out().is_some();
        if was_out {
            self.set_due(self.now);
        }
        was_out
    }

    /// 401: the same exchange again with a fresh token; the second in a row is final.
    pub(super) fn rejected(&mut self, head: &Parts, body: &Body) -> Verdict {
        self.rejections = self.rejections.saturating_add(1);
        if self.rejections > 1 {
            return Some(Err(problem(head, body)));
        }
        self.tokens.reject();
        self.token_reason = TokenReason::Rejected;
        self.repeat()
    }

    /// The same again, at once; a POST with a look directly before it, where the mode has one.
    pub(super) fn repeat(&mut self) -> Verdict {
        if matches!(self.stage, Stage::Posting) && self.policy.until == Until::Verified {
            self.stage = Stage::Relisting;
        }
        self.flight = Flight::Due { at: self.now, repeated: true };
        None
    }

    pub(super) fn out(&self) -> Option<ExchangeId> {
        match &self.flight {
            Flight::Out { .. } => Some(self.last_id),
            Flight::Due { .. } => None,
        }
    }

    /// When the next exchange is due; `None` while one is out.
    pub(super) fn due(&self) -> Option<Duration> {
        match &self.flight {
            Flight::Out { .. } => None,
            Flight::Due { at, .. } => Some(*at),
        }
    }

    pub(super) fn set_due(&mut self, at: Duration) {
        self.flight = Flight::Due { at, repeated: false };
    }

    pub(super) fn post_is_out(&self) -> bool {
        matches!((&self.stage, &self.flight), (Stage::Posting, Flight::Out { .. }))
    }
}
