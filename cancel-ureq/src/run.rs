//! The loop around the machine: asks it what to do, does it, and says what came of it.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

use cancel_core::{
    Cancellation, Error, Event, Exchange, ExchangeId, Failure, Misuse, Observer, Outcome, Step, TokenReason,
};

use crate::driver::Driver;
use crate::journal::Journal;
use crate::tokens::TokenSource;
use crate::transport::exchange;

/// A cancellation that is being driven.
pub(crate) struct Run<'a, 'b, T, O, J> {
    driver: &'a mut Driver<'b, T, O, J>,
    cancellation: &'a mut Cancellation,
    clock: Clock,
}

impl<T, O, J> Drop for Run<'_, '_, T, O, J> {
    /// However it ends: the time that was spent counts.
    fn drop(&mut self) {
        self.cancellation.pass_time(self.clock.now());
    }
}

impl<'a, 'b, T: TokenSource, O: Observer, J: Journal> Run<'a, 'b, T, O, J> {
    pub(crate) fn new(driver: &'a mut Driver<'b, T, O, J>, cancellation: &'a mut Cancellation) -> Self {
        let clock = Clock::starting_at(cancellation.now());
        Self { driver, cancellation, clock }
    }

    pub(crate) fn finish(&mut self) -> Result<Outcome, Error> {
        self.write_down()?;
        loop {
            let now = self.clock.now();
            match self.cancellation.step(now) {
                Step::Authenticate(why) => self.authenticate(why)?,
                Step::Send(exchange) => {
                    if exchange.is_post() {
                        self.write_down_before(&exchange)?;
                    }
                    self.send(now, exchange);
                    self.write_down()?;
                }
                Step::Await { id, .. } => {
                    took(&self.cancellation.handle_failure(now, id, Failure::Abandoned));
                    self.write_down()?;
                }
                Step::WaitUntil(when) => {
                    self.driver.observer.observe(&Event::Waiting(when), self.cancellation);
                    thread::sleep(when.saturating_sub(now));
                }
                Step::Done(result) => {
                    let result = result.clone();
                    self.write_down()?;
                    self.driver.observer.observe(&Event::Done(&result), self.cancellation);
                    return result;
                }
            }
        }
    }

    fn authenticate(&mut self, why: TokenReason) -> Result<(), Error> {
        self.driver.observer.observe(&Event::Authenticating(why), self.cancellation);
        match self.driver.tokens.token(why) {
            Ok(token) => self.cancellation.provide_token(token),
            Err(error) => return Err(self.cancellation.token_source_error(&error.to_string())),
        }
        Ok(())
    }

    fn send(&mut self, handed_out: Duration, mut to_send: Exchange) {
        let id = to_send.id;
        // Writing it down has taken its part.
        let until = handed_out.saturating_add(to_send.timeout);
        to_send.timeout = until.saturating_sub(self.clock.now());
        if to_send.timeout.is_zero() {
            return self.fail(id, Failure::not_sent("its time was up before it could be sent"));
        }
        self.driver.observer.observe(&Event::Sending(&to_send), self.cancellation);
        let through_proxy = !self.cancellation.endpoint().is_loopback();
        match exchange(self.driver.agent, to_send, through_proxy) {
            Ok(response) => {
                self.driver.observer.observe(&Event::answered(self.cancellation, id, &response), self.cancellation);
                took(&self.cancellation.handle_response(self.clock.now(), id, response));
            }
            Err(failure) => self.fail(id, failure),
        }
    }

    fn fail(&mut self, id: ExchangeId, failure: Failure) {
        self.driver.observer.observe(&Event::failed(self.cancellation, id, &failure), self.cancellation);
        took(&self.cancellation.handle_failure(self.clock.now(), id, failure));
    }

    /// A POST that cannot be written down does not leave.
    fn write_down_before(&mut self, post: &Exchange) -> Result<(), Error> {
        let Err(error) = self.driver.journal.write(self.cancellation) else {
            return Ok(());
        };
        took(&self.cancellation.handle_failure(self.clock.now(), post.id, Failure::Withheld));
        Err(self.not_written(error))
    }

    /// An outcome is not written down: who is killed before the caller has it finds it again by a look.
    fn write_down(&mut self) -> Result<(), Error> {
        if matches!(self.cancellation.result(), Some(Ok(_))) {
            return Ok(());
        }
        let written = self.driver.journal.write(self.cancellation);
        written.map_err(|error| self.not_written(error))
    }

    fn not_written(&self, error: impl Display) -> Error {
        self.cancellation.checkpoint_error(&format!("it could not be written: {error}"))
    }
}

/// The machine only objects to answers to exchanges that are not out, and this driver gives none.
fn took(taken: &Result<(), Misuse>) {
    debug_assert!(taken.is_ok(), "{taken:?}");
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
