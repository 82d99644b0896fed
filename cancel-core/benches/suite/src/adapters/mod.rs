//! Row 4: a thousand conversations over loopback through each adapter, and the same exchanges by hand with the client below.
//!
//! The simulated portal is in a process of its own. Both sides have one connection that is kept, HTTP/1.1, the same
//! requests and headers, and one conversation after another: the list, the POST, and one look. They take turns in small
//! batches, and who begins changes; of the ratios of the batches the median counts, so that what else the machine does falls
//! on both.

mod hyper;
mod portal;
mod ureq;

use std::ops::Range;
use std::time::{Duration, Instant};

use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Outcome, Policy, PublisherId};
use serde::Deserialize;

use self::portal::{PUBLISHER, offer};
pub use self::portal::{Portal, TOKEN, serve};
use crate::table::{Row, Unit};

/// How many conversations a side has, in how many batches.
const MANY: usize = 1_000;
const BATCHES: usize = 100;
const OF_A_BATCH: usize = MANY / BATCHES;
/// Before the first batch: connections are made, and what grows has grown.
const WARM_UP: usize = 20;

const API_VERSION: &str = "2017-10-31";

/// One side: it has the conversations for these offers.
trait Side {
    fn converse(&mut self, offers: Range<usize>);
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let portal = Portal::start(2 * (WARM_UP + MANY));
    let agent = ureq::agent();
    let sides = (ureq::Ours::new(&agent, portal.endpoint()), ureq::ByHand::new(portal.endpoint()));
    rows.extend(compared("cancel-ureq, and ureq by hand", sides));
    portal.stop();

    let portal = Portal::start(2 * (WARM_UP + MANY));
    let client = cancel_hyper::Client::new().expect("it brings its roots along");
    let sides = (hyper::Ours::new(client, portal.endpoint()), hyper::ByHand::new(portal.endpoint()));
    rows.extend(compared("cancel-hyper with its client, and hyper-util by hand", sides));
    portal.stop();

    let portal = Portal::start(2 * (WARM_UP + MANY));
    let sides = (hyper::Ours::new(hyper::Bare::new(), portal.endpoint()), hyper::ByHand::new(portal.endpoint()));
    rows.extend(compared("cancel-hyper over hyper-util, and that by hand", sides));
    portal.stop();
    rows
}

fn compared(what: &str, (mut ours, mut by_hand): (impl Side, impl Side)) -> [Row; 2] {
    let mut offers = 0;
    let mut timed = |side: &mut dyn Side, many: usize| {
        let start = Instant::now();
        side.converse(offers..offers + many);
        offers += many;
        start.elapsed().as_secs_f64() * 1e6 / many as f64
    };
    timed(&mut by_hand, WARM_UP);
    timed(&mut ours, WARM_UP);
    let batches = (0..BATCHES).map(|batch| {
        if batch % 2 == 0 {
            let by_hand = timed(&mut by_hand, OF_A_BATCH);
            (timed(&mut ours, OF_A_BATCH), by_hand)
        } else {
            (timed(&mut ours, OF_A_BATCH), timed(&mut by_hand, OF_A_BATCH))
        }
    });
    let batches: Vec<_> = batches.collect();
    let ratio = median(batches.iter().map(|(ours, by_hand)| ours / by_hand));
    let (ours, by_hand): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
    let row = |what, unit, figure| Row::new("the adapters", what, unit, figure);
    [
        row(format!("{what}: a conversation"), Unit::Microseconds, median(ours)).floor(median(by_hand)),
        row(format!("{what}: median of {BATCHES} ratios"), Unit::Ratio, ratio),
    ]
}

fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    let (low, high) = (figures[(figures.len() - 1) / 2], figures[figures.len() / 2]);
    f64::midpoint(low, high)
}

/// Ours: what both adapters drive.
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

/// By hand: what is read of a list.
#[derive(Deserialize)]
struct Submission<'a> {
    id: &'a str,
    #[serde(rename = "submissionState")]
    state: &'a str,
}

/// By hand: what is read of an operation.
#[derive(Deserialize)]
struct Operation<'a> {
    status: &'a str,
}

/// By hand: what is in progress.
fn in_progress(list: &[u8]) -> impl Iterator<Item = &str> {
    let list: Vec<Submission> = serde_json::from_slice(list).expect("a list");
    list.into_iter().filter(|one| !matches!(one.state, "canceled" | "completed" | "failed")).map(|one| one.id)
}

/// By hand: whether a look says that it is canceled.
fn is_canceled(operation: &[u8]) -> bool {
    serde_json::from_slice::<Operation>(operation).expect("an operation").status == "canceled"
}

/// By hand: where the list, the POST and a look go.
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
