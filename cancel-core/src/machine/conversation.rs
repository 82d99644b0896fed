//! A conversation: its clock, which phase gets an answer, and the one place where it ends.
//!
//! What an answer means is said by [`phase`](super::phase). This file knows that exchanges time out, that a rejected
//! token is asked for again, and that the deadline ends everything.

#[cfg(all(test, feature = "testing"))]
mod fingerprint;

use std::borrow::Cow;
use std::mem;
use std::time::Duration;

use http::{Response, StatusCode};

use super::baseline::Baseline;
use super::body::Body;
use super::context::{Context, Received};
use super::in_flight::{Exchanges, State};
use super::next::Next;
use super::outcome::Outcome;
use super::phase::{Listing, Phase, Posting, Stuck, Transition, nothing_to_ask_for};
use super::policy::Policy;
use super::progress::{self, Progress};
use super::step::{Exchange, ExchangeId, Failure, Step};
use crate::codec::CancelRequest;
use crate::error::{Error, ErrorKind, Posted};
use crate::values::{BearerToken, Endpoint, InvalidInput};

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Conversation {
    pub(super) cx: Context,
    pub(super) phase: Phase,
    pub(super) exchanges: Exchanges,
    /// In a box: it is there at the end only.
    result: Option<Box<Result<Outcome, Error>>>,
}

impl Conversation {
    pub(super) fn new(endpoint: Endpoint, request: CancelRequest, policy: Policy, now: Duration) -> Self {
        let phase = if policy.lists() { Listing.into() } else { Posting::blind(false).into() };
        let cannot_tell = request.only_if_running.is_some() && !policy.lists();
        let mut conversation = Self::in_phase(phase, Context::new(endpoint, request, policy, now));
        if cannot_tell {
            let problem = "can only be told apart with `Until::Verified`: the call is for the whole offer";
            conversation.result = Some(Box::new(Err(InvalidInput::hiding("operation id", problem).into())));
        }
        conversation
    }

    pub(super) fn in_phase(phase: Phase, cx: Context) -> Self {
        let exchanges = Exchanges::due_first(cx.now);
        Self { cx, phase, exchanges, result: None }
    }

