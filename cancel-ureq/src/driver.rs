//! What it takes to drive cancellations: an agent, a source of tokens; an observer and a journal for who wants them.

use cancel_core::{Cancellation, Error, Observer, Outcome};
use ureq::Agent;

use crate::journal::Journal;
use crate::run::Run;
use crate::tokens::TokenSource;

/// Drives cancellations over a ureq agent, in the calling thread.
///
/// What the protocol depends on is set per request, whatever the agent says: no redirects, no error for a status, no
/// decompression, the machine's time and body limits, and no proxy for this machine. The rest (TLS, proxies, the pool,
/// the resolver) is the agent's.
#[derive(Debug)]
pub struct Driver<'a, T, O = (), J = ()> {
    pub(crate) agent: &'a Agent,
    pub(crate) tokens: T,
    pub(crate) observer: O,
    pub(crate) journal: J,
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
        Run::new(self, cancellation).finish()
    }
}
