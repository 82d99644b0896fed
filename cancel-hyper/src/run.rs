//! The loop of a driver: asks the machine for the next step, performs it, and tells the machine the result.
//!
//! No rule of the protocol is in here: the machine has them all.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cancel_core::{
    Cancellation, Clock, Driven, Error, Event, Exchange, Failure, Observer, Outcome, StaleExchange, Step, TokenReason,
};
use http::{Request, Response};
use http_body::Body;
use hyper::rt::Timer;
use tower_service::Service;

use crate::driver::Driver;
use crate::failure::BoxError;
use crate::journal::Journal;
use crate::tokens::TokenSource;
use crate::trace::Span;
use crate::transport::{exchange, within};

impl<S, M: Timer, T: TokenSource, O: Observer, J: Journal> Driver<S, M, T, O, J> {
    /// Drives the cancellation until it is over, and returns its result. The machine's clock continues from
    /// [`Cancellation::now`].
    ///
    /// The future is [`Send`] when its parts are, and spawns nothing. **It may be dropped at any time.** The
    /// cancellation then still knows whether a POST may have gone out, and can be saved as a checkpoint or driven on.
    ///
    /// # Errors
    ///
    /// The error that the machine ends with. Or [`ErrorKind::TokenSource`](cancel_core::ErrorKind::TokenSource) when
    /// there is no token, or [`ErrorKind::Checkpoint`](cancel_core::ErrorKind::Checkpoint) when the journal fails:
    /// after these two the same cancellation can be driven on.
    pub async fn drive<B, R>(&mut self, cancellation: &mut Cancellation) -> Result<Outcome, Error>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        let span = Span::of(cancellation);
        let Self { service, timer, tokens, observer, journal } = self;
        let clock = TimerClock { timer, start: timer.now() };
        let cancellation = Driven::new(cancellation, clock);
        let mut run = Run { service, tokens, observer, journal, cancellation, clock, span: &span };
        let result = span.around(run.finish()).await;
        span.ended(&result);
        result
    }
}

/// A cancellation that is being driven.
struct Run<'a, S, M: Timer, T, O, J> {
    service: &'a mut S,
    tokens: &'a mut T,
    observer: &'a mut O,
    journal: &'a mut J,
    cancellation: Driven<'a, TimerClock<'a, M>>,
    clock: TimerClock<'a, M>,
    span: &'a Span,
}

/// How a stretch of work ended: with a wait, or with the result.
enum Next {
    Wait(Duration),
    Over(Result<Outcome, Error>),
}