    pub(super) fn step(&mut self, now: Duration) -> Step<'_> {
        self.pass_time(now);
        match self.next_step() {
            Some(step) => step,
            None => Step::Done(self.over()),
        }
    }

    /// Lets time pass: an exchange in flight times out, and the deadline ends everything.
    pub(super) fn pass_time(&mut self, now: Duration) {
        if self.result.is_some() {
            return;
        }
        self.cx.now = self.cx.now.max(now);
        match self.exchanges.until() {
            Some(until) if self.cx.now >= until => self.handle_failure(now, &Failure::TimedOut),
            None if self.cx.is_late() => self.end_late(),
            _ => {}
        }
    }

    pub(super) fn provide_token(&mut self, token: BearerToken) {
        let is_another = self.cx.tokens.add(token, self.cx.now);
        if self.result.is_none() && matches!(self.phase, Phase::Posting(_)) && !is_another {
            let rejection = self.cx.retries.last_error.take();
            let rejection = rejection.unwrap_or_else(|| Error::new(ErrorKind::Unauthorized, ""));
            self.end(Box::new(Err(rejection.explained("the token that was rejected was handed in again"))));
        }
    }

    pub(super) fn handle_response(&mut self, now: Duration, response: Response<Body>) {
        self.cx.now = self.cx.now.max(now);
        let received = self.receive(response);
        if matches!(self.phase, Phase::Posting(_)) {
            self.cx.posted = Posted::Yes;
        }
        if received.head.status == StatusCode::UNAUTHORIZED {
            if self.cx.tokens.reject(self.cx.now) {
                return self.end(Box::new(Err(received.error())));
            }
            return self.take(|phase, cx| phase.rejected(cx, received.error()));
        }
        self.cx.tokens.accepted();
        self.take(|phase, cx| phase.answered(cx, &received));
    }

    pub(super) fn handle_failure(&mut self, now: Duration, failure: &Failure) {
        self.cx.now = self.cx.now.max(now);
        if let (Failure::TimedOut, Some(until)) = (failure, self.exchanges.until()) {
            self.cx.now = self.cx.now.max(until);
        }
        if matches!(self.phase, Phase::Posting(_)) && failure.may_be_sent() {
            self.cx.posted = self.cx.posted.max(Posted::Maybe);
        }
        let error = Error::new(ErrorKind::Transport, self.redacted(failure.why()));
        self.take(|phase, cx| phase.failed(cx, failure, error));
    }

    /// The exchange in flight is completed, and the phase goes on.
    fn take(&mut self, transition: impl FnOnce(Phase, &mut Context) -> Transition) {
        // Nothing is posted from the phase that stands in for it.
        let phase = mem::replace(&mut self.phase, Stuck::InDoubt.into());
        let Transition { phase, next } = transition(phase, &mut self.cx);
        self.phase = phase;
        match next {
            Next::Now => self.exchanges.due_at(self.cx.now, false),
            Next::Again => self.exchanges.due_at(self.cx.now, true),
            Next::At(time) => self.exchanges.due_at(time, false),
            Next::Over(result) => return self.end(result),
        }
        if self.cx.is_late() {
            self.end_late();
        }
    }

    fn end(&mut self, mut result: Box<Result<Outcome, Error>>) {
        if let Err(error) = &mut *result {
            *error = self.cx.about_offer(error.clone());
        }
        // For a checkpoint nothing is in flight any more.
        self.exchanges.due_at(self.cx.now, false);
        self.result = Some(result);
    }

    fn end_late(&mut self) {
        let mut after = format!("it was {:?} after the start", self.cx.asked.policy.deadline);
        if let Some(running) = self.phase.baseline().map(Baseline::still_running).filter(|running| !running.is_empty())
        {
            after += &format!("; in progress when last polled: {running}");
        }
        if matches!(self.exchanges.state(), State::Due { at, .. } if at < self.cx.deadline)
            && self.cx.tokens.usable().is_err()
        {
            after += "; no token was handed in";
        }
        if let Some(other) = self.cx.remarks().unrelated.as_ref() {
            let sent = if self.cx.posted == Posted::No { "no cancel" } else { "no other cancel" };
            after += &format!("; operation {other} was started in the meantime, so that {sent} was sent");
        }
        let error = match self.cx.retries.last_error.take() {
            Some(error) => error.with_kind(ErrorKind::Deadline).explained(&format!("{after}; the last try failed")),
            None => Error::new(ErrorKind::Deadline, after),
        };
        self.end(Box::new(Err(error)));
    }

    /// What it ended with. A phase that has nothing to ask for ends here.
    pub(super) fn over(&mut self) -> &Result<Outcome, Error> {
        self.result.get_or_insert_with(|| Box::new(Err(self.cx.about_offer(nothing_to_ask_for()))))
    }

    /// What to do next; `None` when it is over, or has nothing to ask for.
    fn next_step(&mut self) -> Option<Step<'static>> {
        if self.result.is_some() {
            return None;
        }
        let is_repeat = match self.exchanges.state() {
            State::InFlight { until } => return self.exchanges.in_flight().map(|id| Step::Await { id, until }),
            State::Due { at, .. } if self.cx.now < at => return Some(Step::WaitUntil(at.min(self.cx.deadline))),
            State::Due { is_repeat, .. } => is_repeat,
        };
        let token = match self.cx.tokens.usable() {
            Ok(token) => token.clone(),
            Err(why) => return Some(Step::Authenticate(why)),
        };
        self.cx.tokens.sent();
        self.phase.before_hand_out(&mut self.cx, is_repeat);
        let request = self.phase.request(&self.cx, &token)?;
        let timeout = self.cx.timeout(self.phase.leads_to_polls());
        let until = self.cx.now.saturating_add(timeout);
        let id = self.exchanges.hand_out(until);
        self.cx.handed_out = self.cx.now;
        let keep_alive = self.cx.posted != Posted::Maybe && !self.phase.is_in_doubt();
        Some(Step::Send(Exchange { id, request, timeout, until, body_limit: self.body_limit(), keep_alive }))
    }

    /// The longest body of the exchange in flight.
    fn body_limit(&self) -> usize {
        let policy = &self.cx.asked.policy;
        if self.phase.asks_for_list() { policy.list_limit } else { policy.body_limit }
    }

    fn receive(&self, response: Response<Body>) -> Received {
        let (mut head, mut body) = response.into_parts();
        body.judge(&head, self.body_limit());
        self.cx.tokens.redact_answer(&mut head.headers, body.bytes_mut());
        Received { head, body }
    }

    /// An error of the driver's.
    pub(super) fn error(&self, kind: ErrorKind, why: &str) -> Error {
        self.cx.about_offer(Error::new(kind, self.redacted(why))).with_posted(self.posted())
    }

    pub(super) fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.cx.tokens.redact_text(text)
    }

    pub(super) fn result(&self) -> Option<&Result<Outcome, Error>> {
        self.result.as_deref()
    }

    pub(super) fn in_flight(&self) -> Option<ExchangeId> {
        self.exchanges.in_flight().filter(|_| self.result.is_none())
    }

    pub(super) fn post_in_flight(&self) -> bool {
        matches!(self.phase, Phase::Posting(_)) && self.in_flight().is_some()
    }

    pub(super) fn posted(&self) -> Posted {
        if self.post_in_flight() { self.cx.posted.max(Posted::Maybe) } else { self.cx.posted }
    }

    pub(super) fn progress(&self) -> Progress<'_> {
        let is_over = self.result.is_some();
        Progress {
            phase: if is_over { progress::Phase::Done } else { self.phase.name() },
            posted: self.posted(),
            post_in_flight: self.post_in_flight(),
            polls: self.cx.polls,
            due: self.exchanges.due().filter(|_| !is_over),
            deadline: self.cx.deadline,
            location: self.phase.location(),
            operation: self.cx.operation.as_ref(),
            baseline: self.phase.baseline().map_or(&[], |baseline| baseline.operations()),
            refused_location: self.cx.remarks().refused_location.as_ref(),
        }
    }
}
