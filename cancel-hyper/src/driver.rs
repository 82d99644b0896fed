//! What it takes to drive cancellations: a service, a timer, a source of tokens; an observer and a journal for who wants them.

use bytes::Bytes;
use cancel_core::{Cancellation, Error, Observer, Outcome};
use http::{Request, Response};
use http_body::Body;
use hyper::rt::Timer;
use tower_service::Service;

use crate::failure::BoxError;
use crate::journal::Journal;
use crate::run::Run;
use crate::tokens::TokenSource;
use crate::trace::Span;

/// Drives cancellations over any service of HTTP requests, on any runtime.
///
/// The service must not follow redirects, try again by itself, make errors of statuses, or decompress bodies: hyper's clients and
/// [`Client`](crate::Client) do none of it. Bodies are any that can be made of [`Bytes`].
///
/// An exchange that an earlier driver of the same cancellation has left behind is taken for [abandoned](cancel_core::Failure::Dropped).
///
/// ```
/// # use cancel_core::testing::portal::{Offer, Portal, PublishOperation};
/// # use cancel_hyper::cancel_core::*;
/// use cancel_hyper::{Client, Driver};
/// use hyper_util::rt::TokioTimer;
///
/// # let mut portal = Portal::new();
/// # portal.accept_token("eyJ0eXAi", None);
/// # portal.add_offer(Offer::new("contoso", "contoso-offer").operation(PublishOperation::new("id-1")));
/// # let served = cancel_hyper::portal::serve(portal)?;
/// # let endpoint = Endpoint::new(served.endpoint())?;
/// # let token = BearerToken::new("eyJ0eXAi")?;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
/// let mut cancellation = Cancellation::new(endpoint, request, Policy::default(), std::time::Duration::ZERO);
/// let outcome = Driver::new(Client::new()?, TokioTimer::new(), token).drive(&mut cancellation).await?;
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
    /// The same driver, with somebody who sees every step. A closure is an [`Observer`].
    pub fn with_observer<P: Observer>(self, observer: P) -> Driver<S, M, T, P, J> {
        let Self { service, timer, tokens, observer: _, journal } = self;
        Driver { service, timer, tokens, observer, journal }
    }

    /// The same driver, with a place where the cancellation is written down. A closure that returns a future is a [`Journal`].
    pub fn with_journal<K: Journal>(self, journal: K) -> Driver<S, M, T, O, K> {
        let Self { service, timer, tokens, observer, journal: _ } = self;
        Driver { service, timer, tokens, observer, journal }
    }

    /// Drives the cancellation until it is over, and returns its result. The machine's clock counts on from the last `now` that it saw.
    ///
    /// The future is [`Send`] when its parts are, and it spawns nothing. **It may be dropped at any time**: the cancellation
    /// says truthfully whether a POST may have gone out, and can be written down or driven on.
    ///
    /// # Errors
    ///
    /// What the machine ends with; or [`ErrorKind::TokenSource`] when there is no token, or [`ErrorKind::Checkpoint`] when the
    /// journal fails: after these two the same cancellation can be driven on.
    pub async fn drive<B, R>(&mut self, cancellation: &mut Cancellation) -> Result<Outcome, Error>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<BoxError>,
        B: From<Bytes>,
        R: Body,
    {
        let span = Span::of(cancellation);
        let mut run = Run::new(self, cancellation, &span);
        let result = span.around(run.finish()).await;
        span.ended(&result);
        result
    }
}
