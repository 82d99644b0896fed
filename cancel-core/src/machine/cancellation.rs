//! The machine's door: what a driver calls.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::Response;

use super::body::Body;
use super::checkpoint::Checkpoint;
use super::conversation::Conversation;
use super::outcome::Outcome;
use super::policy::Policy;
use super::progress::Progress;
use super::step::{Exchange, ExchangeId, Failure, StaleExchange, Step};
use crate::codec::CancelRequest;
use crate::error::{Error, ErrorKind, Posted};
use crate::values::{BearerToken, Endpoint};

/// One cancel, from its POST to what is known of it.
///
/// It performs no I/O and reads no clock: [`step`](Self::step) says what to do, and the caller does it and says what
/// came of it. `now` is the time since a moment that the caller chose, always the same one. A `now` that is before an
/// earlier one counts as the earlier one.
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
///         Step::Await { id, .. } => cancellation.handle_failure(now, id, Failure::Dropped)?, // of an earlier driver
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
/// [`progress`](Self::progress) tells in which [`Phase`](crate::Phase) it is. It goes from one to another in these
/// ways, and no others: a test explores all that the machine can do.
///
#[doc = include_str!("phases.md")]
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Cancellation(Conversation);

impl Cancellation {
    /// A conversation that has not begun. Its deadline counts from `now`.
    ///
    /// A request with [`only_if_running`](CancelRequest::only_if_running) is over at once, with
    /// [`ErrorKind::InvalidInput`], when the policy's mode reads no list: the call itself would stop everything that is
    /// in progress.
    #[must_use]
    pub fn new(endpoint: Endpoint, request: CancelRequest, policy: Policy, now: Duration) -> Self {
        Self(Conversation::new(endpoint, request, policy, now))
    }

    /// Continues a conversation that another process has written down.
    ///
    /// **A POST that was in flight counts as possibly processed.** With [`Until::Verified`](crate::Until::Verified) the
    /// list is read before another POST is sent. The other modes are over at once with [`ErrorKind::Ambiguous`], unless
    /// [`Policy::retry_ambiguous`] is set.
    ///
    /// **Time.** Let both processes give the time since 1970. Then the time between the checkpoint's last `now` and
    /// this one has passed, for the deadline as for the next poll. A `now` that is *before* the checkpoint's comes from
    /// another clock, such as one that begins with each process: then no time has passed. (One that is more than 31
    /// days before it is refused.) The deadline is never later than `now` and the policy's, but for this: once a POST
    /// may have been processed, there is time for at least one poll.
    ///
    /// **Attempts.** What has failed so far counts on. A conversation that had ended with an error gets a new deadline
    /// and new attempts. A token is asked for again, and exchanges are numbered from 1.
    ///
    /// The policy may differ from that of the process before in everything but [`Policy::until`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Checkpoint`] when the checkpoint
    ///
    /// - is of another version of this format, another endpoint or api-version, or another [`Until`](crate::Until);
    /// - is of a run that ended with an outcome, or that was resumed 1000 times before;
    /// - has [`only_if_running`](CancelRequest::only_if_running), in a mode that reads no list;
    /// - holds what no run writes: a location on another host, a phase that the mode does not have, an absurd time;
    /// - or when the policy is for a [dry run](Policy::dry_run).
    pub fn resume(endpoint: Endpoint, checkpoint: Checkpoint, policy: Policy, now: Duration) -> Result<Self, Error> {
        Conversation::resume(endpoint, checkpoint, policy, now).map(Self)
    }

