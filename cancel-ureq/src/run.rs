//! The loop of a driver: asks the machine for the next step, performs it, and tells the machine the result.
//!
//! No rule of the protocol is in here: the machine has them all.

use std::thread;
use std::time::Instant;

use cancel_core::{
    Cancellation, Clock, Driven, Error, Event, Exchange, Failure, Observer, Outcome, StaleExchange, Step, TokenReason,
};

use crate::driver::Driver;
use crate::journal::Journal;
use crate::tokens::TokenSource;
use crate::transport::exchange;

impl<T: TokenSource, O: Observer, J: Journal> Driver<T, O, J> {
    /// Drives the cancellation until it is over, and returns its result. The thread sleeps during the waits. The
    /// machine's clock continues from [`Cancellation::now`].
    ///
    /// # Errors
    ///
    /// The error that the machine ends with. Or [`ErrorKind::TokenSource`](cancel_core::ErrorKind::TokenSource) when
    /// there is no token, or [`ErrorKind::Checkpoint`](cancel_core::ErrorKind::Checkpoint) when the journal fails:
    /// after these two the same cancellation can be driven on.
    pub fn drive(&mut self, cancellation: &mut Cancellation) -> Result<Outcome, Error> {
        let start = Instant::now();
        Run { driver: self, cancellation: Driven::new(cancellation, move || start.elapsed()) }.finish()
    }
}

/// A cancellation that is being driven.
struct Run<'a, T, O, J, C: Clock> {
    driver: &'a mut Driver<T, O, J>,
    cancellation: Driven<'a, C>,
}

impl<T: TokenSource, O: Observer, J: Journal, C: Clock> Run<'_, T, O, J, C> {
    fn finish(&mut self) -> Result<Outcome, Error> {
        self.journal()?;
        loop {
            let now = self.cancellation.now();
            match self.cancellation.step(now) {
                Step::Authenticate(why) => self.authenticate(why)?,
                Step::Send(exchange) => {
                    if exchange.is_post() {
                        if let Err(error) = self.driver.journal.write(&self.cancellation) {
                            let now = self.cancellation.now();
                            return Err(self.cancellation.withhold(now, exchange, error));
                        }
                    }
                    self.send(exchange);
                    self.journal()?;
                }
                // An earlier driver of this cancellation left it in flight.
                Step::Await { id, .. } => {
                    check(&self.cancellation.handle_failure(now, id, Failure::Dropped));
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

    fn send(&mut self, to_send: Exchange) {
        let id = to_send.id;
        // Writing to the journal took a part of the exchange's time.
        let answer = to_send.at(self.cancellation.now()).and_then(|to_send| {
            self.observe(&Event::Sending(&to_send));
            let through_proxy = !self.cancellation.endpoint().is_loopback();
            exchange(&self.driver.agent, to_send, through_proxy)
        });
        let event = match &answer {
            Ok(response) => Event::answered(&self.cancellation, id, response),
            Err(failure) => Event::failed(&self.cancellation, id, failure),
        };
        self.driver.observer.observe(&event, &self.cancellation);
        let now = self.cancellation.now();
        check(&match answer {
            Ok(response) => self.cancellation.handle_response(now, id, response),
            Err(failure) => self.cancellation.handle_failure(now, id, failure),
        });
    }

    /// Outcomes are not journaled: after a crash the resumed run finds them by polling.
    fn journal(&mut self) -> Result<(), Error> {
        if !self.cancellation.is_resumable() {
            return Ok(());
        }
        let written = self.driver.journal.write(&self.cancellation);
        written.map_err(|error| self.cancellation.journal_error(error))
    }

    fn observe(&mut self, event: &Event<'_>) {
        self.driver.observer.observe(event, &self.cancellation);
    }
}

/// The machine refuses only results of exchanges that are not in flight. This driver hands in none of those.
fn check(taken: &Result<(), StaleExchange>) {
    debug_assert_eq!(*taken, Ok(()));
}
