//! What `tracing` gets: a span for each cancellation, an event for each exchange, and no token. In a process of its
//! own, since the interest of one subscriber is cached for all.

#![allow(clippy::unwrap_used, dead_code, reason = "a helper that fails is a test that fails, and not all are used")]

#[path = "async/service.rs"]
mod service;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use cancel_core::testing::portal::{Call, Fault};
use cancel_hyper::Driver;
use hyper_util::rt::TokioTimer;
use tracing::instrument::WithSubscriber;
use tracing::level_filters::LevelFilter;

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

#[tokio::test(start_paused = true)]
async fn each_exchange_is_an_event_with_its_request_id() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let service = Reached::new([offer("one")]);
    let echo = format!("{TOKEN} was sent");
    service.portal().script(Call::List, Fault::status(503).header("x-ms-request-id", &echo).body(&*echo));
    let mut cancellation = cancellation("one", policy());
    let mut driver = Driver::new(service.clone(), TokioTimer::new(), token());
    driver.drive(&mut cancellation).with_subscriber(subscriber).await.unwrap();

    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let events: Vec<_> = text.lines().filter(|line| line.contains("cancel_hyper")).collect();
    assert_eq!(events.len(), service.portal().calls().len(), "{text}");
    for (event, call) in events.iter().zip(service.portal().calls()) {
        assert!(event.contains("cancel{publisher=\"contoso\" offer=\"one\""), "{event}");
        assert!(event.contains(&format!("status={}", call.status.unwrap())), "{event}");
        assert!(event.contains("request_id=\""), "{event}");
    }
    assert!(!text.contains("canary"), "{text}");
}