    /// The conversation written down, as of the last `now`, for another process to [`resume`](Self::resume). An
    /// exchange in flight counts as possibly processed: make a checkpoint durable after [`Step::Send`] of a POST and
    /// before its first byte leaves, and after every input. [A page of the manual](crate::guide::durability) says where
    /// to keep it.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        self.0.checkpoint()
    }

    /// Whether another process could resume it. After an outcome there is nothing to resume: a driver does not write
    /// that down, and a run that is resumed from the checkpoint before it finds the outcome by polling.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        !matches!(self.result(), Some(Ok(_)))
    }

    /// What to do next.
    ///
    /// Returning [`Step::Send`] is the commitment: the same exchange is not handed out again. Otherwise nothing changes
    /// but that time passes, and `step` may be called at will.
    ///
    /// That time passes has two effects. An exchange in flight whose `until` has come counts as [`Failure::TimedOut`];
    /// and at the deadline it is over, with [`ErrorKind::Deadline`]. With [`Until::Verified`](crate::Until::Verified) a
    /// POST that is asked for more than 5 s after it was due (a driver kept it waiting) comes after a recheck of the
    /// list, once.
    pub fn step(&mut self, now: Duration) -> Step<'_> {
        self.0.step(now)
    }

    /// Tells the time, and asks for nothing: for a driver that stops in the middle of a wait, so that the time it has
    /// waited counts. [`step`](Self::step) does the same before it says what is next.
    ///
    /// A driver whose future can be dropped calls it when that happens ([how](crate::guide::adapters#async)).
    pub fn pass_time(&mut self, now: Duration) {
        self.0.pass_time(now);
    }

    /// Takes a token: the one that [`Step::Authenticate`] asked for, or a fresher one at any other time. It is used
    /// from the next request on; an exchange in flight keeps its own. Without a token there is nothing to hand in: see
    /// [`token_source_error`](Self::token_source_error). Where no list is read before it, a POST is not sent again with
    /// the token that was rejected: when that is handed in again, the rejection is the end.
    pub fn provide_token(&mut self, token: BearerToken) {
        self.0.provide_token(token);
    }

    /// Takes the answer to the exchange in flight. `now` is when it had arrived, its body included.
    ///
    /// Hand in every answer, whatever its status: the machine knows what it means. The body is complete unless it is
    /// marked as [`Body::Ended`], [`Body::CutOff`] or [`Body::TooLarge`]. Of the head, status and headers count, and of
    /// the version that HTTP/1.0 has no transfer coding.
    ///
    /// An answer that comes after the exchange's time is taken as long as no [`step`](Self::step) or
    /// [`pass_time`](Self::pass_time) has let the exchange time out.
    ///
    /// # Errors
    ///
    /// [`StaleExchange`] when `id` is not in flight: a late answer is never taken for that of another exchange. Nothing
    /// has changed.
    pub fn handle_response<B: Into<Body>>(
        &mut self,
        now: Duration,
        id: ExchangeId,
        response: Response<B>,
    ) -> Result<(), StaleExchange> {
        self.check_in_flight(id)?;
        self.0.handle_response(now, response.map(Into::into));
        Ok(())
    }

    /// Takes the news that the exchange in flight has no answer, and why.
    ///
    /// | | a POST | a GET |
    /// |---|---|---|
    /// | [`NotSent`](Failure::NotSent) | is sent again after a wait; with [`Until::Verified`](crate::Until::Verified) after the list was read again | counts as a failure, and is tried again after a wait |
    /// | [`MaybeSent`](Failure::MaybeSent) | with `Verified`: the list, read again, decides. Otherwise [`ErrorKind::Ambiguous`] | the same |
    /// | [`TimedOut`](Failure::TimedOut) | as after `MaybeSent` | counts as a failure, and is tried again after a wait |
    /// | [`Dropped`](Failure::Dropped) | as after `MaybeSent` | is due again at once, and does not count as a failure |
    /// | [`NotAttempted`](Failure::NotAttempted) | is due again at once, and does not count; with `Verified` after the list was read again | the same |
    ///
    /// [`Policy::attempts`] bounds the attempts.
    ///
    /// # Errors
    ///
    /// [`StaleExchange`] when `id` is not in flight. Nothing has changed.
    #[expect(clippy::needless_pass_by_value, reason = "an exchange fails once")]
    pub fn handle_failure(&mut self, now: Duration, id: ExchangeId, failure: Failure) -> Result<(), StaleExchange> {
        self.check_in_flight(id)?;
        self.0.handle_failure(now, &failure);
        Ok(())
    }

    /// What it ended with, when it is over.
    #[must_use]
    pub fn result(&self) -> Option<&Result<Outcome, Error>> {
        self.0.result()
    }

    /// Whether a POST went out so far. One in flight counts as [`Posted::Maybe`].
    #[must_use]
    pub fn posted(&self) -> Posted {
        self.0.posted()
    }

    /// Where the conversation stands, for a person.
    #[must_use]
    pub fn progress(&self) -> Progress<'_> {
        self.0.progress()
    }

    /// The service that is called.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.cx.asked.endpoint
    }

    /// What is to be canceled.
    #[must_use]
    pub fn request(&self) -> &CancelRequest {
        &self.0.cx.asked.request
    }

    /// The latest `now` that was seen. A driver counts on from it.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.0.cx.now
    }

    /// The error for a driver to return when its source of tokens gave none: [`ErrorKind::TokenSource`], with the offer
    /// and whether a POST went out. `why` becomes its detail. Tokens of this conversation are redacted in it; one that
    /// is not known yet cannot be.
    ///
    /// This is no input: nothing changes, and the conversation is not over. The next [`step`](Self::step) asks for a
    /// token again.
    #[must_use]
    pub fn token_source_error(&self, why: impl fmt::Display) -> Error {
        self.0.error(ErrorKind::TokenSource, &why.to_string())
    }

    /// The error for a driver to return when a checkpoint is of another run, or cannot be used for another reason:
    /// [`ErrorKind::Checkpoint`], with the offer and whether a POST went out.
    ///
    /// This is no input: nothing changes, and the conversation can be driven on.
    #[must_use]
    pub fn checkpoint_error(&self, why: impl fmt::Display) -> Error {
        self.0.error(ErrorKind::Checkpoint, &why.to_string())
    }

    /// The error for a driver to return when its journal failed: [`ErrorKind::Checkpoint`], as of
    /// [`checkpoint_error`](Self::checkpoint_error).
    #[must_use]
    pub fn journal_error(&self, why: impl fmt::Display) -> Error {
        self.checkpoint_error(format_args!("it could not be written: {why}"))
    }

    /// Takes back an exchange that was not sent because the journal failed, and returns the
    /// [`journal_error`](Self::journal_error). The exchange counts as [`Failure::NotAttempted`], and the conversation
    /// can be driven on.
    #[expect(clippy::needless_pass_by_value, reason = "a caller that still has the exchange has not sent it")]
    pub fn withhold(&mut self, now: Duration, exchange: Exchange, why: impl fmt::Display) -> Error {
        if self.0.in_flight() == Some(exchange.id) {
            self.0.handle_failure(now, &Failure::NotAttempted);
        }
        self.journal_error(why)
    }

    pub(super) fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.redacted(text)
    }

    fn check_in_flight(&self, given: ExchangeId) -> Result<(), StaleExchange> {
        let in_flight = self.0.in_flight();
        if in_flight == Some(given) { Ok(()) } else { Err(StaleExchange { given, in_flight }) }
    }

    #[cfg(all(test, feature = "testing"))]
    pub(super) fn conversation(&self) -> &Conversation {
        &self.0
    }
}
