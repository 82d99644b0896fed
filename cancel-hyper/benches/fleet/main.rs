//! Ten thousand cancellations in progress on one thread, against the simulated portal in its own process.
//!
//!     cargo bench -p cancel-hyper --bench fleet --features client,testing
//!
//! It prints three tables: the heap of a waiting cancellation; the results of ten thousand at once, none of which may
//! fail; and the speed of a fleet, compared with the same exchanges by hand with hyper-util's client. Both sides have
//! one thread, one HTTP/2 connection, the same requests, and the same concurrency.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark may panic when it fails"
)]

mod by_hand;
mod portal;

use std::alloc::System;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId};
use cancel_hyper::{Driver, cancel_many};
use futures_util::StreamExt;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tower_service::Service;

use crate::portal::{PUBLISHER, Portal, TOKEN, offer};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The size of a fleet.
const MANY: usize = 10_000;
/// How many are in progress at a time when speed is measured.
const CONCURRENT: usize = 100;
/// How many cancellations each side drives in a round.
const PER_ROUND: usize = 2000;
const ROUNDS: usize = 15;

/// hyper-util's client, with HTTP/2 from the start. Clones share it, as those of [`cancel_hyper::Client`] do.
#[derive(Clone)]
struct Pooled(Arc<legacy::Client<HttpConnector, Full<Bytes>>>);

impl Service<Request<Full<Bytes>>> for Pooled {
    type Response = Response<Incoming>;
    type Error = legacy::Error;
    type Future = legacy::ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        self.0.request(request)
    }
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some(portal::SERVE) {
        portal::serve_until_stdin_closes();
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        memory().await;
        ten_thousand().await;
        speed().await;
    });
}

fn client() -> Pooled {
    Pooled(Arc::new(legacy::Client::builder(TokioExecutor::new()).http2_only(true).build_http()))
}

fn driver(client: Pooled) -> Driver<Pooled, TokioTimer, BearerToken> {
    Driver::new(client, TokioTimer::new(), BearerToken::new(TOKEN).unwrap())
}

fn cancellations(endpoint: &Endpoint, policy: &Policy, count: usize) -> impl Iterator<Item = Cancellation> + use<> {
    let (endpoint, policy) = (endpoint.clone(), policy.clone());
    let publisher = PublisherId::new(PUBLISHER).unwrap();
    (0..count).map(move |number| {
        let request = CancelRequest::new(publisher.clone(), OfferId::new(offer(number)).unwrap());
        Cancellation::new(endpoint.clone(), request, policy.clone(), Duration::ZERO)
    })
}

/// The heap of cancellations that have posted and wait for their first poll.
async fn memory() {
    println!("\n| {MANY} that wait | bytes each |\n|---|---:|");
    println!("| `size_of::<Cancellation>()`, without its heap | {} |", size_of::<Cancellation>());
    let portal = Portal::start(MANY, 1);
    let patient = Policy::default().poll_interval(Duration::from_secs(600)).jitter_percent(0);
    for (name, in_tasks) in [("in `cancel_many`", false), ("a tokio task each", true)] {
        let client = client();
        // A first round opens the connection and lets it grow, so that it does not count below.
        cancel_many(
            driver(client.clone()),
            cancellations(&portal.endpoint(), &Policy::default().dry_run(true), MANY),
            MANY,
        )
        .collect::<Vec<_>>()
        .await;
        let region = Region::new(ALLOCATOR);
        if in_tasks {
            let driver = driver(client);
            for mut cancellation in cancellations(&portal.endpoint(), &patient, MANY) {
                let mut driver = driver.clone();
                tokio::spawn(async move { driver.drive(&mut cancellation).await });
            }
            tokio::time::sleep(Duration::from_secs(20)).await;
            report_memory(name, &region);
        } else {
            let fleet = cancel_many(driver(client), cancellations(&portal.endpoint(), &patient, MANY), MANY);
            let mut fleet = std::pin::pin!(fleet);
            let until = tokio::time::timeout(Duration::from_secs(20), fleet.next()).await;
            assert!(until.is_err(), "{until:?}");
            report_memory(name, &region);
        }
    }
}

fn report_memory(name: &str, region: &Region<'_, System>) {
    let change = region.change();
    let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    println!("| {name}: machine, future and timer | {} |", held / MANY);
}

/// All of them at once, from the list to the outcome.
async fn ten_thousand() {
    let portal = Portal::start(MANY, 30);
    let policy = Policy::default().deadline(Duration::from_secs(600));
    let start = Instant::now();
    let ended: Vec<_> =
        cancel_many(driver(client()), cancellations(&portal.endpoint(), &policy, MANY), MANY).collect().await;
    let polls: u32 = ended.iter().map(|ended| ended.cancellation.progress().polls).sum();
    let canceled =
        ended.iter().filter(|ended| ended.result.as_ref().is_ok_and(|outcome| outcome.as_str() == "canceled"));
    println!("\n| {MANY} at once | |\n|---|---:|");
    println!("| canceled, and verified | {} |", canceled.count());
    println!("| polls | {polls} |\n| seconds | {:.1} |", start.elapsed().as_secs_f64());
}

/// The same exchanges by hand and by a fleet, in turn.
async fn speed() {
    let eager = Policy::default().poll_interval(Duration::ZERO).max_poll_interval(Duration::ZERO);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let portal = Portal::start(PER_ROUND, 0);
        let by_hand = client();
        by_hand::warm_up(&by_hand, &portal.endpoint()).await;
        let start = Instant::now();
        by_hand::cancel_many(&by_hand, &portal.endpoint(), PER_ROUND, CONCURRENT).await;
        theirs.push(start.elapsed());

        let portal = Portal::start(PER_ROUND, 0);
        let fleet = client();
        by_hand::warm_up(&fleet, &portal.endpoint()).await;
        let start = Instant::now();
        let fleet = cancel_many(driver(fleet), cancellations(&portal.endpoint(), &eager, PER_ROUND), CONCURRENT);
        let canceled = fleet.filter(|ended| std::future::ready(ended.result.is_ok())).count().await;
        ours.push(start.elapsed());
        assert_eq!(canceled, PER_ROUND);
    }
    let ratios = sorted(ours.iter().zip(&theirs).map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()));
    let exchanges = PER_ROUND * portal::EXCHANGES;
    let per_second =
        |times: &[Duration]| exchanges as f64 / sorted(times.iter().map(Duration::as_secs_f64))[ROUNDS / 2];
    println!("\n| {exchanges} exchanges, {CONCURRENT} at a time | exchanges per second |\n|---|---:|");
    println!("| `cancel_many` | {:.0} |\n| by hand with hyper-util | {:.0} |", per_second(&ours), per_second(&theirs));
    let [low, ratio, high] = [ROUNDS / 4, ROUNDS / 2, ROUNDS * 3 / 4].map(|place| ratios[place]);
    println!("| time of ours : time by hand, median of {ROUNDS} rounds | {ratio:.2} |");
    println!("| half of these ratios are from | {low:.2} to {high:.2} |");
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
