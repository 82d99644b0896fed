//! Jobs a second: by a fleet in one process, without a database, and by one worker and four. A person judges the
//! figures.
//!
//! ```sh
//! FSYNC=on ./with_postgres cargo test --release -- --ignored --nocapture
//! ```
//!
//! A cancel takes effect at once, so that what is measured is the work and not the wait.

use std::time::{Duration, Instant};

use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId};
use cancel_hyper::{Client, Driver, cancel_many};
use futures_util::StreamExt;
use hyper_util::rt::TokioTimer;

use crate::AT_ONCE;
use crate::stage::{Result, Stage, TOKEN};

const JOBS: usize = 500;
const ROUNDS: usize = 7;
/// How many jobs a fleet or a worker has in progress at a time.
const CONCURRENT: u16 = 100;

#[tokio::test]
#[ignore = "it measures"]
async fn jobs_a_second() -> Result<()> {
    let mut fleet = Vec::new();
    let [mut one, mut four] = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        fleet.push(by_fleet(&Stage::new(&format!("fleet_{round}"), &[AT_ONCE; JOBS]).await?).await?);
        for (rates, workers) in [(&mut one, 1), (&mut four, 4)] {
            let stage = Stage::new(&format!("workers_{workers}_{round}"), &[AT_ONCE; JOBS]).await?;
            rates.push(by_workers(&stage, workers).await?);
        }
    }
    println!("jobs a second: the median of {ROUNDS} rounds of {JOBS} jobs, and the spread");
    for (who, mut rates) in [("a fleet, no database", fleet), ("one worker", one), ("four workers", four)] {
        rates.sort_by(f64::total_cmp);
        println!("{who}: {:.0} ({:.0} to {:.0})", rates[ROUNDS / 2], rates[0], rates[ROUNDS - 1]);
    }
    Ok(())
}

async fn by_workers(stage: &Stage, workers: usize) -> Result<f64> {
    stage.add_jobs()?;
    let start = Instant::now();
    let _crew = (0..workers).map(|_| stage.hire_for("60s", CONCURRENT)).collect::<Result<Vec<_>>>()?;
    while stage.count("ended IS NULL").await? > 0 {
        stage.pause(Duration::from_millis(10), "the queue becomes empty").await;
    }
    let rate = rate_since(start);
    assert_eq!(stage.count("ended = 'canceled'").await?, i64::try_from(JOBS)?);
    Ok(rate)
}

async fn by_fleet(stage: &Stage) -> Result<f64> {
    let start = Instant::now();
    let endpoint = Endpoint::new(stage.served.endpoint())?;
    let policy = Policy::default().poll_interval(Duration::from_millis(20));
    let cancellations = stage.offers.iter().map(|offer| {
        let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new(offer)?);
        Ok(Cancellation::new(endpoint.clone(), request, policy.clone(), Duration::ZERO))
    });
    let cancellations = cancellations.collect::<Result<Vec<_>>>()?;
    let driver = Driver::new(Client::new()?, TokioTimer::new(), BearerToken::new(TOKEN)?);
    let mut fleet = cancel_many(driver, cancellations, CONCURRENT.into());
    while let Some(ended) = fleet.next().await {
        assert_eq!(ended.result?.as_str(), "canceled");
    }
    Ok(rate_since(start))
}

#[expect(clippy::cast_precision_loss, reason = "hundreds")]
fn rate_since(start: Instant) -> f64 {
    JOBS as f64 / start.elapsed().as_secs_f64()
}
