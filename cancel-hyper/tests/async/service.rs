//! The simulated portal as a service, in tokio's virtual time.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId, Until};
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::{Instant, sleep, timeout};
use tower_service::Service;

pub(crate) const TOKEN: &str = "canary-token-0123456789-0123456789";
/// The latency of a request, and of an answer.
pub(crate) const ONE_WAY: Duration = Duration::from_millis(50);

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Fails instead of hanging: after a day of tokio's virtual time, or after many polls of the future at the same time.
pub(crate) async fn within_a_day<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let (mut last, mut polls) = (Instant::now(), 0);
    let bounded = poll_fn(|context| {
        let now = Instant::now();
        polls = if now == last { polls + 1 } else { 0 };
        last = now;
        assert!(polls < 5000, "it spins");
        future.as_mut().poll(context)
    });
    let over = timeout(secs(24 * 3600), bounded).await;
    assert!(over.is_ok(), "it hangs");
    over.unwrap()
}

pub(crate) fn token() -> BearerToken {
    BearerToken::new(TOKEN).unwrap()
}

pub(crate) fn offer(name: &str) -> Offer {
    Offer::new("contoso", name).cancel(CancelBehavior::After(secs(20))).operation(PublishOperation::new("id-1"))
}

pub(crate) fn policy() -> Policy {
    Policy::default().until(Until::Verified).jitter_percent(0)
}

pub(crate) fn cancellation(offer: &str, policy: Policy) -> Cancellation {
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new(offer).unwrap());
    Cancellation::new(Endpoint::default(), request, policy, Duration::ZERO)
}

/// A portal as a service. It panics where it is called without being asked whether it is ready.
pub(crate) struct Reached {
    portal: Arc<Mutex<Portal>>,
    start: Instant,
    ready: bool,
}

impl Reached {
    pub(crate) fn new(offers: impl IntoIterator<Item = Offer>) -> Self {
        let mut portal = Portal::new();
        portal.accept_token(TOKEN, None);
        for offer in offers {
            portal.add_offer(offer);
        }
        Self { portal: Arc::new(Mutex::new(portal)), start: Instant::now(), ready: false }
    }

    pub(crate) fn portal(&self) -> std::sync::MutexGuard<'_, Portal> {
        self.portal.lock().unwrap()
    }

    /// The portal's time.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Clone for Reached {
    fn clone(&self) -> Self {
        Self { portal: Arc::clone(&self.portal), start: self.start, ready: false }
    }
}

impl Service<Request<Full<Bytes>>> for Reached {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "it was not asked whether it is ready");
        let (portal, start) = (Arc::clone(&self.portal), self.start);
        Box::pin(async move {
            sleep(ONE_WAY).await;
            let (head, body) = request.into_parts();
            let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
            let response = portal.lock().unwrap().handle(start.elapsed(), Request::from_parts(head, body));
            sleep(ONE_WAY).await;
            Ok(response.map(Full::new))
        })
    }
}
