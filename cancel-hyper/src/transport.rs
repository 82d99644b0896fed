//! One exchange over a service, within its time and its limit.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes, BytesMut};
use cancel_core::{Body, Exchange, Failure};
use http::{Request, Response};
use hyper::rt::{Sleep, Timer};
use tower_service::Service;

use crate::failure::{BoxError, failure};

/// How long a call may take in all: an extension of every request, for a service that wants to know. One that has no connection
/// after most of it can say so ([`NotSent`](crate::NotSent)) while there is time for that.
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

/// Sends a request over a service that is ready, and reads as much of the answer as time and limit allow.
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
    let Exchange { mut request, timeout, body_limit: limit, .. } = exchange;
    request.extensions_mut().insert(ExchangeTimeout(timeout));
    let mut time = Time::new(timer, until);
    let answer = match time.within(service.call(request.map(B::from))).await {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => return Err(failure(&*error.into())),
        None => return Err(Failure::TimedOut),
    };
    let (head, body) = answer.into_parts();
    let mut read = Read { first: Bytes::new(), more: BytesMut::new(), limit };
    let end = time.within(read.all_of(body)).await;
    Ok(Response::from_parts(head, read.into_body(end.unwrap_or(End::CutOff))))
}

/// What becomes of a future until then; `None` when it takes longer. Without a time it may take for ever.
pub(crate) async fn within<F: Future>(timer: &impl Timer, until: Option<Instant>, future: F) -> Option<F::Output> {
    Time::new(timer, until).within(future).await
}

/// The time that several futures have together. One of the timer's sleeps is enough for them, and none while nothing waits.
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

/// A body as far as it was read: never more than one byte above the limit, to know whether there is more.
struct Read {
    first: Bytes,
    more: BytesMut,
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
                    if !self.takes(data) {
                        return End::TooLarge;
                    }
                }
                // Trailers say nothing to us.
                Ok(Err(_)) => {}
                Err(_) => return End::CutOff,
            }
        }
        End::Whole
    }

    /// Keeps the data; whether it is all below the limit. A body that comes in one piece is not copied.
    fn takes(&mut self, mut data: impl Buf) -> bool {
        let room = self.limit.saturating_add(1).saturating_sub(self.len());
        let taken = data.remaining().min(room);
        if self.len() == 0 {
            self.first = data.copy_to_bytes(taken);
        } else {
            if self.more.is_empty() {
                self.more.extend_from_slice(&std::mem::take(&mut self.first));
            }
            self.more.extend_from_slice(&data.copy_to_bytes(taken));
        }
        self.len() <= self.limit
    }

    fn len(&self) -> usize {
        self.first.len() + self.more.len()
    }

    fn into_body(self, end: End) -> Body {
        let bytes = if self.more.is_empty() { self.first } else { self.more.freeze() };
        match end {
            End::Whole => Body::Complete(bytes),
            End::CutOff => Body::CutOff(bytes),
            End::TooLarge => Body::TooLarge(bytes),
        }
    }
}
