//! The measure `in-flight`: the memory of one conversation that waits between two polls, and of a fleet on one thread.
//!
//! The token is shared and does not count; the last body counts. The floor is what code by hand must remember: the URL
//! and the token. The worst case is what a server can make a conversation keep.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a fleet is timed")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem::size_of;
use std::time::{Duration, Instant};

use azure_core::http::Poller;
use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId, Step};
use http::Response;

use crate::conversation::{Floor, MODES, Monitor, Ours, Peer, Waiting};
use crate::counting::counted;
use crate::table::{AZURE_CORE, Row, Unit};

const GROUP: &str = "in flight";
pub const SIZE: &str = "one that waits: its size";
pub const HEAP: &str = "one that waits: its heap, without the last body";
pub const WORST: &str = "one that waits, in the worst case: both";

/// Fleets on one thread.
const FLEETS: [usize; 2] = [10_000, 100_000];

pub fn rows() -> Vec<Row> {
    let sizes = (size_of::<Cancellation>(), size_of::<Waiting>(), size_of::<Poller<Monitor>>());
    let mut rows = vec![row(SIZE, sizes)];
    for (mode, list) in &MODES[..2] {
        for with_body in [false, true] {
            let (ours, floor, peer) = (Ours::new(*list), Floor::new(*list), Peer::new(*list));
            ours.own_bodies(with_body);
            // The first of each allocates what all of them share.
            drop((ours.waiting(), floor.waiting(), peer.waiting()));
            let heap = (held(|| ours.waiting()), held(|| floor.waiting()), held(|| peer.waiting()));
            match (mode, with_body) {
                (&"settled", false) => rows.push(row(HEAP, heap)),
                (_, false) => {}
                (mode, true) => {
                    let all = (sizes.0 + heap.0, sizes.1 + heap.1, sizes.2 + heap.2);
                    rows.push(row(&format!("one that waits, {mode}: both, with the last body of 2 KiB"), all));
                }
            }
        }
    }
    let worst = (sizes.0 + held(worst)) as f64;
    rows.push(Row::new(GROUP, WORST, Unit::Bytes, worst));
    for many in FLEETS {
        let (bytes, microseconds) = fleet(many);
        rows.push(Row::new(GROUP, format!("a fleet of {many} that waits: each"), Unit::Bytes, bytes));
        rows.push(Row::new(
            GROUP,
            format!("a fleet of {many}, verified: each, on one thread"),
            Unit::Microseconds,
            microseconds,
        ));
    }
    rows
}

fn row(what: &str, (ours, floor, peer): (usize, usize, usize)) -> Row {
    let figure = |bytes: usize| bytes as f64;
    Row::new(GROUP, what, Unit::Bytes, figure(ours)).floor(figure(floor)).peer(AZURE_CORE, figure(peer))
}

/// The heap of one.
fn held<T>(make: impl FnOnce() -> T) -> usize {
    let (one, heap) = counted(make);
    drop(one);
    usize::try_from(heap.held).expect("it holds something")
}

/// As many operations as a baseline may have, ids and words as long as they may be, the longest location, an error of
/// the longest texts, and the longest body that is kept.
fn worst() -> Cancellation {
    let long = "x".repeat(300_000);
    let id = |number: usize| format!("{number:0128}");
    let rows: Vec<_> =
        (0..64).map(|number| format!(r#"{{"id":"{}","submissionState":"{long}"}}"#, id(number))).collect();
    let location = format!("/api/publishers/p/offers/o/operations/c?{}", "x".repeat(8000));
    let error = format!(r#"{{"error":{{"code":"{long}","message":"{long}"}}}}"#);
    let running = format!(r#"{{"status":"{}","x":"{}"}}"#, "y".repeat(300), "z".repeat(32_000));
    let response = |status: u16, body: String| {
        let response = Response::builder().status(status).header("x-ms-request-id", &long[..4000]);
        response.header("location", &location).body(body).expect("a response")
    };
    let mut answers = vec![
        response(200, format!("[{}]", rows.join(","))),
        response(202, String::new()),
        response(200, running),
        response(503, error),
    ]
    .into_iter();
    let request = CancelRequest::new(PublisherId::new("p").expect("an id"), OfferId::new("o").expect("an id"));
    let policy = Policy::default().list_limit(usize::MAX);
    let mut now = Duration::ZERO;
    let mut cancellation = Cancellation::new(Endpoint::default(), request, policy, now);
    loop {
        match cancellation.step(now) {
            Step::Authenticate(_) => cancellation.provide_token(token()),
            Step::Send(exchange) => {
                let answer = answers.next().expect("it waits after the last");
                cancellation.handle_response(now, exchange.id, answer).expect("in flight");
            }
            Step::WaitUntil(_) if answers.len() == 0 => return cancellation,
            Step::WaitUntil(when) => now = when,
            step => panic!("{step:?}"),
        }
    }
}

fn token() -> BearerToken {
    BearerToken::new("eyJ0eXAi").expect("a token")
}

/// So many at once in virtual time, each from the list to its end after 60 to 180 s: the heap of each while all wait,
/// and the time of each.
fn fleet(many: usize) -> (f64, f64) {
    let token = token();
    let mut fleet = Vec::with_capacity(many);
    let mut due = BinaryHeap::with_capacity(many);
    let start = Instant::now();
    let ((), heap) = counted(|| {
        for number in 0..many {
            let offer = OfferId::new(format!("offer-{number}")).expect("an id");
            let request = CancelRequest::new(PublisherId::new("contoso").expect("an id"), offer);
            let mut cancellation = Cancellation::new(Endpoint::default(), request, Policy::default(), Duration::ZERO);
            cancellation.provide_token(token.clone());
            let next = advance(&mut cancellation, Duration::ZERO, number, many).expect("it waits");
            fleet.push(cancellation);
            due.push(Reverse((next, number)));
        }
    });
    while let Some(Reverse((now, number))) = due.pop() {
        if let Some(next) = advance(&mut fleet[number], now, number, many) {
            due.push(Reverse((next, number)));
        }
    }
    let time = start.elapsed().as_secs_f64() * 1e6;
    assert!(fleet.iter().all(|one| one.result().is_some_and(Result::is_ok)), "all are canceled");
    (heap.held as f64 / many as f64 + size_of::<Cancellation>() as f64, time / many as f64)
}

/// Until it waits; `None` when it is over.
fn advance(cancellation: &mut Cancellation, now: Duration, number: usize, many: usize) -> Option<Duration> {
    let end = 60.0 + 120.0 * number as f64 / many as f64;
    loop {
        match cancellation.step(now) {
            Step::Send(exchange) => {
                let body = match () {
                    () if exchange.is_post() => "",
                    () if exchange.request.uri().path().ends_with('/') => r#"[{"id":"a","submissionState":"running"}]"#,
                    () if now.as_secs_f64() < end => include_str!("conversation/running.json"),
                    () => include_str!("conversation/canceled.json"),
                };
                cancellation.handle_response(now, exchange.id, Response::new(body)).expect("in flight");
            }
            Step::WaitUntil(when) => return Some(when),
            Step::Done(_) => return None,
            step => panic!("{step:?}"),
        }
    }
}
