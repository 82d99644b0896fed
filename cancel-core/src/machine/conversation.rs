//! The state of a conversation that is not over, and the rules that hold in every phase of it.
//!
//! Which exchange is out or due is told by [`flight`](super::flight); what an answer means by [`listing`](super::listing),
//! [`posting`](super::posting) and [`looks`](super::looks). This file knows that tries are counted and that time runs out.

#[cfg(all(test, feature = "portal"))]
mod fingerprint;

use std::borrow::Cow;
use std::time::Duration;

use http::response::Parts;
use http::{Response, StatusCode};

use super::flight::Flight;
use super::noted::Noted;
use super::outcome::{Outcome, Posted};
use super::pace::Pace;
use super::policy::Policy;
use super::progress::{Phase, Progress};
use super::step::{Body, ExchangeId, Failure, TokenReason};
use super::tokens::Tokens;
use super::watching::Watching;
use crate::codec::{Answer, CancelRequest, Operation};
use crate::error::Error;
use crate::report::Problem;
use crate::values::{BearerToken, Endpoint, OperationId};

/// How a conversation ends, once it does.
pub(super) type Verdict = Option<Result<Outcome, Problem>>;

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Conversation {
    pub(super) endpoint: Endpoint,
    /// In a box: a conversation spends most of its life waiting, among many others.
    pub(super) request: Box<CancelRequest>,
    pub(super) policy: Policy,
    pub(super) stage: Stage,
    pub(super) pace: Pace,
    pub(super) posted: Posted,
    pub(super) polls: u32,
    /// What was in progress before the POST; empty where that is not looked at.
    pub(super) noted: Noted,
    /// What somebody has started since, so that no second POST is sent.
    pub(super) started_since: Option<OperationId>,
    /// The last operation that was seen.
    pub(super) operation: Option<Operation>,
    pub(super) now: Duration,
    pub(super) deadline: Duration,
    pub(super) flight: Flight,
    pub(super) tokens: Tokens,
    pub(super) token_reason: TokenReason,
    /// 401s in a row.
    pub(super) rejections: u8,
    /// Failures of GETs in a row.
    pub(super) failures: u8,
    /// POSTs that led nowhere.
    pub(super) failed_posts: u8,
    pub(super) last_failure: Option<Problem>,
    /// Whether the list is asked for once more, since the POST was kept waiting.
    pub(super) looks_anew: bool,
    /// The last exchange that was handed out.
    pub(super) last_id: ExchangeId,
    /// How often the conversation was resumed by another process.
    pub(super) resumes: u32,
}

/// Which exchange is next, or out.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) enum Stage {
    /// The list, to note what is in progress.
    Listing,
    /// The POST.
    Posting,
    /// The list, to see whether another POST would cancel only what was noted.
    Relisting,
    /// A look at the location or at a noted operation.
    Watching(Watching),
    /// None: a POST may have been processed, and there is nothing to look at.
    Doubtful,
    /// None: a POST was accepted, and nothing says where to look.
    Unfollowed,
}

impl Conversation {
    pub(super) fn new(endpoint: Endpoint, request: CancelRequest, policy: Policy, now: Duration) -> Self {
        let stage = if policy.lists() { Stage::Listing } else { Stage::Posting };
        Self {
            stage,
            pace: Pace::new(&policy, &request),
            posted: Posted::No,
            polls: 0,
            noted: Noted::default(),
            started_since: None,
            operation: None,
            now,
            deadline: now.saturating_add(policy.deadline),
            flight: Flight::Due { at: now, repeated: false },
            tokens: Tokens::default(),
            token_reason: TokenReason::FirstUse,
            rejections: 0,
            failures: 0,
            failed_posts: 0,
            looks_anew: false,
            last_failure: None,
            last_id: ExchangeId(0),
            resumes: 0,
            endpoint,
            request: Box::new(request),
            policy,
        }
    }

    /// Lets time pass: an exchange that is out too long is lost, and at the deadline everything ends.
    pub(super) fn pass_time(&mut self, now: Duration) -> Verdict {
        self.now = self.now.max(now);
        if let Flight::Out { until } = self.flight {
            if self.now < until {
                return None;
            }
            return self.handle_failure(now, &Failure::TimeIsUp);
        }
        (self.now >= self.deadline).then(|| Err(self.too_late()))
    }

    pub(super) fn provide_token(&mut self, token: BearerToken) {
        self.tokens.add(token);
    }

    pub(super) fn handle_response(&mut self, now: Duration, response: Response<Body>) -> Verdict {
        self.now = self.now.max(now);
        if !self.land() {
            return None;
        }
        let (mut head, mut body) = response.into_parts();
        self.conceal(&mut head, &mut body);
        if body.bytes().len() > self.policy.body_limit {
            body = Body::TooLarge(body.bytes().clone());
        }
        if matches!(self.stage, Stage::Posting) {
            self.posted = Posted::Yes;
        }
        if head.status == StatusCode::UNAUTHORIZED {
            return self.rejected(&head, &body);
        }
        if !matches!(self.stage, Stage::Relisting) {
            self.rejections = 0;
        }
        match self.stage {
            Stage::Posting => self.post_answered(&head, &body),
            Stage::Watching(_) => self.look_answered(&head, body),
            _ => self.list_answered(&head, &body),
        }
    }

