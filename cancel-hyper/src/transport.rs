//! One exchange over a service, within its timeout and its body limit.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use cancel_core::{Body, Exchange, Failure};
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use hyper::rt::{Sleep, Timer};
use tower_service::Service;

use crate::failure::{BoxError, failure};

/// How long an exchange may take in all. Every request has it as an extension.
///
/// A service that has no connection after most of this time can return [`NotSent`](crate::NotSent). When the time is
/// up, it is too late for that: the exchange has timed out, and may have been processed.
///
/// ```
/// use std::time::Duration;
/// use cancel_hyper::ExchangeTimeout;
///
/// fn time_to_connect<B>(request: &http::Request<B>) -> Option<Duration> {
///     request.extensions().get().map(|ExchangeTimeout(in_all)| *in_all / 4 * 3)
/// }
/// # let mut request = http::Request::new(());
/// # request.extensions_mut().insert(ExchangeTimeout(Duration::from_secs(4)));
/// # assert_eq!(time_to_connect(&request), Some(Duration::from_secs(3)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeTimeout(pub Duration);

/// Sends a request over a service that is ready. Reads the answer until `until`, and up to the body limit.
pub(crate) async fn exchange<S, B, R>(
    service: &mut S,
    timer: &impl Timer,
    exchange: Exchange,
    until: Option<Instant>,
) -> Result<Response<Body>, Failure>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    B: From<Bytes>,
    R: http_body::Body,
{
    let Exchange { mut request, timeout, body_limit: limit, keep_alive, .. } = exchange;
    request.extensions_mut().insert(ExchangeTimeout(timeout));
    if !keep_alive {
        // Over HTTP/2 hyper leaves it out, and only a client that knows it takes another connection.
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let mut time = Time::new(timer, until);
    let answer = match time.within(service.call(request.map(B::from))).await {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => return Err(failure(error.into())),
        None => return Err(Failure::TimedOut),
    };
    let (head, body) = answer.into_parts();
    let mut read = Read { bytes: BytesMut::new(), limit };
    let end = time.within(read.all_of(body)).await;
    Ok(Response::from_parts(head, read.into_body(end.unwrap_or(End::CutOff))))
}

/// The future's output, or `None` when it is not ready at `until`. Without an `until` there is no limit.
pub(crate) async fn within<F: Future>(timer: &impl Timer, until: Option<Instant>, future: F) -> Option<F::Output> {
    Time::new(timer, until).within(future).await
}

/// A time limit that several futures share. They share one sleep of the timer, which is made when the first of them is
/// pending.
struct Time<'a, M> {
    timer: &'a M,
    until: Option<Instant>,
    sleep: Option<Pin<Box<dyn Sleep>>>,
}

impl<'a, M: Timer> Time<'a, M> {
    fn new(timer: &'a M, until: Option<Instant>) -> Self {
        Self { timer, until, sleep: None }
    }

    async fn within<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context: &mut Context<'_>| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            let Some(until) = self.until else {
                return Poll::Pending;
            };
            let sleep = self.sleep.get_or_insert_with(|| self.timer.sleep_until(until));
            sleep.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}

/// A body as far as it was read: at most one byte above the limit, to tell whether the body is longer.
struct Read {
    /// A copy, also of a body that comes in one piece: that can be a view of a connection's whole buffer, and would
    /// keep all of it.
    bytes: BytesMut,
    limit: usize,
}

#[derive(Clone, Copy)]
enum End {
    Whole,
    CutOff,
    TooLarge,
}

impl Read {
    async fn all_of(&mut self, body: impl http_body::Body) -> End {
        let mut body = pin!(body);
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            match frame.map(http_body::Frame::into_data) {
                Ok(Ok(data)) => {
                    if !self.add(data) {
                        return End::TooLarge;
                    }
                }
                // Trailers are ignored.
                Ok(Err(_)) => {}
                Err(_) => return End::CutOff,
            }
        }
        End::Whole
    }

    /// Adds the data, and returns whether the body is still within the limit.
    fn add(&mut self, data: impl Buf) -> bool {
        let room = self.limit.saturating_add(1).saturating_sub(self.bytes.len());
        self.bytes.put(data.take(room));
        self.bytes.len() <= self.limit
    }

    fn into_body(self, end: End) -> Body {
        let bytes = self.bytes.freeze();
        match end {
            End::Whole => Body::Complete(bytes),
            End::CutOff => Body::CutOff(bytes),
            End::TooLarge => Body::TooLarge(bytes),
        }
    }
}
