//! The measure `knowing`: how soon the end is known, in virtual time, and how many polls that takes.
//!
//! The peers have fixed waits (the Azure SDKs poll every 30 s, a public client every 5 s), or waits that start at 1 s
//! and grow by half: up to 30 s, or up to 10 s. With the last one an end after one to three minutes is known about as
//! early as with ours.
//!
//! Ours is the machine itself with its default schedule, one conversation per offer. The peers are only their waits.
//! Exchanges take no time, the service asks for no waits, and the POST does not count. The growing waits have the same
//! jitter as ours (up to 20 % of each wait). The fixed ones have none, as in the programs that use them.

use std::time::Duration;

use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId, Step, Until};
use http::Response;

use crate::table::{Row, Unit};

/// How many cancels per range. Their ends are evenly spread.
const MANY: u32 = 10_000;

/// Ranges of seconds after which cancels take effect.
const RANGES: [(&str, f64, f64); 3] =
    [("60 to 180 s", 60.0, 180.0), ("1 to 20 s", 1.0, 20.0), ("5 to 60 min", 300.0, 3600.0)];

/// A column of the summary: its name, its unit, and the figure.
type Figure = (&'static str, Unit, fn(&Summary) -> f64);
/// The seconds of each wait, by its number.
type Schedule = fn(u32) -> f64;

/// Their names, whether they have jitter, and their waits.
const PEERS: [(&str, bool, Schedule); 4] = [
    ("every 30 s", false, |_| 30.0),
    ("every 5 s", false, |_| 5.0),
    ("× 1.5 to 30 s", true, |number| growing(number, 30.0)),
    ("× 1.5 to 10 s", true, |number| growing(number, 10.0)),
];

fn growing(number: u32, most: f64) -> f64 {
    1.5_f64.powi(number.min(100).cast_signed()).min(most)
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, first, last) in RANGES {
        let ends = (0..MANY).map(|index| first + (last - first) * (f64::from(index) + 0.5) / f64::from(MANY));
        let ours = Summary::of(ends.clone().enumerate().map(|(index, end)| known_by_machine(index, end)));
        let peers = PEERS.map(|(peer, jitter, schedule)| {
            let known = ends.clone().enumerate();
            (peer, Summary::of(known.map(|(index, end)| known_by_waits(index, end, jitter, schedule))))
        });
        let figures: [Figure; 3] = [
            ("mean delay", Unit::Seconds, |summary| summary.mean),
            ("95 % within", Unit::Seconds, |summary| summary.most),
            ("polls", Unit::Polls, |summary| summary.polls),
        ];
        for (what, unit, figure) in figures {
            let row = Row::new("how soon it knows", format!("ends after {name}, {what}"), unit, figure(&ours));
            rows.push(peers.iter().fold(row, |row, (peer, summary)| row.peer(peer, figure(summary))));
        }
    }
    rows
}

/// How many seconds after the end it was known, and after how many polls.
type Known = (f64, u32);

struct Summary {
    mean: f64,
    most: f64,
    polls: f64,
}

impl Summary {
    fn of(known: impl Iterator<Item = Known>) -> Self {
        let (mut delays, polls): (Vec<f64>, Vec<u32>) = known.unzip();
        delays.sort_by(f64::total_cmp);
        let count = delays.len() as f64;
        Self {
            mean: delays.iter().sum::<f64>() / count,
            most: delays[delays.len() * 95 / 100 - 1],
            polls: f64::from(polls.iter().sum::<u32>()) / count,
        }
    }
}

fn known_by_machine(index: usize, end: f64) -> Known {
    let endpoint = Endpoint::default();
    let offer = OfferId::new(format!("offer-{index}")).expect("an id");
    let request = CancelRequest::new(PublisherId::new("contoso").expect("an id"), offer);
    let policy = Policy::default().until(Until::Settled).deadline(Duration::from_secs(3 * 3600));
    let mut now = Duration::ZERO;
    let mut cancellation = Cancellation::new(endpoint, request, policy, now);
    loop {
        match cancellation.step(now) {
            Step::Authenticate(_) => cancellation.provide_token(BearerToken::new("eyJ0eXAi").expect("a token")),
            Step::Send(exchange) => {
                let response = match () {
                    () if exchange.is_post() => {
                        Response::builder().status(202).header("location", "/api/operations/1").body("")
                    }
                    () if now.as_secs_f64() < end => Response::builder().body(r#"{"status":"running"}"#),
                    () => Response::builder().body(r#"{"status":"canceled"}"#),
                };
                cancellation.handle_response(now, exchange.id, response.expect("a response")).expect("in flight");
            }
            Step::WaitUntil(when) => now = when,
            Step::Await { .. } => unreachable!("every exchange is answered at once"),
            Step::Done(result) => {
                assert!(result.is_ok(), "{result:?}");
                return (now.as_secs_f64() - end, cancellation.progress().polls);
            }
        }
    }
}

fn known_by_waits(index: usize, end: f64, jitter: bool, schedule: Schedule) -> Known {
    let mut now = 0.0;
    for poll in 0.. {
        let longer = if jitter { 1.0 + 0.2 * chance(index as u64, u64::from(poll)) } else { 1.0 };
        now += schedule(poll) * longer;
        if now >= end {
            return (now - end, poll + 1);
        }
    }
    unreachable!("waits come to an end")
}

/// SplitMix64, from 0 to 1.
fn chance(index: u64, poll: u64) -> f64 {
    let mut z = (index << 32 | poll).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
