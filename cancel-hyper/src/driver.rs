//! The loop around the machine: asks it what to do, does it, and says what came of it.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cancel_core::{Cancellation, Error, Event, Exchange, ExchangeId, Failure, Misuse, Observer, Outcome, Step};
use http::{Request, Response};
use http_body::Body;
use hyper::rt::Timer;
use tower_service::Service;

use crate::failure::{BoxError, in_words};
use crate::journal::Journal;
use crate::tokens::TokenSource;
use crate::trace::Span;
use crate::transport::{Unanswered, exchange, within};

/// Drives cancellations over any service of HTTP requests, on any runtime.
///
/// The service must not follow redirects, make errors of statuses, or decompress bodies: hyper's clients and
/// [`Client`](crate::Client) do none of it. Bodies are any that can be made of [`Bytes`].
///
/// ```
/// # use cancel_core::portal::{Offer, Portal, PublishOperation};
/// # use cancel_hyper::core::*;
/// use cancel_hyper::{Client, Driver};
/// use hyper_util::rt::TokioTimer;
///
/// # let mut portal = Portal::new();
/// # portal.accept_token("eyJ0eXAi", None);
/// # portal.add_offer(Offer::new("contoso", "contoso-offer").operation(PublishOperation::new("id-1")));
/// # let served = cancel_hyper::portal::serve(portal)?;
/// # let endpoint = Endpoint::new(served.endpoint())?;
/// # let token = BearerToken::new("eyJ0eXAi")?;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
/// let mut cancellation = Cancellation::new(endpoint, request, Policy::default(), std::time::Duration::ZERO);
/// let outcome = Driver::new(Client::new()?, TokioTimer::new(), token).drive(&mut cancellation).await?;
/// assert_eq!(outcome.as_str(), "canceled");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Driver<S, M, T, O = (), J = ()> {
    pub(crate) service: S,
    pub(crate) timer: M,
    pub(crate) tokens: T,
    pub(crate) observer: O,
    pub(crate) journal: J,
}

impl<S, M: Timer, T: TokenSource> Driver<S, M, T> {
    /// A driver that sends over this service, waits by this timer, and asks this source for tokens.
    pub fn new(service: S, timer: M, tokens: T) -> Self {
        Self { service, timer, tokens, observer: (), journal: () }
    }
}

impl<S, M: Timer, T: TokenSource, O: Observer, J: Journal> Driver<S, M, T, O, J> {
    /// The same driver, with somebody who sees every step.
    pub fn observed_by<P: Observer>(self, observer: P) -> Driver<S, M, T, P, J> {
        let Self { service, timer, tokens, observer: _, journal } = self;
        Driver { service, timer, tokens, observer, journal }
    }

    /// The same driver, with a place where the cancellation is written down.
    pub fn journaled_in<K: Journal>(self, journal: K) -> Driver<S, M, T, O, K> {
        let Self { service, timer, tokens, observer, journal: _ } = self;
        Driver { service, timer, tokens, observer, journal }
    }

