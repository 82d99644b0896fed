//! The parts of a driver: a service, a timer and a source of tokens, and optionally an observer and a journal. Nothing
//! is sent here.

use cancel_core::Observer;
use hyper::rt::Timer;

use crate::journal::Journal;
use crate::tokens::TokenSource;

/// Drives cancellations over any service of HTTP requests, on any runtime.
///
/// The service must not follow redirects, retry, turn statuses into errors, or decompress bodies. hyper's clients and
/// [`Client`](crate::Client) do none of that. The body of a request is any type that is made from
/// [`Bytes`](bytes::Bytes).
///
/// An exchange that an earlier driver of the same cancellation left in flight counts as
/// [dropped](cancel_core::Failure::Dropped).
///
/// ```
/// # use cancel_core::testing::portal::{Offer, Portal, PublishOperation};
/// # use cancel_hyper::cancel_core::*;
/// use std::time::Duration;
/// use cancel_hyper::{Client, Driver};
/// use hyper_util::rt::TokioTimer;
///
/// # let mut portal = Portal::new();
/// # portal.accept_token("eyJ0eXAi", None);
/// # let offer = Offer::new("contoso", "contoso-offer");
/// # portal.add_offer(offer.operation(PublishOperation::new("id-1")));
/// # let served = cancel_hyper::portal::serve(portal)?;
/// # let endpoint = Endpoint::new(served.endpoint())?;
/// # let token = BearerToken::new("eyJ0eXAi")?;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let publisher = PublisherId::new("contoso")?;
/// let request = CancelRequest::new(publisher, OfferId::new("contoso-offer")?);
/// let mut cancellation =
///     Cancellation::new(endpoint, request, Policy::default(), Duration::ZERO);
/// let mut driver = Driver::new(Client::new()?, TokioTimer::new(), token);
/// let outcome = driver.drive(&mut cancellation).await?;
/// assert_eq!(outcome.as_str(), "canceled");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Driver<S, M, T, O = (), J = ()> {
    pub(crate) service: S,
    pub(crate) timer: M,
    pub(crate) tokens: T,
    pub(crate) observer: O,
    pub(crate) journal: J,
}

impl<S, M: Timer, T: TokenSource> Driver<S, M, T> {
    /// A driver that sends over this service, waits by this timer, and asks this source for tokens.
    pub fn new(service: S, timer: M, tokens: T) -> Self {
        Self { service, timer, tokens, observer: (), journal: () }
    }
}

impl<S, M: Timer, T: TokenSource, O: Observer, J: Journal> Driver<S, M, T, O, J> {
    /// The same driver with this observer, which is called at every step. A closure is an [`Observer`].
    pub fn with_observer<P: Observer>(self, observer: P) -> Driver<S, M, T, P, J> {
        let Self { service, timer, tokens, observer: _, journal } = self;
        Driver { service, timer, tokens, observer, journal }
    }

    /// The same driver with this journal, which stores the checkpoints. A closure that returns a future is a
    /// [`Journal`].
    pub fn with_journal<K: Journal>(self, journal: K) -> Driver<S, M, T, O, K> {
        let Self { service, timer, tokens, observer, journal: _ } = self;
        Driver { service, timer, tokens, observer, journal }
    }
}
