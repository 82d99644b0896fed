//! The loop around the machine: asks it what to do, does it, and says what came of it.

use std::thread;
use std::time::{Duration, Instant};

use cancel_core::{Cancellation, Error, Event, Exchange, Failure, Observer, Outcome, Step};
use ureq::Agent;

use crate::tokens::TokenSource;
use crate::transport::{Unanswered, exchange};

/// Drives cancellations over a ureq agent, in the calling thread.
///
/// What the protocol depends on is set per request, whatever the agent says: no redirects, no error for a status, no
/// decompression, the machine's time and body limits, and no proxy for this machine. The rest (TLS, proxies, the pool,
/// the resolver) is the agent's.
#[derive(Debug)]
pub struct Driver<'a, T, O = ()> {
    agent: &'a Agent,
    tokens: T,
    observer: O,
}

impl<'a, T: TokenSource> Driver<'a, T> {
    /// A driver that asks this source for tokens.
    pub fn new(agent: &'a Agent, tokens: T) -> Self {
        Self { agent, tokens, observer: () }
    }
}

impl<'a, T: TokenSource, O: Observer> Driver<'a, T, O> {
    /// The same driver, with somebody who sees every step.
    pub fn observed_by<P: Observer>(self, observer: P) -> Driver<'a, T, P> {
        Driver { agent: self.agent, tokens: self.tokens, observer }
    }

    /// Goes on until the cancellation is over. The machine's clock goes on from the last `now` that it saw.
    ///
    /// # Errors
    ///
    /// What the machine ends with; or [`Error::TokenSource`] when there is no token, after which the same cancellation
    /// can be driven on.
    pub fn drive(&mut self, cancellation: &mut Cancellation) -> Result<Outcome, Error> {
        let clock = Clock::starting_at(cancellation.now());
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
                Step::Send(exchange) => self.send(cancellation, &clock, now, exchange),
                // Left behind by a driver that was interrupted. Only the exchange that is out is answered here, so that
                // the machine cannot object.
                Step::Await { id, .. } => {
                    let _ = cancellation.handle_failure(now, id, Failure::maybe_sent("the exchange was abandoned"));
                }
                Step::WaitUntil(when) => {
                    self.observer.observe(&Event::Waiting(when), cancellation);
                    thread::sleep(when.saturating_sub(now));
                }
                Step::Done(result) => {
                    let result = result.clone();
                    self.observer.observe(&Event::Done(&result), cancellation);
                    return result;
                }
            }
        }
    }

    fn send(&mut self, cancellation: &mut Cancellation, clock: &Clock, sent: Duration, to_send: Exchange) {
        self.observer.observe(&Event::Sending(&to_send), cancellation);
        let (id, until) = (to_send.id, sent.saturating_add(to_send.timeout));
        let through_proxy = !cancellation.endpoint().is_loopback();
        // Only the exchange that is out is answered here, so that the machine cannot object.
        let _ = match exchange(self.agent, to_send, through_proxy) {
            Ok(response) => {
                self.observer.observe(&Event::answered(cancellation, id, &response), cancellation);
                cancellation.handle_response(clock.now(), id, response)
            }
            Err(Unanswered { failure, timed_out }) => {
                self.observer.observe(&Event::failed(cancellation, id, &failure), cancellation);
                // A socket's timer may be early by a little; the machine's is the one that counts.
                let now = if timed_out { clock.now().max(until) } else { clock.now() };
                cancellation.handle_failure(now, id, failure)
            }
        };
    }
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