    pub(super) fn handle_failure(&mut self, now: Duration, failure: &Failure) -> Verdict {
        self.now = self.now.max(now);
        if let (Failure::TimeIsUp, Flight::Out { until }) = (failure, &self.flight) {
            self.now = self.now.max(*until);
        }
        if !self.land() {
            return None;
        }
        let problem = Problem::new(Error::Transport, self.concealed(failure.why()));
        let doubtful = matches!(self.stage, Stage::Posting) && failure.may_be_sent();
        if doubtful {
            self.posted = self.posted.max(Posted::Maybe);
        }
        if self.now >= self.deadline {
            if doubtful {
                self.doubt();
            }
            self.last_failure = Some(problem);
            return Some(Err(self.too_late()));
        }
        match self.stage {
            Stage::Posting if doubtful => self.may_be_processed(problem, None),
            _ if failure.is_the_callers() => self.repeat(),
            Stage::Posting => self.post_again(problem, None),
            Stage::Watching(_) => self.look_failed(problem),
            _ => self.try_again(problem, None),
        }
    }

    /// Tries the same again after a wait, unless it has failed too often.
    pub(super) fn try_again(&mut self, problem: Problem, retry_after: Option<Duration>) -> Verdict {
        let verdict = self.failed(problem);
        if verdict.is_none() {
            self.wait(retry_after);
        }
        verdict
    }

    /// Counts a failure; too many in a row are final, and so is one for which the time was up.
    pub(super) fn failed(&mut self, problem: Problem) -> Verdict {
        self.failures = self.failures.saturating_add(1);
        let too_late = self.now >= self.deadline;
        if self.failures >= self.policy.attempts && !too_late {
            return Some(Err(problem));
        }
        self.last_failure = Some(problem);
        too_late.then(|| Err(self.too_late()))
    }

    /// What was asked for was answered: failures before do not count any more.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.last_failure = None;
    }

    /// The POST is done with: from now on there are looks, the first at once.
    pub(super) fn watch(&mut self, watching: Watching) {
        self.succeeded();
        self.stage = Stage::Watching(watching);
        self.pace.restart();
    }

    /// The same, the first after a wait.
    pub(super) fn watch_after(&mut self, watching: Watching, retry_after: Option<Duration>) {
        self.watch(watching);
        self.wait(retry_after);
    }

    /// The next exchange is due after the scheduled wait, or after the service's where that is longer.
    pub(super) fn wait(&mut self, retry_after: Option<Duration>) {
        let wait = self.pace.next(&self.policy).max(retry_after.unwrap_or_default());
        self.flight = Flight::Due { at: self.now.saturating_add(wait), repeated: false };
    }

    fn too_late(&mut self) -> Problem {
        let mut after = format!("it was {:?} after the start", self.policy.deadline);
        if let Some(other) = &self.started_since {
            let sent = if self.posted == Posted::No { "no cancel" } else { "no other cancel" };
            after += &format!("; operation {other} was started in the meantime, so that {sent} was sent");
        }
        match self.last_failure.take() {
            Some(problem) => problem.renamed(Error::Deadline, &format!("{after}; the last try failed")),
            None => Problem::new(Error::Deadline, after),
        }
    }

    fn conceal(&self, head: &mut Parts, body: &mut Body) {
        let (Body::Complete(bytes) | Body::CutOff(bytes) | Body::TooLarge(bytes)) = body;
        self.tokens.conceal_in_answer(&mut head.headers, bytes);
    }

    /// A text without the token.
    pub(super) fn concealed<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.tokens.conceal_in_text(text)
    }

    /// An error of this conversation.
    pub(super) fn error(&self, problem: Problem) -> Error {
        let offer = format!("{}/{}", self.request.publisher(), self.request.offer());
        problem.about(offer).posted(self.posted()).into()
    }

    /// Whether there is nothing to do but to say so.
    pub(super) fn has_nothing_left(&self) -> bool {
        matches!(self.stage, Stage::Doubtful | Stage::Unfollowed)
    }

    pub(super) fn posted(&self) -> Posted {
        if self.post_is_out() { self.posted.max(Posted::Maybe) } else { self.posted }
    }

    pub(super) fn progress(&self) -> Progress<'_> {
        let (phase, location) = match &self.stage {
            Stage::Listing => (Phase::Listing, None),
            Stage::Posting => (Phase::Posting, None),
            Stage::Relisting => (Phase::Relisting, None),
            Stage::Watching(watching) => (Phase::Watching, watching.location.as_ref().map(|named| &named.location)),
            Stage::Doubtful | Stage::Unfollowed => (Phase::Done, None),
        };
        Progress {
            phase,
            posted: self.posted(),
            post_is_out: self.post_is_out(),
            polls: self.polls,
            due: self.due(),
            deadline: self.deadline,
            location,
            operation: self.operation.as_ref(),
            noted: self.noted.operations(),
        }
    }
}

/// The error that an answer is by its status.
pub(super) fn problem(head: &Parts, body: &Body) -> Problem {
    Answer::of(head, body.bytes()).into_problem()
}
