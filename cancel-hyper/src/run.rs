//! The loop around the machine: asks it what to do, does it, and says what came of it.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cancel_core::{Cancellation, Error, Event, Exchange, Failure, Observer, Outcome, StaleExchange, Step, TokenReason};
use http::{Request, Response};
use http_body::Body;
use hyper::rt::Timer;
use tower_service::Service;

use crate::driver::Driver;
use crate::failure::{BoxError, in_words};
use crate::journal::Journal;
use crate::tokens::TokenSource;
use crate::trace::Span;
use crate::transport::{exchange, within};

/// A cancellation that is being driven.
pub(crate) struct Run<'a, S, M: Timer, T, O, J> {
    driver: &'a mut Driver<S, M, T, O, J>,
    cancellation: &'a mut Cancellation,
    clock: Clock,
    span: &'a Span,
}

/// What is next when nothing is to be done now.
enum Next {
    Wait(Duration),
    Over(Result<Outcome, Error>),
}

impl<S, M: Timer, T, O, J> Drop for Run<'_, S, M, T, O, J> {
    /// However it ends: the time that was waited counts.
    fn drop(&mut self) {
        let now = self.now();
        self.cancellation.pass_time(now);
    }
}

impl<'a, S, M: Timer, T, O, J> Run<'a, S, M, T, O, J> {
    pub(crate) fn new(
        driver: &'a mut Driver<S, M, T, O, J>,
        cancellation: &'a mut Cancellation,
        span: &'a Span,
    ) -> Self {
        let clock = Clock { start: driver.timer.now(), offset: cancellation.now() };
        Self { driver, cancellation, clock, span }
    }

    fn now(&self) -> Duration {
        self.clock.at(self.driver.timer.now())
    }
}

impl<S, M: Timer, T: TokenSource, O: Observer, J: Journal> Run<'_, S, M, T, O, J> {
    pub(crate) async fn finish<B, R>(&mut self) -> Result<Outcome, Error>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        self.journal().await?;
        loop {
            // In a box, so that a cancellation that waits does not hold the room for an exchange.
            match Box::pin(self.go_on()).await? {
                Next::Wait(wait) => self.driver.timer.sleep(wait).await,
                Next::Over(result) => return result,
            }
        }
    }

    /// Does what there is to do, until there is nothing to do for a while.
    async fn go_on<B, R>(&mut self) -> Result<Next, Error>
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
                        if let Err(error) = self.driver.journal.write(self.cancellation).await {
                            return Err(self.cancellation.withhold(self.now(), exchange, error));
                        }
                    }
                    self.send(exchange, readiness).await;
                    self.journal().await?;
                }
                Step::Await { id, .. } => {
                    check(self.cancellation.handle_failure(now, id, Failure::Dropped));
                    self.journal().await?;
                }
                Step::WaitUntil(when) => {
                    self.driver.observer.observe(&Event::Waiting(when), self.cancellation);
                    return Ok(Next::Wait(when.saturating_sub(now)));
                }
                Step::Done(result) => {
                    let result = result.clone();
                    self.journal().await?;
                    self.driver.observer.observe(&Event::Done(&result), self.cancellation);
                    return Ok(Next::Over(result));
                }
            }
        }
    }

    /// Waits until the service takes a request, where one is due, and at most until the deadline; and the time of the step
    /// that is next. It comes before the step: after [`Step::Send`] the request counts as sent, and its time runs.
    async fn get_ready<B, R>(&mut self) -> (Duration, Result<(), Failure>)
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
    {
        let (progress, now) = (self.cancellation.progress(), self.now());
        if progress.due.is_none_or(|due| due > now) {
            return (now, Ok(()));
        }
        let Driver { service, timer, .. } = &mut *self.driver;
        let ready = poll_fn(|context| service.poll_ready(context));
        let readiness = match within(timer, self.clock.instant(progress.deadline), ready).await {
            Some(Err(error)) => Err(Failure::not_sent(in_words(&*error.into()))),
            Some(Ok(())) => Ok(()),
            // There is nothing to be ready for any more.
            None => return (self.now().max(progress.deadline), Ok(())),
        };
        (self.now(), readiness)
    }

    async fn authenticate(&mut self, why: TokenReason) -> Result<(), Error> {
        let Driver { tokens, timer, observer, .. } = &mut *self.driver;
        observer.observe(&Event::Authenticating(why), self.cancellation);
        let deadline = self.clock.instant(self.cancellation.progress().deadline);
        match within(timer, deadline, tokens.token(why)).await {
            Some(Ok(token)) => self.cancellation.provide_token(token),
            Some(Err(error)) => return Err(self.cancellation.token_source_error(error)),
            // The machine sees for itself that its time is over.
            None => {}
        }
        Ok(())
    }

    async fn send<B, R>(&mut self, exchange: Exchange, readiness: Result<(), Failure>)
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        let id = exchange.id;
        let answer = match readiness.and_then(|()| exchange.at(self.now())) {
            Ok(exchange) => self.exchange(exchange).await,
            Err(failure) => Err(failure),
        };
        let event = match &answer {
            Ok(response) => Event::answered(self.cancellation, id, response),
            Err(failure) => Event::failed(self.cancellation, id, failure),
        };
        self.span.exchanged(&event, self.cancellation);
        self.driver.observer.observe(&event, self.cancellation);
        check(match answer {
            Ok(response) => self.cancellation.handle_response(self.now(), id, response),
            Err(failure) => self.cancellation.handle_failure(self.now(), id, failure),
        });
    }

    async fn exchange<B, R>(&mut self, to_send: Exchange) -> Result<Response<cancel_core::Body>, Failure>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        let until = self.clock.instant(to_send.until);
        let Driver { service, timer, observer, .. } = &mut *self.driver;
        observer.observe(&Event::Sending(&to_send), self.cancellation);
        exchange(service, timer, to_send, until).await
    }

    /// Outcomes are not journaled: after a crash the resumed run finds them by polling.
    async fn journal(&mut self) -> Result<(), Error> {
        if !self.cancellation.is_resumable() {
            return Ok(());
        }
        let written = self.driver.journal.write(self.cancellation).await;
        written.map_err(|error| self.cancellation.journal_error(error))
    }
}

/// The machine refuses only answers to exchanges that are not in flight, and this driver gives none.
fn check(taken: Result<(), StaleExchange>) {
    debug_assert_eq!(taken, Ok(()));
}

/// The machine's time, on the timer's monotonic clock. It goes on from where the machine's stood.
struct Clock {
    start: Instant,
    offset: Duration,
}

impl Clock {
    fn at(&self, instant: Instant) -> Duration {
        self.offset.saturating_add(instant.saturating_duration_since(self.start))
    }

    /// The same time, for the timer; `None` where it is beyond what it can name.
    fn instant(&self, time: Duration) -> Option<Instant> {
        self.start.checked_add(time.saturating_sub(self.offset))
    }
}
