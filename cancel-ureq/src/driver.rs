//! The parts of a driver: an agent and a source of tokens, and optionally an observer and a journal. Nothing is sent
//! here.

use cancel_core::Observer;
use ureq::Agent;

use crate::journal::Journal;
use crate::tokens::TokenSource;

/// Drives cancellations over a ureq agent, in the calling thread.
///
/// A driver owns its [`Agent`]. Clones of an agent share its connections, so a clone of the driver is cheap and shares
/// them too: clone it to drive one cancellation per thread.
///
/// Each request overrides those settings of the agent on which the protocol depends: no redirects, no error for a
/// status, no decompression, the machine's time and body limits, and no proxy for this machine. The rest (TLS, proxies,
/// the pool, the resolver) is the agent's.
///
/// ```no_run
/// use std::error::Error;
/// use std::time::{SystemTime, UNIX_EPOCH};
/// use cancel_ureq::Driver;
/// use cancel_ureq::cancel_core::{
///     BearerToken, CancelRequest, Cancellation, Checkpoint, Endpoint, Event, OfferId,
///     Policy, PublisherId, TokenReason,
/// };
///
/// # fn fetch() -> std::io::Result<String> { Ok("eyJ0eXAi".to_owned()) }
/// let agent = cancel_ureq::agent();
/// let tokens = |_why: TokenReason| -> Result<BearerToken, Box<dyn Error>> {
///     Ok(BearerToken::new(fetch()?.trim())?)
/// };
/// let journal = |checkpoint: Checkpoint| {
///     std::fs::write("run.json", checkpoint.to_json()) // and sync it
/// };
/// let observer = |event: &Event<'_>, _: &Cancellation| eprintln!("{event:?}");
/// let mut driver =
///     Driver::new(agent, tokens).with_journal(journal).with_observer(observer);
///
/// let publisher = PublisherId::new("contoso")?;
/// let request = CancelRequest::new(publisher, OfferId::new("contoso-offer")?);
/// // The time since 1970: the same clock for a process that resumes the run.
/// let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
/// let mut cancellation =
///     Cancellation::new(Endpoint::default(), request, Policy::default(), now);
/// let outcome = driver.drive(&mut cancellation)?;
/// println!("{}", outcome.as_str());
/// # Ok::<(), Box<dyn Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Driver<T, O = (), J = ()> {
    pub(crate) agent: Agent,
    pub(crate) tokens: T,
    pub(crate) observer: O,
    pub(crate) journal: J,
}

impl<T: TokenSource> Driver<T> {
    /// A driver that sends over this agent and asks this source for tokens. The source is a closure, or a
    /// [`BearerToken`](cancel_core::BearerToken) that stays valid for the whole run.
    ///
    /// Pass a clone of an agent that you use elsewhere too.
    pub fn new(agent: Agent, tokens: T) -> Self {
        Self { agent, tokens, observer: (), journal: () }
    }
}

impl<T: TokenSource, O: Observer, J: Journal> Driver<T, O, J> {
    /// The same driver with this observer, which is called at every step. A closure is an [`Observer`].
    pub fn with_observer<P: Observer>(self, observer: P) -> Driver<T, P, J> {
        Driver { agent: self.agent, tokens: self.tokens, observer, journal: self.journal }
    }

    /// The same driver with this journal, which stores the checkpoints. A closure is a [`Journal`].
    pub fn with_journal<K: Journal>(self, journal: K) -> Driver<T, O, K> {
        Driver { agent: self.agent, tokens: self.tokens, observer: self.observer, journal }
    }
}