impl<S, M: Timer, T: TokenSource, O: Observer, J: Journal> Run<'_, S, M, T, O, J> {
    async fn finish<B, R>(&mut self) -> Result<Outcome, Error>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        self.journal().await?;
        loop {
            // Boxed, so that a cancellation that waits does not hold the memory of an exchange.
            match Box::pin(self.work()).await? {
                Next::Wait(wait) => self.clock.timer.sleep(wait).await,
                Next::Over(result) => return result,
            }
        }
    }

    /// Takes step after step, until a wait is due or the cancellation is over.
    async fn work<B, R>(&mut self) -> Result<Next, Error>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        loop {
            let (now, readiness) = self.get_ready().await;
            match self.cancellation.step(now) {
                Step::Authenticate(why) => self.authenticate(why).await?,
                Step::Send(exchange) => {
                    if exchange.is_post() {
                        if let Err(error) = self.journal.write(&self.cancellation).await {
                            let now = self.cancellation.now();
                            return Err(self.cancellation.withhold(now, exchange, error));
                        }
                    }
                    self.send(exchange, readiness).await;
                    self.journal().await?;
                }
                // An earlier driver of this cancellation left it in flight.
                Step::Await { id, .. } => {
                    check(&self.cancellation.handle_failure(now, id, Failure::Dropped));
                    self.journal().await?;
                }
                Step::WaitUntil(when) => {
                    self.observe(&Event::Waiting(when));
                    return Ok(Next::Wait(when.saturating_sub(now)));
                }
                Step::Done(result) => {
                    let result = result.clone();
                    self.journal().await?;
                    self.observe(&Event::Done(&result));
                    return Ok(Next::Over(result));
                }
            }
        }
    }

    /// If a request is due, waits until the service is ready for it, but not past the deadline. Returns the time for
    /// the next step, and the error of a service that is not ready.
    ///
    /// This comes before the step: from [`Step::Send`] on the request counts as sent, and its time runs.
    async fn get_ready<B, R>(&mut self) -> (Duration, Result<(), Failure>)
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
    {
        let (progress, now) = (self.cancellation.progress(), self.cancellation.now());
        if progress.due.is_none_or(|due| due > now) {
            return (now, Ok(()));
        }
        let deadline = progress.deadline;
        let until = self.clock.instant(self.cancellation.on_clock(deadline));
        let ready = poll_fn(|context| self.service.poll_ready(context));
        let readiness = match within(self.clock.timer, until, ready).await {
            Some(Err(error)) => Err(Failure::not_sent(error.into() as Box<dyn std::error::Error>)),
            Some(Ok(())) => Ok(()),
            // The deadline has come: the next step is the end.
            None => return (self.cancellation.now().max(deadline), Ok(())),
        };
        (self.cancellation.now(), readiness)
    }

    async fn authenticate(&mut self, why: TokenReason) -> Result<(), Error> {
        self.observe(&Event::Authenticating(why));
        let deadline = self.clock.instant(self.cancellation.on_clock(self.cancellation.progress().deadline));
        match within(self.clock.timer, deadline, self.tokens.token(why)).await {
            Some(Ok(token)) => self.cancellation.provide_token(token),
            Some(Err(error)) => return Err(self.cancellation.token_source_error(error)),
            // The deadline has come: the next step is the end.
            None => {}
        }
        Ok(())
    }

    async fn send<B, R>(&mut self, to_send: Exchange, readiness: Result<(), Failure>)
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        let id = to_send.id;
        // Writing to the journal took a part of the exchange's time.
        let answer = match readiness.and_then(|()| to_send.at(self.cancellation.now())) {
            Ok(to_send) => self.exchange(to_send).await,
            Err(failure) => Err(failure),
        };
        for token in self.tokens.newer() {
            self.cancellation.provide_token(token);
        }
        let event = match &answer {
            Ok(response) => Event::answered(&self.cancellation, id, response),
            Err(failure) => Event::failed(&self.cancellation, id, failure),
        };
        self.span.exchanged(&event, &self.cancellation);
        self.observer.observe(&event, &self.cancellation);
        let now = self.cancellation.now();
        check(&match answer {
            Ok(response) => self.cancellation.handle_response(now, id, response),
            Err(failure) => self.cancellation.handle_failure(now, id, failure),
        });
    }

    async fn exchange<B, R>(&mut self, to_send: Exchange) -> Result<Response<cancel_core::Body>, Failure>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        self.observe(&Event::Sending(&to_send));
        let until = self.clock.instant(self.cancellation.on_clock(to_send.until));
        exchange(self.service, self.clock.timer, to_send, until).await
    }

    /// Outcomes are not journaled: after a crash the resumed run finds them by polling.
    async fn journal(&mut self) -> Result<(), Error> {
        if !self.cancellation.is_resumable() {
            return Ok(());
        }
        let written = self.journal.write(&self.cancellation).await;
        written.map_err(|error| self.cancellation.journal_error(error))
    }

    fn observe(&mut self, event: &Event<'_>) {
        self.observer.observe(event, &self.cancellation);
    }
}

/// The machine refuses only results of exchanges that are not in flight. This driver hands in none of those.
fn check(taken: &Result<(), StaleExchange>) {
    debug_assert_eq!(*taken, Ok(()));
}

/// A timer as the machine's clock: the time since the run began.
struct TimerClock<'a, M> {
    timer: &'a M,
    start: Instant,
}

impl<M> Clone for TimerClock<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for TimerClock<'_, M> {}

impl<M: Timer> Clock for TimerClock<'_, M> {
    fn elapsed(&self) -> Duration {
        self.timer.now().saturating_duration_since(self.start)
    }
}

impl<M> TimerClock<'_, M> {
    /// The timer's instant at this time. `None` when an [`Instant`] cannot represent it.
    fn instant(&self, time: Duration) -> Option<Instant> {
        self.start.checked_add(time)
    }
}
