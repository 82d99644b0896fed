//! The machine's door: what a driver calls.

#[cfg(all(test, feature = "portal"))]
mod fingerprint;

use std::borrow::Cow;
use std::time::Duration;

use http::Response;

use super::checkpoint::{Checkpoint, Over};
use super::conversation::{Conversation, Verdict};
use super::outcome::{Outcome, Posted};
use super::policy::Policy;
use super::progress::{Phase, Progress};
use super::step::{Body, ExchangeId, Failure, Misuse, Step};
use crate::codec::CancelRequest;
use crate::error::Error;
use crate::report::Problem;
use crate::values::{BearerToken, Endpoint, InvalidInput};

/// One cancel, from its POST to what is known of it.
///
/// It performs no I/O and reads no clock: [`step`](Self::step) says what to do, and the caller does it and says what came
/// of it. `now` is the time since an epoch that the caller chose, and only ever grows.
///
/// ```
/// # use std::time::Duration;
/// # use bytes::Bytes;
/// # use cancel_core::*;
/// # fn transport(_: &Exchange) -> Result<http::Response<Bytes>, Failure> {
/// #     Ok(http::Response::new(Bytes::from_static(b"[]")))
/// # }
/// # let endpoint = Endpoint::default();
/// # let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
/// # let token = BearerToken::new("eyJ0eXAi")?;
/// let mut now = Duration::ZERO; // and so on, from a clock
/// let mut cancellation = Cancellation::new(endpoint, request, Policy::default(), now);
/// let outcome = loop {
///     match cancellation.step(now) {
///         Step::Authenticate(_why) => cancellation.provide_token(token.clone()),
///         Step::Send(exchange) => match transport(&exchange) {
///             Ok(response) => cancellation.handle_response(now, exchange.id, response)?,
///             Err(failure) => cancellation.handle_failure(now, exchange.id, failure)?,
///         },
///         Step::Await { until, .. } => now = until, // never here: this transport answers before it returns
///         Step::WaitUntil(when) => now = when, // or rather: sleep until then
///         Step::Done(result) => break result.clone(),
///     }
/// }?;
/// assert_eq!(outcome.as_str(), "nothing_running");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// There is no `Clone`: two copies would post twice. To stop early, drop it; [`posted`](Self::posted) says whether a
/// POST went out.
///
/// # Phases
///
/// [`progress`](Self::progress) tells in which [`Phase`] it is. It goes from one to another in these ways, and no others: a test
/// explores all that the machine can do.
///
#[doc = include_str!("phases.md")]
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Cancellation {
    conversation: Conversation,
    /// In a box: it is there at the end only.
    result: Option<Box<Result<Outcome, Error>>>,
}

impl Cancellation {
    /// A conversation that has not begun. Its deadline counts from `now`.
    ///
    /// A request for [`only`](CancelRequest::only) one operation is over at once, with [`Error::InvalidInput`], where the
    /// policy's mode does not look at the list: the call itself would stop whatever is in progress.
    #[must_use]
    pub fn new(endpoint: Endpoint, request: CancelRequest, policy: Policy, now: Duration) -> Self {
        let unlooked = request.target().is_some() && !policy.lists();
        let result = unlooked.then(|| {
            let problem = "can only be told apart with `Until::Verified`: the call is for the whole offer";
            Box::new(Err(InvalidInput::hiding("operation id", problem).into()))
        });
        Self { conversation: Conversation::new(endpoint, request, policy, now), result }
    }

    /// A conversation that goes on where another process left it: what may have been processed is not posted again, but
    /// for what rule 5 allows, and a token is asked for anew.
    ///
    /// Time that passed since the checkpoint counts when `now` is on the same clock there and here, such as the time since
    /// 1970. A `now` before the checkpoint's is taken for another clock, on which no time has passed. A conversation that
    /// was over with an error gets a new deadline and new tries.
    ///
    /// # Errors
    ///
    /// [`Error::Checkpoint`] when it is of another version, service or mode, of a run that is over, or holds what no run
    /// of ours writes: locations on other hosts, ids that are none, times beyond the policy's deadline.
    #[expect(clippy::needless_pass_by_value, reason = "one checkpoint is gone on with once")]
    pub fn resume(endpoint: Endpoint, checkpoint: Checkpoint, policy: Policy, now: Duration) -> Result<Self, Error> {
        let conversation = Conversation::resume(endpoint, &checkpoint, policy, now)?;
        let result = conversation.has_nothing_left().then(|| Box::new(Err(conversation.error(doubtful()))));
        Ok(Self { conversation, result })
    }

