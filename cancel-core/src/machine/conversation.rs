//! The state of a conversation that is not over, and the rules that hold in every phase of it.
//!
//! What an answer means is said by [`posting`](super::posting) and [`watching`](super::watching); this file knows only that an
//! exchange is out or due, that tokens are rejected, that tries are counted and that time runs out.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Response, StatusCode, Uri};

use super::concealment::{conceal_in_body, conceal_in_headers, conceal_in_text};
use super::outcome::{Outcome, Posted};
use super::pace::Pace;
use super::policy::Policy;
use super::progress::{Phase, Progress};
use super::step::{Body, Exchange, ExchangeId, Failure, Step, TokenReason};
use super::watching::Watching;
use crate::codec::{Answer, CancelRequest, Operation};
use crate::error::Error;
use crate::report::Problem;
use crate::values::{BearerToken, Endpoint};

/// How a conversation ends, once it does.
pub(super) type Verdict = Option<Result<Outcome, Problem>>;

#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) endpoint: Endpoint,
    pub(super) request: CancelRequest,
    pub(super) policy: Policy,
    pub(super) stage: Stage,
    pub(super) pace: Pace,
    pub(super) posted: Posted,
    pub(super) polls: u32,
    /// The last operation that was seen.
    pub(super) operation: Option<Operation>,
    pub(super) now: Duration,
    pub(super) deadline: Duration,
    flight: Flight,
    token: Option<BearerToken>,
    token_reason: TokenReason,
    /// 401s in a row.
    rejections: u8,
    /// Other failures in a row, and the last of them.
    failures: u8,
    last_failure: Option<Problem>,
    last_id: u64,
}

/// Which exchange is next, or out.
#[derive(Debug)]
pub(super) enum Stage {
    /// The POST.
    Posting,
    /// A look at the location.
    Watching(Watching),
}

#[derive(Debug)]
enum Flight {
    /// The next exchange may leave from this time on.
    Due { at: Duration, repeated: bool },
    /// An exchange is out, and given up at this time.
    Out { id: ExchangeId, until: Duration, called: Uri },
}

impl Conversation {
    pub(super) fn new(endpoint: Endpoint, request: CancelRequest, policy: Policy, now: Duration) -> Self {
        Self {
            stage: Stage::Posting,
            pace: Pace::new(&policy, &request),
            posted: Posted::No,
            polls: 0,
            operation: None,
            now,
            deadline: now.saturating_add(policy.deadline),
            flight: Flight::Due { at: now, repeated: false },
            token: None,
            token_reason: TokenReason::FirstUse,
            rejections: 0,
            failures: 0,
            last_failure: None,
            last_id: 0,
            endpoint,
            request,
            policy,
        }
    }

    /// Lets time pass: an exchange that is out too long is lost, and at the deadline everything ends.
    pub(super) fn pass_time(&mut self, now: Duration) -> Verdict {
        self.now = self.now.max(now);
        if let Flight::Out { until, .. } = self.flight {
            if self.now < until {
                return None;
            }
            return self.handle_failure(now, &Failure::maybe_sent("no answer in time"));
        }
        (self.now >= self.deadline).then(|| Err(self.too_late()))
    }

