//! How a driver is observed, for progress bars and logs.

use std::borrow::Cow;
use std::time::Duration;

use http::{Response, StatusCode};

use super::body::Body;
use super::cancellation::Cancellation;
use super::outcome::Outcome;
use super::step::{Exchange, ExchangeId, Failure, TokenReason};
use crate::error::Error;

/// Is told of every step of a driver, and changes nothing. The machine's [`progress`](Cancellation::progress) says what
/// the event does not.
///
/// A closure of two arguments is an observer, and `()` is the one that does nothing.
///
/// A driver calls it in the order in which things happen: for an exchange [`Sending`](Event::Sending), then
/// [`Answered`](Event::Answered) or [`Failed`](Event::Failed); at the end [`Done`](Event::Done), once. A request that
/// could not even be begun, because the transport was not ready, is `Failed` without `Sending`. There is no `Done` when
/// the driver stops because there is no token, because a checkpoint cannot be written, or because its future is
/// dropped.
///
/// ```
/// use cancel_core::{Cancellation, Event};
///
/// fn show(event: &Event<'_>, cancellation: &Cancellation) {
///     let progress = cancellation.progress();
///     match event {
///         Event::Answered { status, .. } => println!("{}: {status}", progress.phase),
///         Event::Waiting(until) => {
///             let wait = *until - cancellation.now();
///             println!("{}: the next poll is in {wait:?}", progress.phase);
///         }
///         Event::Done(Ok(outcome)) => {
///             println!("{} after {} polls", outcome.as_str(), progress.polls);
///         }
///         _ => {}
///     }
/// }
/// # fn observer(_: impl cancel_core::Observer) {}
/// # observer(show);
/// ```
pub trait Observer {
    /// Something is about to happen, or has happened.
    fn observe(&mut self, event: &Event<'_>, cancellation: &Cancellation);
}

impl Observer for () {
    fn observe(&mut self, _: &Event<'_>, _: &Cancellation) {}
}

impl<F: FnMut(&Event<'_>, &Cancellation)> Observer for F {
    fn observe(&mut self, event: &Event<'_>, cancellation: &Cancellation) {
        self(event, cancellation);
    }
}

/// What a driver does. There is no secret in it, but for the request's `Authorization` header, which is marked
/// sensitive.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The source of tokens is about to be asked. If it gives none, the driver stops, and no event follows.
    Authenticating(TokenReason),
    /// A request is about to leave. The machine counts it as sent already.
    Sending(&'a Exchange),
    /// An answer has come, and the machine is about to take it.
    #[non_exhaustive]
    Answered {
        /// To which exchange.
        id: ExchangeId,
        /// Its status.
        status: StatusCode,
        /// Its `x-ms-request-id`.
        request_id: Option<Cow<'a, str>>,
    },
    /// There is no answer, and the machine is about to be told.
    #[non_exhaustive]
    Failed {
        /// To which exchange.
        id: ExchangeId,
        /// Why, in words.
        why: Cow<'a, str>,
        /// Whether it is certain that nothing was sent.
        not_sent: bool,
    },
    /// Nothing to do until this time, on the machine's clock: from [`Cancellation::now`] on.
    Waiting(Duration),
    /// It is over. The last event.
    Done(&'a Result<Outcome, Error>),
}

impl<'a> Event<'a> {
    /// [`Event::Answered`], without the token where the service echoes it.
    #[must_use]
    pub fn answered(cancellation: &Cancellation, id: ExchangeId, response: &'a Response<Body>) -> Self {
        let request_id = response.headers().get("x-ms-request-id").and_then(|value| value.to_str().ok());
        let request_id = request_id.map(|text| cancellation.redacted(text));
        Self::Answered { id, status: response.status(), request_id }
    }

    /// [`Event::Failed`], without the token where the transport's words hold it.
    #[must_use]
    pub fn failed(cancellation: &Cancellation, id: ExchangeId, failure: &'a Failure) -> Self {
        let why = cancellation.redacted(failure.why());
        Self::Failed { id, why, not_sent: !failure.may_be_sent() }
    }
}