    /// The conversation written down, as of the last `now`, for another process to go on with. An exchange that is out
    /// counts as possibly processed: make a checkpoint durable after [`Step::Send`] of a POST and before its first byte
    /// leaves, and after every input.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let over = self.result.as_ref().map(|result| if result.is_ok() { Over::Outcome } else { Over::Error });
        self.conversation.checkpoint(over)
    }

    /// What to do next.
    ///
    /// Returning [`Step::Send`] is the commitment: the same exchange is not handed out again. Otherwise nothing changes
    /// but that time passes, and `step` may be called at will.
    pub fn step(&mut self, now: Duration) -> Step<'_> {
        self.pass_time(now);
        match &self.result {
            Some(result) => Step::Done(result),
            None => self.conversation.next(),
        }
    }

    /// Tells the time, and asks for nothing: for a driver that stops in the middle of a wait, so that the time it has waited
    /// counts. [`step`](Self::step) does the same before it says what is next.
    pub fn pass_time(&mut self, now: Duration) {
        if self.result.is_none() {
            let verdict = self.conversation.pass_time(now);
            self.conclude(verdict);
        }
    }

    /// Takes a token: the one that [`Step::Authenticate`] asked for, or a fresher one at any other time. It is used from
    /// the next request on.
    pub fn provide_token(&mut self, token: BearerToken) {
        self.conversation.provide_token(token);
    }

    /// Takes the answer to the exchange that is out.
    ///
    /// # Errors
    ///
    /// [`Misuse`] when `id` is not out: a late answer is never taken for that of another exchange. Nothing has changed.
    pub fn handle_response<B: Into<Body>>(
        &mut self,
        now: Duration,
        id: ExchangeId,
        response: Response<B>,
    ) -> Result<(), Misuse> {
        self.check_is_out(id)?;
        let verdict = self.conversation.handle_response(now, response.map(Into::into));
        self.conclude(verdict);
        Ok(())
    }

    /// Takes the news that the exchange that is out has no answer.
    ///
    /// # Errors
    ///
    /// [`Misuse`] when `id` is not out. Nothing has changed.
    #[expect(clippy::needless_pass_by_value, reason = "an exchange fails once")]
    pub fn handle_failure(&mut self, now: Duration, id: ExchangeId, failure: Failure) -> Result<(), Misuse> {
        self.check_is_out(id)?;
        let verdict = self.conversation.handle_failure(now, &failure);
        self.conclude(verdict);
        Ok(())
    }

    /// What it ended with, when it is over.
    #[must_use]
    pub fn result(&self) -> Option<&Result<Outcome, Error>> {
        self.result.as_deref()
    }

    /// Whether a POST went out so far. One that is out counts as [`Posted::Maybe`].
    #[must_use]
    pub fn posted(&self) -> Posted {
        self.conversation.posted()
    }

    /// Where the conversation stands, for a person.
    #[must_use]
    pub fn progress(&self) -> Progress<'_> {
        let progress = self.conversation.progress();
        match self.result {
            Some(_) => Progress { phase: Phase::Done, due: None, ..progress },
            None => progress,
        }
    }

    /// The service that is called.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.conversation.endpoint
    }

    /// What is to be canceled.
    #[must_use]
    pub fn request(&self) -> &CancelRequest {
        &self.conversation.request
    }

    /// The last `now` that was seen. A driver counts on from it.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.conversation.now
    }

    /// The error of a source of tokens that gave none, for a driver to return. It is no input: the machine still asks,
    /// and goes on when a token is there.
    #[must_use]
    pub fn token_source_error(&self, why: &str) -> Error {
        self.conversation.error(Problem::new(Error::TokenSource, self.concealed(why)))
    }

    /// The error of a place for checkpoints that could not be written, or of a checkpoint of another run, for a driver to
    /// return. It is no input.
    #[must_use]
    pub fn checkpoint_error(&self, why: &str) -> Error {
        self.conversation.error(Problem::new(Error::Checkpoint, self.concealed(why)))
    }

    pub(super) fn concealed<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.conversation.concealed(text)
    }

    fn check_is_out(&self, given: ExchangeId) -> Result<(), Misuse> {
        let out = if self.result.is_some() { None } else { self.conversation.out() };
        if out == Some(given) { Ok(()) } else { Err(Misuse { given, out }) }
    }

    fn conclude(&mut self, verdict: Verdict) {
        if let Some(verdict) = verdict {
            self.result = Some(Box::new(verdict.map_err(|problem| self.conversation.error(problem))));
        }
    }
}

/// What is known of a POST that an earlier process sent, where the mode has no look at the list.
fn doubtful() -> Problem {
    Problem::new(Error::Ambiguous, "an earlier run sent it, and its answer is not known or cannot be followed")
}
