//! What of a body lives on while a cancellation waits.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use cancel_hyper::Driver;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::TokioTimer;
use tokio::time::timeout;
use tower_service::Service;

use crate::service::{cancellation, policy, secs, token};

/// Each body is a view of a buffer, as those of hyper are. The buffers that live are counted.
#[derive(Clone)]
struct Views(Arc<()>);

struct Buffer {
    bytes: Vec<u8>,
    _counted: Arc<()>,
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Service<Request<Full<Bytes>>> for Views {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let body = match request.uri().path() {
            path if path.ends_with("/cancel") => "",
            path if path.ends_with("/submissions/") => r#"[{"id":"id-1","submissionState":"running"}]"#,
            _ => r#"{"status":"running","steps":[{"id":"a-step"}]}"#,
        };
        let buffer = Buffer { bytes: body.into(), _counted: self.0.clone() };
        ready(Ok(Response::new(Full::new(Bytes::from_owner(buffer)))))
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_keeps_no_buffer_of_a_connection() {
    let views = Views(Arc::new(()));
    let mut cancellation = cancellation("a", policy());
    let mut driver = Driver::new(views.clone(), TokioTimer::new(), token());
    assert!(timeout(secs(30), driver.drive(&mut cancellation)).await.is_err(), "it waits");
    drop(driver);
    let operation = cancellation.progress().operation.unwrap();
    assert_eq!(operation.details().steps[0].id, "a-step");
    assert_eq!(Arc::strong_count(&views.0), 1, "a buffer lives on");
}
