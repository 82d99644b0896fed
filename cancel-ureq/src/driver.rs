//! The loop around the machine: asks it what to do, does it, and says what came of it.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

use cancel_core::{Cancellation, Error, Event, Exchange, Failure, Misuse, Observer, Outcome, Step};
use ureq::Agent;

use crate::journal::Journal;
use crate::tokens::TokenSource;
use crate::transport::{Unanswered, exchange};

/// Drives cancellations over a ureq agent, in the calling thread.
///
/// What the protocol depends on is set per request, whatever the agent says: no redirects, no error for a status, no
/// decompression, the machine's time and body limits, and no proxy for this machine. The rest (TLS, proxies, the pool,
/// the resolver) is the agent's.
#[derive(Debug)]
pub struct Driver<'a, T, O = (), J = ()> {
    agent: &'a Agent,
    tokens: T,
    observer: O,
    journal: J,
}

impl<'a, T: TokenSource> Driver<'a, T> {
    /// A driver that asks this source for tokens.
    pub fn new(agent: &'a Agent, tokens: T) -> Self {
        Self { agent, tokens, observer: (), journal: () }
    }
}

impl<'a, T: TokenSource, O: Observer, J: Journal> Driver<'a, T, O, J> {
    /// The same driver, with somebody who sees every step.
    pub fn observed_by<P: Observer>(self, observer: P) -> Driver<'a, T, P, J> {
        Driver { agent: self.agent, tokens: self.tokens, observer, journal: self.journal }
    }

    /// The same driver, with a place where the cancellation is written down.
    pub fn journaled_in<K: Journal>(self, journal: K) -> Driver<'a, T, O, K> {
        Driver { agent: self.agent, tokens: self.tokens, observer: self.observer, journal }
    }

    /// Goes on until the cancellation is over. The machine's clock goes on from the last `now` that it saw.
    ///
    /// # Errors
    ///
    /// What the machine ends with; or [`Error::TokenSource`] when there is no token, or [`Error::Checkpoint`] when the
    /// journal fails: after these two the same cancellation can be driven on.
    pub fn drive(&mut self, cancellation: &mut Cancellation) -> Result<Outcome, Error> {
        let clock = Clock::starting_at(cancellation.now());
        self.write_down(cancellation)?;
        loop {
            let now = clock.now();
            match cancellation.step(now) {
                Step::Authenticate(why) => {
                    self.observer.observe(&Event::Authenticating(why), cancellation);
                    match self.tokens.token(why) {
                        Ok(token) => cancellation.provide_token(token),
                        Err(error) => return Err(cancellation.token_source_error(&error.to_string())),
                    }
                }
                Step::Send(exchange) => {
                    self.send(cancellation, &clock, now, exchange)?;
                    self.write_down(cancellation)?;
                }
                Step::Await { id, .. } => {
                    took(&cancellation.handle_failure(now, id, Failure::Abandoned));
                    self.write_down(cancellation)?;
                }
                Step::WaitUntil(when) => {
                    self.observer.observe(&Event::Waiting(when), cancellation);
                    thread::sleep(when.saturating_sub(now));
                }
                Step::Done(result) => {
                    let result = result.clone();
                    self.write_down(cancellation)?;
                    self.observer.observe(&Event::Done(&result), cancellation);
                    return result;
                }
            }
        }
    }

    fn send(
        &mut self,
        cancellation: &mut Cancellation,
        clock: &Clock,
        sent: Duration,
        to_send: Exchange,
    ) -> Result<(), Error> {
        let (id, until) = (to_send.id, sent.saturating_add(to_send.timeout));
        if to_send.is_post() {
            if let Err(error) = self.journal.write(cancellation) {
                took(&cancellation.handle_failure(clock.now(), id, Failure::not_sent("it could not be written down")));
                return Err(not_written(cancellation, error));
            }
        }
        self.observer.observe(&Event::Sending(&to_send), cancellation);
        let through_proxy = !cancellation.endpoint().is_loopback();
        match exchange(self.agent, to_send, through_proxy) {
            Ok(response) => {
                self.observer.observe(&Event::answered(cancellation, id, &response), cancellation);
                took(&cancellation.handle_response(clock.now(), id, response));
            }
            Err(Unanswered { failure, time_is_up }) => {
                self.observer.observe(&Event::failed(cancellation, id, &failure), cancellation);
                // A socket's timer may be early by a little; the machine's is the one that counts.
                let now = if time_is_up { clock.now().max(until) } else { clock.now() };
                took(&cancellation.handle_failure(now, id, failure));
            }
        }
        Ok(())
    }

    /// An outcome is not written down: who is killed before the caller has it finds it again by a look.
    fn write_down(&mut self, cancellation: &Cancellation) -> Result<(), Error> {
        if matches!(cancellation.result(), Some(Ok(_))) {
            return Ok(());
        }
        self.journal.write(cancellation).map_err(|error| not_written(cancellation, error))
    }
}

fn not_written(cancellation: &Cancellation, error: impl Display) -> Error {
    cancellation.checkpoint_error(&format!("it could not be written: {error}"))
}

/// The machine only objects to answers to exchanges that are not out, and this driver gives none.
fn took(taken: &Result<(), Misuse>) {
    debug_assert!(taken.is_ok(), "{taken:?}");
}

/// The machine's time, on this machine's monotonic clock.
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