    /// Goes on until the cancellation is over. The machine's clock goes on from the last `now` that it saw.
    ///
    /// The future is [`Send`] when its parts are, and it spawns nothing. **It may be dropped at any time**: the cancellation
    /// says truthfully whether a POST may have gone out, and can be written down or driven on.
    ///
    /// # Errors
    ///
    /// What the machine ends with; or [`Error::TokenSource`] when there is no token, or [`Error::Checkpoint`] when the
    /// journal fails: after these two the same cancellation can be driven on.
    pub async fn drive<B, R>(&mut self, cancellation: &mut Cancellation) -> Result<Outcome, Error>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        let span = Span::of(cancellation);
        let result = span.around(self.run(&span, cancellation)).await;
        span.ended(&result);
        result
    }

    async fn run<B, R>(&mut self, span: &Span, cancellation: &mut Cancellation) -> Result<Outcome, Error>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        let clock = Clock::starting_at(&self.timer, cancellation.now());
        self.write_down(cancellation).await?;
        loop {
            let readiness = self.get_ready(&clock, cancellation).await;
            let now = clock.now(&self.timer);
            match cancellation.step(now) {
                Step::Authenticate(why) => {
                    self.observer.observe(&Event::Authenticating(why), cancellation);
                    let deadline = clock.instant(cancellation.progress().deadline);
                    match within(&self.timer, deadline, self.tokens.token(why)).await {
                        Some(Ok(token)) => cancellation.provide_token(token),
                        Some(Err(error)) => return Err(cancellation.token_source_error(&error.to_string())),
                        // The machine sees for itself that its time is over.
                        None => {}
                    }
                }
                Step::Send(exchange) => {
                    if exchange.is_post() {
                        self.write_down_before(&exchange, &clock, cancellation).await?;
                    }
                    match readiness {
                        Ok(()) => self.send(span, &clock, now, exchange, cancellation).await,
                        Err(failure) => {
                            self.failed(span, cancellation, exchange.id, &failure);
                            took(&cancellation.handle_failure(now, exchange.id, failure));
                        }
                    }
                    self.write_down(cancellation).await?;
                }
                Step::Await { id, .. } => {
                    took(&cancellation.handle_failure(now, id, Failure::Abandoned));
                    self.write_down(cancellation).await?;
                }
                Step::WaitUntil(when) => {
                    self.observer.observe(&Event::Waiting(when), cancellation);
                    self.timer.sleep(when.saturating_sub(now)).await;
                }
                Step::Done(result) => {
                    let result = result.clone();
                    self.write_down(cancellation).await?;
                    self.observer.observe(&Event::Done(&result), cancellation);
                    return result;
                }
            }
        }
    }

    /// Waits until the service takes a request, where one is due, and at most until the deadline. It comes before the
    /// step: after [`Step::Send`] the request counts as sent, and its time runs.
    async fn get_ready<B, R>(&mut self, clock: &Clock, cancellation: &Cancellation) -> Result<(), Failure>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
    {
        let progress = cancellation.progress();
        if progress.due.is_none_or(|due| due > clock.now(&self.timer)) {
            return Ok(());
        }
        let service = &mut self.service;
        let ready = poll_fn(|context| service.poll_ready(context));
        match within(&self.timer, clock.instant(progress.deadline), ready).await {
            Some(Err(error)) => Err(Failure::not_sent(in_words(&*error.into()))),
            // Without time left there is nothing to be ready for.
            Some(Ok(())) | None => Ok(()),
        }
    }

    async fn send<B, R>(
        &mut self,
        span: &Span,
        clock: &Clock,
        sent: Duration,
        to_send: Exchange,
        cancellation: &mut Cancellation,
    ) where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        let (id, until) = (to_send.id, sent.saturating_add(to_send.timeout));
        self.observer.observe(&Event::Sending(&to_send), cancellation);
        // In a box, so that a cancellation that waits does not hold the room for an exchange.
        let answer = Box::pin(exchange(&mut self.service, &self.timer, to_send, clock.instant(until))).await;
        match answer {
            Ok(response) => {
                let event = Event::answered(cancellation, id, &response);
                span.exchanged(&event, cancellation);
                self.observer.observe(&event, cancellation);
                took(&cancellation.handle_response(clock.now(&self.timer), id, response));
            }
            Err(Unanswered { failure, time_is_up }) => {
                self.failed(span, cancellation, id, &failure);
                let now = clock.now(&self.timer);
                // A timer may be early by a little; the machine's time is the one that counts.
                let now = if time_is_up { now.max(until) } else { now };
                took(&cancellation.handle_failure(now, id, failure));
            }
        }
    }

    fn failed(&mut self, span: &Span, cancellation: &Cancellation, id: ExchangeId, failure: &Failure) {
        let event = Event::failed(cancellation, id, failure);
        span.exchanged(&event, cancellation);
        self.observer.observe(&event, cancellation);
    }

    async fn write_down_before(
        &mut self,
        post: &Exchange,
        clock: &Clock,
        cancellation: &mut Cancellation,
    ) -> Result<(), Error> {
        let written = self.write_down(cancellation).await;
        if written.is_err() {
            let failure = Failure::not_sent("it could not be written down");
            took(&cancellation.handle_failure(clock.now(&self.timer), post.id, failure));
        }
        written
    }

    /// An outcome is not written down: who is killed before the caller has it finds it again by a look.
    async fn write_down(&mut self, cancellation: &Cancellation) -> Result<(), Error> {
        if matches!(cancellation.result(), Some(Ok(_))) {
            return Ok(());
        }
        let written = self.journal.write(cancellation).await;
        written.map_err(|error| cancellation.checkpoint_error(&format!("it could not be written: {error}")))
    }
}

/// The machine only objects to answers to exchanges that are not out, and this driver gives none.
fn took(taken: &Result<(), Misuse>) {
    debug_assert!(taken.is_ok(), "{taken:?}");
}

/// The machine's time, on the timer's monotonic clock.
struct Clock {
    start: Instant,
    offset: Duration,
}

impl Clock {
    fn starting_at(timer: &impl Timer, offset: Duration) -> Self {
        Self { start: timer.now(), offset }
    }

    fn now(&self, timer: &impl Timer) -> Duration {
        self.offset.saturating_add(timer.now().saturating_duration_since(self.start))
    }

    /// The same time, for the timer; `None` where it is beyond what it can name.
    fn instant(&self, time: Duration) -> Option<Instant> {
        self.start.checked_add(time.saturating_sub(self.offset))
    }
}