    /// What to do next, when it is not over.
    pub(super) fn next(&mut self) -> Step<'static> {
        match &self.flight {
            Flight::Out { id, until, .. } => Step::Await { id: *id, until: *until },
            Flight::Due { at, .. } if self.now < *at => Step::WaitUntil((*at).min(self.deadline)),
            Flight::Due { repeated, .. } => match self.token.clone() {
                None => Step::Authenticate(self.token_reason),
                Some(token) => self.send(&token, *repeated),
            },
        }
    }

    fn send(&mut self, token: &BearerToken, repeated: bool) -> Step<'static> {
        let request = self.next_request(token, repeated);
        self.last_id = self.last_id.saturating_add(1);
        let id = ExchangeId(self.last_id);
        let timeout = self.policy.attempt_timeout.min(self.deadline.saturating_sub(self.now));
        let until = self.now.saturating_add(timeout);
        self.flight = Flight::Out { id, until, called: request.uri().clone() };
        Step::Send(Exchange { id, request, timeout, body_limit: self.policy.body_limit })
    }

    fn next_request(&mut self, token: &BearerToken, repeated: bool) -> Request<Bytes> {
        match &self.stage {
            Stage::Posting => self.request.to_http(&self.endpoint, token),
            Stage::Watching(watching) => {
                if !repeated {
                    self.polls = self.polls.saturating_add(1);
                }
                watching.to_http(&self.endpoint, &self.request, token)
            }
        }
    }

    pub(super) fn provide_token(&mut self, token: BearerToken) {
        self.token = Some(token);
    }

    pub(super) fn handle_response(&mut self, now: Duration, response: Response<Body>) -> Verdict {
        self.now = self.now.max(now);
        let called = self.land()?;
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
        self.rejections = 0;
        match self.stage {
            Stage::Posting => self.posting_answered(&called, &head, &body),
            Stage::Watching(_) => self.watching_answered(&called, &head, body),
        }
    }

    pub(super) fn handle_failure(&mut self, now: Duration, failure: &Failure) -> Verdict {
        self.now = self.now.max(now);
        self.land()?;
        let maybe_sent = matches!(failure, Failure::MaybeSent(_));
        if maybe_sent && matches!(self.stage, Stage::Posting) {
            self.posted = self.posted.max(Posted::Maybe);
        }
        let problem = Problem::new(Error::Transport, self.concealed(failure.why()));
        if self.now >= self.deadline {
            self.last_failure = Some(problem);
            return Some(Err(self.too_late()));
        }
        match self.stage {
            Stage::Posting if maybe_sent => self.may_be_processed(problem, None),
            Stage::Posting | Stage::Watching(_) => self.try_again(problem, None),
        }
    }

    /// The exchange that was out no longer is; the URL that it called. Due at once, unless somebody says later.
    fn land(&mut self) -> Option<Uri> {
        match std::mem::replace(&mut self.flight, Flight::Due { at: self.now, repeated: false }) {
            Flight::Out { called, .. } => Some(called),
            due @ Flight::Due { .. } => {
                self.flight = due;
                None
            }
        }
    }

    /// 401: the same exchange again at once with a fresh token; the second in a row is final.
    fn rejected(&mut self, head: &Parts, body: &Body) -> Verdict {
        self.rejections = self.rejections.saturating_add(1);
        if self.rejections > 1 {
            return Some(Err(problem(head, body)));
        }
        self.token = None;
        self.token_reason = TokenReason::Rejected;
        self.flight = Flight::Due { at: self.now, repeated: true };
        None
    }

    /// Tries the same again after a wait; too many failures in a row are final.
    pub(super) fn try_again(&mut self, problem: Problem, retry_after: Option<Duration>) -> Verdict {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.policy.attempts {
            return Some(Err(problem));
        }
        self.last_failure = Some(problem);
        self.wait(retry_after);
        None
    }

    /// What was asked for was answered: failures before do not count any more.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.last_failure = None;
    }

    /// The next exchange is due after the scheduled wait, or after the service's where that is longer.
    pub(super) fn wait(&mut self, retry_after: Option<Duration>) {
        let wait = self.pace.next(&self.policy).max(retry_after.unwrap_or_default());
        self.flight = Flight::Due { at: self.now.saturating_add(wait), repeated: false };
    }

    fn too_late(&mut self) -> Problem {
        let after = format!("it was {:?} after the start", self.policy.deadline);
        match self.last_failure.take() {
            Some(problem) => problem.renamed(Error::Deadline, &format!("{after}; the last try failed")),
            None => Problem::new(Error::Deadline, after),
        }
    }

    fn conceal(&self, head: &mut Parts, body: &mut Body) {
        if let Some(token) = &self.token {
            conceal_in_headers(token, &mut head.headers);
            let (Body::Complete(bytes) | Body::CutOff(bytes) | Body::TooLarge(bytes)) = body;
            *bytes = conceal_in_body(token, std::mem::take(bytes));
        }
    }

    /// A text without the token.
    pub(super) fn concealed<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.token {
            Some(token) => conceal_in_text(token, text),
            None => Cow::Borrowed(text),
        }
    }

    /// An error of this conversation.
    pub(super) fn error(&self, problem: Problem) -> Error {
        let offer = format!("{}/{}", self.request.publisher(), self.request.offer());
        problem.about(offer).posted(self.posted()).into()
    }

    pub(super) fn out(&self) -> Option<ExchangeId> {
        match &self.flight {
            Flight::Out { id, .. } => Some(*id),
            Flight::Due { .. } => None,
        }
    }

    pub(super) fn posted(&self) -> Posted {
        match (&self.stage, &self.flight) {
            (Stage::Posting, Flight::Out { .. }) => self.posted.max(Posted::Maybe),
            _ => self.posted,
        }
    }

    pub(super) fn progress(&self) -> Progress<'_> {
        let (phase, location) = match &self.stage {
            Stage::Posting => (Phase::Posting, None),
            Stage::Watching(watching) => (Phase::Watching, Some(watching.location())),
        };
        Progress { phase, posted: self.posted(), polls: self.polls, location, operation: self.operation.as_ref() }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(super) fn request(&self) -> &CancelRequest {
        &self.request
    }

    pub(super) fn now(&self) -> Duration {
        self.now
    }
}

/// The error that an answer is by its status.
pub(super) fn problem(head: &Parts, body: &Body) -> Problem {
    Answer::of(head, body.bytes()).into_problem()
}
