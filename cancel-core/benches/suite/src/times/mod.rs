//! The measure `times`, behind the feature of that name: a thousand conversations over loopback through each adapter,
//! and the same exchanges by hand with the adapter's HTTP client.
//!
//! The simulated portal has its own process. Every side uses HTTP/1.1, one connection that is kept, and the same
//! requests and headers. Each conversation has a list, a POST and one poll, and they run one after another. The sides
//! take turns in small batches, in changing order. The median of the batches' ratios counts, so that other work on the
//! machine affects all sides alike. Half of the ratios are within the spread that is printed: a difference that is
//! smaller than that says nothing.
//!
//! There are two versions by hand. The floor limits each exchange to 30 s by the client's own means, because a program
//! must not hang for ever. The other has no limit. With a limit ureq starts a thread for each lookup of a name, and
//! without one it starts none.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "times are measured here, which the core must not"
)]

mod hyper;
mod portal;
mod ureq;

use std::ops::Range;
use std::time::{Duration, Instant};

use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Outcome, Policy, PublisherId};
use serde::Deserialize;

pub use self::portal::serve;
use self::portal::{PUBLISHER, Portal, TOKEN, offer};
use crate::table::{Row, Unit};

/// How many conversations each side has.
const MANY: usize = 1_000;
const BATCHES: usize = 100;
const PER_BATCH: usize = MANY / BATCHES;
/// Conversations before the first batch: they open the connections and fill the buffers.
const WARM_UP: usize = 20;

/// How long an exchange may take: the default of ours.
const TIME: Duration = Duration::from_secs(30);

const API_VERSION: &str = "2017-10-31";

/// One side of the comparison.
trait Side {
    fn converse(&mut self, offers: Range<usize>);
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(compared("cancel-ureq", |endpoint| {
        let by_hand = |time| Box::new(ureq::ByHand::new(endpoint, time));
        [Box::new(ureq::Ours::new(endpoint)), by_hand(Some(TIME)), by_hand(None)]
    }));
    rows.extend(compared("cancel-hyper with its client", |endpoint| {
        let client = cancel_hyper::Client::new().expect("compiled-in roots");
        let by_hand = |time| Box::new(hyper::ByHand::new(endpoint, time));
        [Box::new(hyper::Ours::new(client, endpoint)), by_hand(Some(TIME)), by_hand(None)]
    }));
    rows.extend(compared("cancel-hyper over hyper-util's client", |endpoint| {
        let by_hand = |time| Box::new(hyper::ByHand::new(endpoint, time));
        [Box::new(hyper::Ours::new(hyper::Bare::new(), endpoint)), by_hand(Some(TIME)), by_hand(None)]
    }));
    rows
}

/// Ours, by hand with a time limit, by hand without.
type Sides<'a> = [Box<dyn Side + 'a>; 3];

fn compared<'a>(what: &str, sides: impl FnOnce(&str) -> Sides<'a>) -> [Row; 3] {
    let portal = Portal::start(3 * (WARM_UP + MANY));
    let mut sides = sides(portal.endpoint());
    let mut offers = 0;
    let mut timed = |side: &mut dyn Side, many: usize| {
        let start = Instant::now();
        side.converse(offers..offers + many);
        offers += many;
        start.elapsed().as_secs_f64() * 1e6 / many as f64
    };
    for side in &mut sides {
        timed(side.as_mut(), WARM_UP);
    }
    let mut batches = vec![[0.0; 3]; BATCHES];
    for (number, batch) in batches.iter_mut().enumerate() {
        for turn in 0..3 {
            // Each side is first equally often, and follows each other side equally often.
            let side = if number % 2 == 0 { (number + turn) % 3 } else { (number + 3 - turn) % 3 };
            batch[side] = timed(sides[side].as_mut(), PER_BATCH);
        }
    }
    portal.stop();
    let row = |what, unit, figure| Row::new("the adapters", what, unit, figure);
    let time = |side: usize| median(batches.iter().map(|batch| batch[side]));
    let ratios = |other: usize, by: &str| {
        let ratios = sorted(batches.iter().map(|batch| batch[0] / batch[other]));
        let (low, high) = (ratios[BATCHES / 4], ratios[BATCHES * 3 / 4]);
        let what = format!("{what} by {by}: median of {BATCHES} ratios, half of them from {low:.2} to {high:.2}");
        row(what, Unit::Ratio, f64::midpoint(ratios[(BATCHES - 1) / 2], ratios[BATCHES / 2]))
    };
    [
        row(format!("{what}: a conversation"), Unit::Microseconds, time(0))
            .floor(time(1))
            .peer("no time limit", time(2)),
        ratios(1, "the floor"),
        ratios(2, "that without a time limit"),
    ]
}

fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let figures = sorted(figures);
    f64::midpoint(figures[(figures.len() - 1) / 2], figures[figures.len() / 2])
}

fn sorted(figures: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// Ours: the cancellations that the adapters drive.
struct Offers {
    endpoint: Endpoint,
    publisher: PublisherId,
    policy: Policy,
}

impl Offers {
    fn of(endpoint: &str) -> Self {
        Self {
            endpoint: Endpoint::new(endpoint).expect("an endpoint"),
            publisher: PublisherId::new(PUBLISHER).expect("an id"),
            policy: Policy::default().poll_interval(Duration::ZERO).max_poll_interval(Duration::ZERO),
        }
    }

    fn cancellation(&self, number: usize) -> Cancellation {
        let offer = OfferId::new(offer(number)).expect("an id");
        let request = CancelRequest::new(self.publisher.clone(), offer);
        Cancellation::new(self.endpoint.clone(), request, self.policy.clone(), Duration::ZERO)
    }
}

fn token() -> BearerToken {
    BearerToken::new(TOKEN).expect("a token")
}

fn must_be_canceled(outcome: &Outcome) {
    assert_eq!(outcome.as_str(), "canceled");
}

/// By hand: the part of a list that is read.
#[derive(Deserialize)]
struct Submission<'a> {
    id: &'a str,
    #[serde(rename = "submissionState")]
    state: &'a str,
}

/// By hand: the part of an operation that is read.
#[derive(Deserialize)]
struct Operation<'a> {
    status: &'a str,
}

/// By hand: the ids of what is in progress.
fn in_progress(list: &[u8]) -> impl Iterator<Item = &str> {
    let list: Vec<Submission> = serde_json::from_slice(list).expect("a list");
    list.into_iter().filter(|one| !matches!(one.state, "canceled" | "completed" | "failed")).map(|one| one.id)
}

/// By hand: whether a poll returned `canceled`.
fn is_canceled(operation: &[u8]) -> bool {
    serde_json::from_slice::<Operation>(operation).expect("an operation").status == "canceled"
}

/// By hand: the URLs of the list, the POST and a poll.
struct Urls {
    offers: String,
}

impl Urls {
    fn of(endpoint: &str) -> Self {
        Self { offers: format!("{endpoint}/api/publishers/{PUBLISHER}/offers") }
    }

    fn of_offer(&self, number: usize, end: &str) -> String {
        format!("{}/{}/{end}?api-version={API_VERSION}", self.offers, offer(number))
    }
}
