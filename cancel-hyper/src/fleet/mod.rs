//! Many offers at once. They share the service's rate limit and one token.
//!
//! A fleet adds no rule of the protocol: each cancellation has a driver of its own.

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

/// A cancellation of a fleet whose driver has returned.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// Which one. After an error of the token source or of the journal it can be driven on.
    pub cancellation: Cancellation,
    /// What its driver returned.
    pub result: Result<Outcome, Error>,
}

/// Drives cancellations concurrently, at most `max_concurrent` at a time, and yields each when it has ended. One that
/// fails does not stop the others. A `max_concurrent` of 0 counts as 1.
///
/// Each cancellation has a clone of the driver. The clones share the service through a [`Throttle`] and the tokens
/// through [`SharedTokens`]: a 429 to one holds all of them back, and a rejected token is replaced once.
///
/// The next cancellation is taken from the iterator when there is room for it, and its time starts then. A cancellation
/// in progress costs little while it waits: to stop every publish soon, let `max_concurrent` be the number of offers.
///
/// Nothing is spawned: the cancellations progress while the stream is polled. Dropping the stream drops those in
/// progress; the driver's [`Journal`] has their checkpoints.
///
/// ```
/// # use cancel_core::testing::portal::{Offer, Portal, PublishOperation};
/// # use cancel_hyper::cancel_core::*;
/// use std::time::Duration;
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
/// let publisher = PublisherId::new("contoso")?;
/// let offers = [OfferId::new("one")?, OfferId::new("two")?];
/// let cancellations = offers.into_iter().map(|offer| {
///     let request = CancelRequest::new(publisher.clone(), offer);
///     Cancellation::new(endpoint.clone(), request, Policy::default(), Duration::ZERO)
/// });
/// let driver = Driver::new(Client::new()?, TokioTimer::new(), token);
/// let mut fleet = cancel_many(driver, cancellations, 200);
/// while let Some(ended) = fleet.next().await {
///     let offer = ended.cancellation.request().offer();
///     println!("{offer}: {}", ended.result?.as_str());
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
    let in_progress = cancellations.into_iter().map(move |mut cancellation| {
        let mut driver = shared.clone();
        async move {
            let result = driver.drive(&mut cancellation).await;
            Ended { cancellation, result }
        }
    });
    stream::iter(in_progress).buffer_unordered(max_concurrent.max(1))
}
