//! What `tracing` gets: a span for each cancellation, an event for each exchange, and no token. In a process of its
//! own, since the interest of one subscriber is cached for all.

#![allow(clippy::unwrap_used, dead_code, reason = "a helper that fails is a test that fails, and not all are used")]

#[path = "async/service.rs"]
mod service;

use std::future::ready;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cancel_core::Policy;
use cancel_core::testing::portal::{Call, Fault};
use cancel_hyper::{BoxError, Driver, NotSent};
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::TokioTimer;
use tower_service::Service;
use tracing::instrument::WithSubscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::service::{Reached, TOKEN, cancellation, offer, policy, token};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Drives a cancellation over this service, and returns the lines about it. The last is written when the span ends.
async fn traced<S>(service: S, policy: Policy) -> Vec<String>
where
    S: Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>, Error: Into<BoxError>>,
{
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let mut cancellation = cancellation("one", policy);
    let mut driver = Driver::new(service, TokioTimer::new(), token());
    let _ = driver.drive(&mut cancellation).with_subscriber(subscriber).await;
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("canary"), "{text}");
    text.lines().filter(|line| line.contains("cancel_hyper")).map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn each_exchange_is_an_event_with_its_request_id() {
    let service = Reached::new([offer("one")]);
    let echo = format!("{TOKEN} was sent");
    service.portal().script(Call::List, Fault::status(503).header("x-ms-request-id", &echo).body(&*echo));
    let mut events = traced(service.clone(), policy()).await;
    let end = events.pop().unwrap();
    assert!(end.contains(r#"outcome="canceled" posted="yes""#), "{end}");
    assert_eq!(events.len(), service.portal().calls().len(), "{events:?}");
    for (event, call) in events.iter().zip(service.portal().calls()) {
        assert!(event.contains("cancel{publisher=\"contoso\" offer=\"one\""), "{event}");
        assert!(event.contains(&format!("status={}", call.status.unwrap())), "{event}");
        assert!(event.contains("request_id=\""), "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_fails_is_a_warning_and_the_span_has_the_error() {
    let service = tower::service_fn(|_| ready(Err(NotSent::new("the cable is cut"))));
    let events = traced(service, policy().attempts(1)).await;
    let [event, end] = events.try_into().unwrap();
    let what = r#"not answered exchange=#1 phase="listing" not_sent=true why="not sent: the cable is cut""#;
    assert!(event.contains("WARN") && event.contains(what), "{event}");
    assert!(end.contains(r#"outcome="transport" posted="no""#), "{end}");
}
