//! A service must be ready before an exchange is handed out.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use cancel_core::{ErrorKind, Posted, Until};
use cancel_hyper::{Driver, NotSent};
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tower_service::Service;

use crate::service::{Reached, cancellation, offer, policy, secs, token};

/// Ready after some time.
struct Slow {
    inner: Reached,
    after: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Slow {
    fn new(after: Duration) -> Self {
        Self { inner: Reached::new([offer("one")]), after, sleep: None }
    }
}

impl Service<Request<Full<Bytes>>> for Slow {
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = <Reached as Service<Request<Full<Bytes>>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let after = self.after;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(after)));
        if sleep.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        self.sleep = None;
        self.inner.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_readiness_has_posted_nothing() {
    let mut service = Slow::new(secs(20));
    let mut waiting = cancellation("one", policy().until(Until::Settled));
    for _ in 0..10 {
        let mut driver = Driver::new(&mut service, TokioTimer::new(), token());
        timeout(secs(1), driver.drive(&mut waiting)).await.unwrap_err();
        assert_eq!(waiting.posted(), Posted::No);
        assert!(!waiting.progress().post_in_flight);
    }
    let outcome = Driver::new(&mut service, TokioTimer::new(), token()).drive(&mut waiting).await;
    assert!(outcome.is_ok(), "the service was ready in the end: {outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_attempt_begins_when_the_service_is_ready() {
    let mut service = Slow::new(secs(40));
    let mut patient = cancellation("one", policy().attempt_timeout(secs(1)));
    let outcome = Driver::new(&mut service, TokioTimer::new(), token()).drive(&mut patient).await.unwrap();
    assert_eq!((outcome.as_str(), service.inner.portal().posts()), ("canceled", 1));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_never_ready_ends_at_the_deadline() {
    let start = Instant::now();
    let mut service = Slow::new(secs(100_000));
    let mut waiting = cancellation("one", policy().deadline(secs(60)));
    let error = Driver::new(&mut service, TokioTimer::new(), token()).drive(&mut waiting).await.unwrap_err();
    assert_eq!((error.kind(), error.posted(), start.elapsed().as_secs()), (ErrorKind::Deadline, Posted::No, 60));
}

/// Never ready.
struct Broken;

impl Service<Request<Full<Bytes>>> for Broken {
    type Response = Response<Full<Bytes>>;
    type Error = &'static str;
    type Future = std::future::Pending<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Err("the worker is gone"))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        panic!("it was called without being ready")
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_broken_is_not_called() {
    let mut hopeless = cancellation("one", policy());
    let error = Driver::new(Broken, TokioTimer::new(), token()).drive(&mut hopeless).await.unwrap_err();
    assert_eq!((error.kind(), error.posted()), (ErrorKind::Transport, Posted::No));
    assert!(error.to_string().contains("the worker is gone"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hyper_gives_up_before_it_begins_is_not_sent() {
    let (here, there) = tokio::io::duplex(64);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(here)).await.unwrap();
    drop((connection, there));
    let service = tower::service_fn(move |request: Request<Full<Bytes>>| sender.send_request(request));
    let mut hopeless = cancellation("one", policy().until(Until::Settled));
    let error = Driver::new(service, TokioTimer::new(), token()).drive(&mut hopeless).await.unwrap_err();
    assert_eq!((error.kind(), error.posted()), (ErrorKind::Transport, Posted::No), "{error}");
}

/// An error whose source says more.
#[derive(Debug)]
struct CannotConnect(std::io::Error);

impl fmt::Display for CannotConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot connect")
    }
}

impl Error for CannotConnect {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_marked_as_not_sent_keeps_its_words() {
    let service = tower::service_fn(|_: Request<Full<Bytes>>| {
        let error = NotSent::new(CannotConnect(std::io::Error::other("the cable is cut")));
        std::future::ready(Err::<Response<Full<Bytes>>, _>(error))
    });
    let mut hopeless = cancellation("one", policy().until(Until::Settled));
    let error = Driver::new(service, TokioTimer::new(), token()).drive(&mut hopeless).await.unwrap_err();
    assert_eq!((error.kind(), error.posted()), (ErrorKind::Transport, Posted::No), "{error}");
    assert!(error.to_string().contains("not sent: cannot connect: the cable is cut"), "{error}");
}

/// A clock that advances each time it is read.
struct Restless(std::sync::atomic::AtomicU32, std::time::Instant);

impl hyper::rt::Timer for Restless {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        TokioTimer::new().sleep(duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        TokioTimer::new().sleep_until(deadline)
    }

    fn now(&self) -> std::time::Instant {
        let reads = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.1.max(Instant::now().into()) + Duration::from_micros(1) * reads
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_leaves_before_the_service_is_ready() {
    for micros in 0..20 {
        // It panics where it is called without being ready.
        let service = Reached::new([offer("one")]);
        let interval = Duration::from_micros(micros);
        let quick = policy().poll_interval(interval).max_poll_interval(interval).attempts(200);
        let mut cancellation = cancellation("one", quick.until(Until::Settled));
        let timer = Restless(0.into(), Instant::now().into());
        assert!(Driver::new(service, timer, token()).drive(&mut cancellation).await.is_ok());
    }
}
