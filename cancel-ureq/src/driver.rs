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
///
/// ```no_run
/// use std::time::{SystemTime, UNIX_EPOCH};
/// use cancel_ureq::Driver;
/// use cancel_ureq::cancel_core::{
///     BearerToken, CancelRequest, Cancellation, Checkpoint, Endpoint, Event, OfferId, Policy, PublisherId, TokenReason,
/// };
///
/// # fn fetch() -> std::io::Result<String> { Ok("eyJ0eXAi".to_owned()) }
/// let agent = ureq::Agent::new_with_defaults();
/// let tokens = |_why: TokenReason| -> Result<BearerToken, Box<dyn std::error::Error>> {
///     Ok(BearerToken::new(fetch()?.trim())?)
/// };
/// let journal = |checkpoint: Checkpoint| std::fs::write("run.json", checkpoint.to_json()); // and sync it
/// let observer = |event: &Event<'_>, _: &Cancellation| eprintln!("{event:?}");
///
/// let now = SystemTime::now().duration_since(UNIX_EPOCH)?; // a clock that the next process has too
/// let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
/// let mut cancellation = Cancellation::new(Endpoint::default(), request, Policy::default(), now);
/// let outcome = Driver::new(agent, tokens).with_journal(journal).with_observer(observer).drive(&mut cancellation)?;
/// println!("{}", outcome.as_str());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Driver<T, O = (), J = ()> {
    pub(crate) agent: Agent,
    pub(crate) tokens: T,
    pub(crate) observer: O,
    pub(crate) journal: J,
}

impl<T: TokenSource> Driver<T> {
    /// A driver over this agent (a clone shares its connections), which asks this source for tokens: a closure, or a
    /// [`BearerToken`](cancel_core::BearerToken) that lasts for all of it.
    pub fn new(agent: Agent, tokens: T) -> Self {
        Self { agent, tokens, observer: (), journal: () }
    }
}

impl<T: TokenSource, O: Observer, J: Journal> Driver<T, O, J> {
    /// The same driver, with somebody who sees every step. A closure is an [`Observer`].
    pub fn with_observer<P: Observer>(self, observer: P) -> Driver<T, P, J> {
        Driver { agent: self.agent, tokens: self.tokens, observer, journal: self.journal }
    }

    /// The same driver, with a place where the cancellation is written down. A closure is a [`Journal`].
    pub fn with_journal<K: Journal>(self, journal: K) -> Driver<T, O, K> {
        Driver { agent: self.agent, tokens: self.tokens, observer: self.observer, journal }
    }

    /// Drives the cancellation until it is over, and returns its result; in between it sleeps. The machine's clock counts on from the last
    /// `now` that it saw.
    ///
    /// # Errors
    ///
    /// What the machine ends with; or [`ErrorKind::TokenSource`] when there is no token, or [`ErrorKind::Checkpoint`] when the
    /// journal fails: after these two the same cancellation can be driven on.
    pub fn drive(&mut self, cancellation: &mut Cancellation) -> Result<Outcome, Error> {
        Run::new(self, cancellation).finish()
    }
}
