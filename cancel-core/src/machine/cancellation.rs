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
/// of it. `now` is the time since a moment that the caller chose, always the same one. A `now` that is before an earlier one counts as
/// the earlier one.
///
/// [A page of the manual](crate::guide::adapters) shows a whole driver, and says what it must keep to.
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
///         Step::Await { id, .. } => cancellation.handle_failure(now, id, Failure::Abandoned)?, // of a driver before
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

    /// Continues a conversation that another process has written down.
    ///
    /// **A POST that was out counts as possibly processed.** With [`Until::Verified`](crate::Until::Verified) the list is looked at
    /// before another POST is sent. The other modes are over at once with [`Error::Ambiguous`], unless
    /// [`Policy::retry_ambiguous`] is set.
    ///
    /// **Time.** Let both processes give the time since 1970. Then the time between the checkpoint's last `now` and this one has passed,
    /// for the deadline as for the next look. A `now` that is *before* the checkpoint's comes from another clock, such as one that begins
    /// with each process: then no time has passed. (One that is more than 31 days before it is refused.) The deadline is never later than
    /// `now` and the policy's.
    ///
    /// **Tries.** What has failed so far counts on. A conversation that had ended with an error gets a new deadline and new tries. A
    /// token is asked for anew, and exchanges are numbered anew.
    ///
    /// The policy may differ from that of the process before in everything but [`Policy::until`].
    ///
    /// # Errors
    ///
    /// [`Error::Checkpoint`] when the checkpoint
    ///
    /// - is of another version of this format, another endpoint or api-version, or another [`Until`](crate::Until);
    /// - is of a run that ended with an outcome, or that was resumed 1000 times before;
    /// - is for [`only`](CancelRequest::only) one operation, in a mode that does not look at the list;
    /// - holds what no run writes: a location on another host, an id that is none, contradictions, an absurd time;
    /// - or when the policy is for a [dry run](Policy::dry_run).
    #[expect(clippy::needless_pass_by_value, reason = "one checkpoint is resumed once")]
    pub fn resume(endpoint: Endpoint, checkpoint: Checkpoint, policy: Policy, now: Duration) -> Result<Self, Error> {
        let conversation = Conversation::resume(endpoint, &checkpoint, policy, now)?;
        let result = conversation.has_nothing_left().then(|| Box::new(Err(conversation.error(doubtful()))));
        Ok(Self { conversation, result })
    }

    /// The conversation written down, as of the last `now`, for another process to [`resume`](Self::resume). An exchange that is out
    /// counts as possibly processed: make a checkpoint durable after [`Step::Send`] of a POST and before its first byte
    /// leaves, and after every input. [A page of the manual](crate::guide::durability) says where to keep it.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let over = self.result.as_ref().map(|result| if result.is_ok() { Over::Outcome } else { Over::Error });
        self.conversation.checkpoint(over)
    }

    /// What to do next.
    ///
    /// Returning [`Step::Send`] is the commitment: the same exchange is not handed out again. Otherwise nothing changes
    /// but that time passes, and `step` may be called at will.
    ///
    /// That time passes has two effects. An exchange that is out and whose `until` has come counts as [`Failure::TimeIsUp`]; and at the
    /// deadline it is over, with [`Error::Deadline`]. With [`Until::Verified`](crate::Until::Verified) a POST that is asked for more than
    /// 5 s after it was due (a driver kept it waiting) comes after another look at the list, once.
    pub fn step(&mut self, now: Duration) -> Step<'_> {
        self.pass_time(now);
        match &self.result {
            Some(result) => Step::Done(result),
            None => self.conversation.next(),
        }
    }

    /// Tells the time, and asks for nothing: for a driver that stops in the middle of a wait, so that the time it has waited
    /// counts. [`step`](Self::step) does the same before it says what is next.
    ///
    /// A driver whose future can be dropped calls it when that happens ([how](crate::guide::adapters#async)).
    pub fn pass_time(&mut self, now: Duration) {
        if self.result.is_none() {
            let verdict = self.conversation.pass_time(now);
            self.conclude(verdict);
        }
    }

    /// Takes a token: the one that [`Step::Authenticate`] asked for, or a fresher one at any other time. It is used from
    /// the next request on; an exchange that is out keeps its own. Without a token there is nothing to hand in: see
    /// [`token_source_error`](Self::token_source_error).
    pub fn provide_token(&mut self, token: BearerToken) {
        self.conversation.provide_token(token);
    }

    /// Takes the answer to the exchange that is out. `now` is when it had arrived, its body included.
    ///
    /// Hand in every answer, whatever its status: the machine knows what it means. The body is complete unless it is marked as
    /// [`Body::CutOff`] or [`Body::TooLarge`]; of the head, status and headers are looked at.
    ///
    /// An answer that comes after the exchange's time is taken as long as no [`step`](Self::step) or [`pass_time`](Self::pass_time) has
    /// given the exchange up.
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

    /// Takes the news that the exchange that is out has no answer, and why.
    ///
    /// | | a POST | a GET |
    /// |---|---|---|
    /// | [`NotSent`](Failure::NotSent) | is sent again after a wait; with [`Until::Verified`](crate::Until::Verified) after a look at the list | counts as a failure, and is tried again after a wait |
    /// | [`MaybeSent`](Failure::MaybeSent) | with `Verified`: a look at the list decides. Otherwise [`Error::Ambiguous`] | the same |
    /// | [`TimeIsUp`](Failure::TimeIsUp) | as after `MaybeSent` | counts as a failure, and is tried again after a wait |
    /// | [`Abandoned`](Failure::Abandoned) | as after `MaybeSent` | is due again at once, and does not count as a failure |
    /// | [`Withheld`](Failure::Withheld) | is due again at once, and does not count; with `Verified` after a look at the list | the same |
    ///
    /// [`Policy::attempts`] bounds the tries.
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

    /// The latest `now` that was seen. A driver counts on from it.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.conversation.now
    }

    /// The error for a driver to return when its source of tokens gave none: [`Error::TokenSource`], with the offer and whether a POST
    /// went out. `why` becomes its detail. Tokens of this conversation are overwritten in it; one that is not known yet cannot be.
    ///
    /// This is no input: nothing changes, and the conversation is not over. The next [`step`](Self::step) asks for a token again.
    #[must_use]
    pub fn token_source_error(&self, why: &str) -> Error {
        self.conversation.error(Problem::new(Error::TokenSource, self.concealed(why)))
    }

    /// The error for a driver to return when a checkpoint could not be written, or is of another run: [`Error::Checkpoint`], with the
    /// offer and whether a POST went out.
    ///
    /// This is no input: nothing changes, and the conversation can be driven on. A POST that was not sent because of this is handed in as
    /// [`Failure::Withheld`] first.
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
