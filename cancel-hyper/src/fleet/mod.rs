//! Many offers at once, which share a service's patience and a token.

mod throttle;
mod tokens;

use bytes::Bytes;
use cancel_core::{Cancellation, Error, Observer, Outcome};
use futures_util::stream::{self, Stream, StreamExt};
use http::{Request, Response};
use http_body::Body;
use hyper::rt::Timer;
use tower_service::Service;

pub use self::throttle::{Throttle, Throttled};
pub use self::tokens::SharedTokens;
use crate::driver::Driver;
use crate::failure::BoxError;
use crate::journal::Journal;
use crate::tokens::TokenSource;

/// A cancellation of a fleet that is over, or that could not go on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// Which one. After a failure of the tokens or of the journal it can be driven on.
    pub cancellation: Cancellation,
    /// What its driver returned.
    pub result: Result<Outcome, Error>,
}

/// Drives cancellations side by side, at most `max_concurrent` of them, and gives them back in the order in which they end. One
/// that fails does not stop the others. An `max_concurrent` of 0 counts as 1.
///
/// Each is driven by a clone of the driver, whose service and tokens they share through a [`Throttle`] and
/// [`SharedTokens`]: one 429 holds them all back, and one rejected token is replaced once. The next of the iterator is taken
/// when there is room for it, and its time begins to run then. Waiting is cheap, so that a publish that must be stopped
/// soon is better not kept waiting for room: give as many at a time as there are offers.
///
/// Nothing is spawned: it goes on while the stream is polled. A stream that is dropped drops the cancellations that are under way;
/// the driver's [`Journal`] has them.
///
/// ```
/// # use cancel_core::testing::portal::{Offer, Portal, PublishOperation};
/// # use cancel_hyper::cancel_core::*;
/// use cancel_hyper::{Client, Driver, cancel_many};
/// use futures_util::StreamExt;
/// use hyper_util::rt::TokioTimer;
///
/// # let mut portal = Portal::new();
/// # portal.accept_token("eyJ0eXAi", None);
/// # for offer in ["one", "two"] {
/// #     portal.add_offer(Offer::new("contoso", offer).operation(PublishOperation::new("id-1")));
/// # }
/// # let served = cancel_hyper::portal::serve(portal)?;
/// # let endpoint = Endpoint::new(served.endpoint())?;
/// # let token = BearerToken::new("eyJ0eXAi")?;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let offers = [OfferId::new("one")?, OfferId::new("two")?];
/// let cancellations = offers.into_iter().map(|offer| {
///     let request = CancelRequest::new(PublisherId::new("contoso").expect("it is one"), offer);
///     Cancellation::new(endpoint.clone(), request, Policy::default(), std::time::Duration::ZERO)
/// });
/// let driver = Driver::new(Client::new()?, TokioTimer::new(), token);
/// let mut fleet = cancel_many(driver, cancellations, 200);
/// while let Some(ended) = fleet.next().await {
///     println!("{}: {}", ended.cancellation.request().offer(), ended.result?.as_str());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cancel_many<S, M, T, O, J, I, B, R>(
    driver: Driver<S, M, T, O, J>,
    cancellations: I,
    max_concurrent: usize,
) -> impl Stream<Item = Ended>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: From<Bytes>,
    R: Body,
    M: Timer + Clone,
    T: TokenSource + Send,
    O: Observer + Clone,
    J: Journal + Clone,
    I: IntoIterator<Item = Cancellation>,
{
    let Driver { service, timer, tokens, observer, journal } = driver;
    let service = Throttle::new(timer.clone()).around(service);
    let shared = Driver { service, timer, tokens: SharedTokens::new(tokens), observer, journal };
    let under_way = cancellations.into_iter().map(move |mut cancellation| {
        let mut driver = shared.clone();
        async move {
            let result = driver.drive(&mut cancellation).await;
            Ended { cancellation, result }
        }
    });
    stream::iter(under_way).buffer_unordered(max_concurrent.max(1))
}
