//! The loop around the machine: asks it what to do, does it, and says what came of it.

use std::thread;
use std::time::{Duration, Instant};

use cancel_core::{
    Body, Cancellation, Error, Event, Exchange, Failure, Observer, Outcome, StaleExchange, Step, TokenReason,
};
use http::Response;

use crate::driver::Driver;
use crate::journal::Journal;
use crate::tokens::TokenSource;
use crate::transport::exchange;

/// A cancellation that is being driven.
pub(crate) struct Run<'a, T, O, J> {
    driver: &'a mut Driver<T, O, J>,
    cancellation: &'a mut Cancellation,
    clock: Clock,
}

impl<T, O, J> Drop for Run<'_, T, O, J> {
    /// However it ends, the time that was spent counts.
    fn drop(&mut self) {
        self.cancellation.pass_time(self.clock.now());
    }
}

impl<'a, T: TokenSource, O: Observer, J: Journal> Run<'a, T, O, J> {
    pub(crate) fn new(driver: &'a mut Driver<T, O, J>, cancellation: &'a mut Cancellation) -> Self {
        let clock = Clock::starting_at(cancellation.now());
        Self { driver, cancellation, clock }
    }

    pub(crate) fn finish(&mut self) -> Result<Outcome, Error> {
        self.journal()?;
        loop {
            let now = self.clock.now();
            match self.cancellation.step(now) {
                Step::Authenticate(why) => self.authenticate(why)?,
                Step::Send(exchange) => {
                    if exchange.is_post() {
                        if let Err(error) = self.driver.journal.write(self.cancellation) {
                            return Err(self.cancellation.withhold(self.clock.now(), exchange, error));
                        }
                    }
                    self.send(exchange);
                    self.journal()?;
                }
                Step::Await { id, .. } => {
                    check(self.cancellation.handle_failure(now, id, Failure::Dropped));
                    self.journal()?;
                }
                Step::WaitUntil(when) => {
                    self.observe(&Event::Waiting(when));
                    thread::sleep(when.saturating_sub(now));
                }
                Step::Done(result) => {
                    let result = result.clone();
                    self.journal()?;
                    self.observe(&Event::Done(&result));
                    return result;
                }
            }
        }
    }

    fn authenticate(&mut self, why: TokenReason) -> Result<(), Error> {
        self.observe(&Event::Authenticating(why));
        let token = self.driver.tokens.token(why).map_err(|error| self.cancellation.token_source_error(error))?;
        self.cancellation.provide_token(token);
        Ok(())
    }

    fn send(&mut self, exchange: Exchange) {
        let id = exchange.id;
        let answer = exchange.at(self.clock.now()).and_then(|exchange| self.exchange(exchange));
        let event = match &answer {
            Ok(response) => Event::answered(self.cancellation, id, response),
            Err(failure) => Event::failed(self.cancellation, id, failure),
        };
        self.driver.observer.observe(&event, self.cancellation);
        let now = self.clock.now();
        check(match answer {
            Ok(response) => self.cancellation.handle_response(now, id, response),
            Err(failure) => self.cancellation.handle_failure(now, id, failure),
        });
    }

    /// Outcomes are not journaled: after a crash the resumed run finds them by polling.
    fn journal(&mut self) -> Result<(), Error> {
        if !self.cancellation.is_resumable() {
            return Ok(());
        }
        let written = self.driver.journal.write(self.cancellation);
        written.map_err(|error| self.cancellation.journal_error(error))
    }

    fn exchange(&mut self, to_send: Exchange) -> Result<Response<Body>, Failure> {
        self.observe(&Event::Sending(&to_send));
        let through_proxy = !self.cancellation.endpoint().is_loopback();
        exchange(&self.driver.agent, to_send, through_proxy)
    }

    fn observe(&mut self, event: &Event<'_>) {
        self.driver.observer.observe(event, self.cancellation);
    }
}

/// The machine refuses only answers to exchanges that are not in flight, and this driver gives none.
fn check(taken: Result<(), StaleExchange>) {
    debug_assert_eq!(taken, Ok(()));
}

/// The machine's time, on this machine's monotonic clock. It goes on from where the machine's stood.
struct Clock {
    start: Instant,
    offset: Duration,
}

impl Clock {
    fn starting_at(offset: Duration) -> Self {
        Self { start: Instant::now(), offset }
    }

    fn now(&self) -> Duration {
        self.offset.saturating_add(self.start.elapsed())
    }
}
