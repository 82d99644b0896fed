//! What the machine asks for, and what it is told in return.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::outcome::Outcome;
use crate::error::Error;
use crate::values::words;

/// What to do next. Exhaustive on purpose: a driver that handles these five handles everything.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a step lives for a moment; a box would cost an allocation per exchange")]
pub enum Step<'a> {
    /// Hand in a token with [`provide_token`](crate::Cancellation::provide_token), or stop with
    /// [`token_source_error`](crate::Cancellation::token_source_error).
    Authenticate(TokenReason),
    /// Send this, now and once. Handing it out is the commitment: until its answer or [`Failure::NotSent`] comes back,
    /// it counts as possibly processed.
    Send(Exchange),
    /// An exchange is in flight: hand in its answer or its failure. A step at or after `until` counts as
    /// [`Failure::TimedOut`].
    ///
    /// A driver that blocks sees this only when an earlier driver of the same value was dropped. It answers with
    /// [`Failure::Dropped`].
    Await {
        /// Which exchange.
        id: ExchangeId,
        /// When it times out, on the clock of `now`. Later than the `now` that was given.
        until: Duration,
    },
    /// Nothing to do before this time, on the clock of `now`. It is later than the `now` that was given, and not after
    /// the deadline.
    WaitUntil(Duration),
    /// It is over, and stays so.
    Done(&'a Result<Outcome, Error>),
}

/// Why a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenReason {
    /// There is none yet.
    FirstUse,
    /// The service answered 401 to the last one: a fresh one is needed. A second 401 in a row is final, and the eighth in an
    /// hour.
    Rejected,
}

impl TokenReason {
    /// One stable word for logs: `first_use` or `rejected`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstUse => "first_use",
            Self::Rejected => "rejected",
        }
    }
}

words!(TokenReason, "reason": FirstUse, Rejected);

/// One request, to be sent once.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// What its answer is handed in under.
    pub id: ExchangeId,
    /// The request, complete but for what belongs to a connection (`Host`). Its `Authorization` header is marked
    /// sensitive. A POST has its `Content-Length`, also when that is 0; a GET has no body.
    pub request: Request<Bytes>,
    /// How long it may take in all, the body included, from the `now` at which it was handed out.
    pub timeout: Duration,
    /// When it times out, on the clock of `now`: `timeout` after it was handed out.
    pub until: Duration,
    /// The longest body to read, in bytes. A longer one is handed in as
    /// [`Body::TooLarge`](crate::Body::TooLarge).
    pub body_limit: usize,
    /// Whether its connection may be used again. Not while a POST is in doubt: a server that closes each connection
    /// once it has answered, and does not say so, would lose the next POST too. A driver gives the request a connection
    /// of its own then: over HTTP/1.1 by `Connection: close`. Over HTTP/2 it is enough to do so for the POST.
    pub keep_alive: bool,
}

impl Exchange {
    /// Whether this is the POST, the only request that changes something.
    #[must_use]
    pub fn is_post(&self) -> bool {
        self.request.method() == http::Method::POST
    }

    /// The same exchange at a later `now`, with the time that is left of it. A driver calls it before it sends: writing
    /// to a journal takes a part of the exchange's time.
    ///
    /// # Errors
    ///
    /// [`Failure::NotSent`] when no time is left: hand that in, and do not send.
    pub fn at(self, now: Duration) -> Result<Self, Failure> {
        let timeout = self.until.saturating_sub(now);
        if timeout.is_zero() {
            return Err(Failure::not_sent("its time was up before it could be sent"));
        }
        Ok(Self { timeout, ..self })
    }
}

/// Names one exchange of one [`Cancellation`](crate::Cancellation): a number that grows with each. It is not written
/// into checkpoints, so that a resumed conversation counts from the beginning; and two cancellations have the same
/// numbers.
///
/// It converts to and from `u64`, for drivers in other languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(u64);

impl ExchangeId {
    /// Of no exchange: the first has the number 1.
    pub(super) const NONE: Self = Self(0);

    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<u64> for ExchangeId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<ExchangeId> for u64 {
    fn from(id: ExchangeId) -> Self {
        id.0
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Why an exchange has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Certain: not a byte of the request left. The host's name did not resolve, nothing listened, the TLS handshake
    /// failed. The text says why, for a person.
    NotSent(Box<str>),
    /// Anything else: it may have been processed. When in doubt, this one. The text says why, for a person.
    MaybeSent(Box<str>),
    /// There was no answer within [`Exchange::timeout`], by the caller's clock; it may have been processed. The
    /// machine's time is [`Exchange::until`] then, even if `now` is a little earlier (timers may be early).
    TimedOut,
    /// Nobody waits for the answer any more, as when a future was dropped. A POST may have been processed, as with
    /// [`MaybeSent`](Self::MaybeSent). A GET is due again at once, and this does not count as a failure.
    Dropped,
    /// The caller has not sent it, for a reason of its own: a checkpoint could not be written. It is due again at once,
    /// and this does not count as a failure.
    NotAttempted,
}

impl Failure {
    /// [`NotSent`](Self::NotSent): certain, not a byte of the request left.
    ///
    /// `why` is an error, or a text. The texts of its chain of sources are kept: the first alone often says no more
    /// than "error sending request".
    ///
    /// ```
    /// # use std::fmt;
    /// # use cancel_core::Failure;
    /// # #[derive(Debug)]
    /// # struct SendError(std::io::Error);
    /// # impl fmt::Display for SendError {
    /// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("cannot send") }
    /// # }
    /// # impl std::error::Error for SendError {
    /// #     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> { Some(&self.0) }
    /// # }
    /// # let error = SendError(std::io::Error::other("the name is not known"));
    /// assert_eq!(Failure::not_sent(error).why(), "cannot send: the name is not known");
    /// assert_eq!(Failure::maybe_sent("reset").why(), "reset");
    /// ```
    pub fn not_sent<'a>(why: impl Into<Box<dyn std::error::Error + 'a>>) -> Self {
        Self::NotSent(in_words(&*why.into()))
    }

    /// [`MaybeSent`](Self::MaybeSent): it may have been processed. `why` as of [`not_sent`](Self::not_sent).
    pub fn maybe_sent<'a>(why: impl Into<Box<dyn std::error::Error + 'a>>) -> Self {
        Self::MaybeSent(in_words(&*why.into()))
    }

    /// What happened, in words.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::NotSent(why) | Self::MaybeSent(why) => why,
            Self::TimedOut => "no answer in time",
            Self::Dropped => "it was dropped",
            Self::NotAttempted => "it was not sent",
        }
    }

    /// Whether the request may have reached the service, and so may have been processed.
    pub(super) fn may_be_sent(&self) -> bool {
        !matches!(self, Self::NotSent(_) | Self::NotAttempted)
    }

    /// Whether it says nothing of the service or of the way there.
    pub(super) fn is_the_callers(&self) -> bool {
        matches!(self, Self::Dropped | Self::NotAttempted)
    }
}

/// The error's text, then the text of each source that says more.
fn in_words(error: &(dyn std::error::Error + '_)) -> Box<str> {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        source = error.source();
    }
    words.into()
}

/// An answer or a failure of an exchange that is not in flight. It has changed nothing.
///
/// A correct driver gets it when an answer comes late: after a [`step`](crate::Cancellation::step) at which the
/// exchange had timed out, or after another driver has completed it. Drop the answer, and ask for the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleExchange {
    pub(super) given: ExchangeId,
    pub(super) in_flight: Option<ExchangeId>,
}

impl fmt::Display for StaleExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exchange {} is not in flight", self.given)?;
        self.in_flight.map_or(Ok(()), |id| write!(f, ": {id} is"))
    }
}

impl std::error::Error for StaleExchange {}
