//! The measure `bodies`: the cost of the parsers for bodies from 1 KiB to 1 MiB that are flat, nested, or full of
//! escapes.
//!
//! The floor is the least that can be done with a body: to check that it is JSON.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use cancel_core::{
    Answer, BearerToken, CancelRequest, CancelResponse, Cancellation, Endpoint, OfferId, Operation, OperationList,
    Policy, PublisherId, Step, Until,
};
use http::{Response, Uri};
use serde::de::IgnoredAny;

use crate::callgrind::instructions;
use crate::table::{Row, Unit};

const KIB: usize = 1024;
const SIZES: [usize; 3] = [KIB, 32 * KIB, 1024 * KIB];

/// A parser: its name, the start and the end of its body, and the call.
type Parser = (&'static str, &'static str, &'static str, fn(Bytes));

const PARSERS: [Parser; 6] = [
    ("operation", r#"{"status":"running","steps":["#, "]}", |body| {
        black_box(Operation::from_http(&Response::new(body)).expect("an operation"));
    }),
    ("operation with details", r#"{"status":"running","steps":["#, "]}", |body| {
        black_box(Operation::from_http(&Response::new(body)).expect("an operation").details());
    }),
    ("list", r#"[{"id":"a","submissionState":"running","definition":["#, "]}]", |body| {
        black_box(OperationList::from_http(&Response::new(body)).expect("a list"));
    }),
    ("location in a body", r#"{"location":"/api/operations/a$b$2$preview","x":["#, "]}", |body| {
        let called = Uri::from_static("https://cloudpartner.azure.com/api");
        let response = Response::builder().status(202).body(body).expect("a response");
        black_box(CancelResponse::from_http(&Endpoint::default(), &called, &response).expect("a location"));
    }),
    ("error", r#"{"error":{"code":"a","message":"b","details":["#, "]}}", |body| {
        black_box(Answer::from_http(&Response::new(body)));
    }),
    ("poll of the machine", r#"{"status":"canceled","steps":["#, "]}", poll),
];

/// The rest of a body: a name, and the element that is repeated.
type Shape = (&'static str, fn() -> String);

const SHAPES: [Shape; 3] = [
    ("flat", || r#"{"id":"live","status":"notStarted","progressPercentage":7}"#.to_owned()),
    ("nested", || format!("{}7{}", r#"{"a":["#.repeat(50), "]}".repeat(50))),
    ("escaped", || r#"{"id":"\u006cive","status":"not\/started","description":"\"\\\n\u00e4\ud83d\ude00"}"#.to_owned()),
];

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut steepest = 1.0_f64;
    for (parser, ..) in PARSERS {
        let shapes = SHAPES.map(|(shape, _)| {
            let ours = SIZES.map(|size| cost(parser, shape, size));
            let floor = SIZES.map(|size| cost(&format!("floor of {parser}"), shape, size));
            steepest = steepest.max(slope(&ours, 1, 2) / slope(&ours, 0, 1));
            (shape, slope(&ours, 0, 2), slope(&floor, 0, 2))
        });
        let worst = shapes.into_iter().max_by(|one, other| (one.1 / one.2).total_cmp(&(other.1 / other.2)));
        let (shape, ours, floor) = worst.expect("there are shapes");
        let what = format!("{parser} (worst: {shape})");
        rows.push(Row::new("hostile bodies", what, Unit::InstructionsPerByte, ours).floor(floor));
    }
    let what = "growth: a byte above 32 KiB by a byte below (worst of all)";
    rows.push(Row::new("hostile bodies", what, Unit::Ratio, steepest));
    rows
}

/// The length of a body, and the instructions of one parse.
type Cost = (usize, u64);

fn cost(parser: &str, shape: &str, size: usize) -> Cost {
    let length = body(parser.trim_start_matches("floor of "), shape, size).len();
    (length, instructions(&["parse", parser, shape, &size.to_string()], 1))
}

/// The instructions per byte between two sizes.
fn slope(costs: &[Cost], from: usize, to: usize) -> f64 {
    (costs[to].1 - costs[from].1) as f64 / (costs[to].0 - costs[from].0) as f64
}

/// The task that [`callgrind`](crate::callgrind) counts.
pub fn parse(parser: &str, shape: &str, size: usize, runs: u64) {
    let floor = parser.strip_prefix("floor of ");
    let parser = floor.unwrap_or(parser);
    let body = body(parser, shape, size);
    let &(.., parse) = PARSERS.iter().find(|(name, ..)| *name == parser).expect("a parser");
    for _ in 0..runs {
        match floor {
            Some(_) => drop(black_box(serde_json::from_slice::<IgnoredAny>(&body).expect("JSON"))),
            None => parse(body.clone()),
        }
    }
}

/// A body of nearly this size, and never longer.
fn body(parser: &str, shape: &str, size: usize) -> Bytes {
    let (_, begin, end, _) = PARSERS.iter().find(|(name, ..)| *name == parser).expect("a parser");
    let (_, element) = SHAPES.iter().find(|(name, _)| *name == shape).expect("a shape");
    let element = element();
    let many = (size - begin.len() - end.len()) / (element.len() + 1);
    format!("{begin}{}{end}", vec![element; many].join(",")).into()
}

/// A whole poll, in which the token is redacted too.
fn poll(body: Bytes) {
    let request =
        CancelRequest::new(PublisherId::new("contoso").expect("an id"), OfferId::new("offer").expect("an id"));
    let policy = Policy::default().until(Until::Settled).body_limit(usize::MAX);
    let mut cancellation = Cancellation::new(Endpoint::default(), request, policy, Duration::ZERO);
    let mut now = Duration::ZERO;
    let accepted = Response::builder().status(202).header("location", "/api/operations/1").body(Bytes::new());
    let mut answers = [accepted.expect("a response"), Response::new(body)].into_iter();
    loop {
        match cancellation.step(now) {
            Step::Authenticate(_) => cancellation.provide_token(BearerToken::new("eyJ0eXAiOiJKV1Qi").expect("a token")),
            Step::Send(exchange) => {
                let answer = answers.next().expect("two exchanges");
                cancellation.handle_response(now, exchange.id, answer).expect("in flight");
            }
            Step::WaitUntil(when) => now = when,
            Step::Await { .. } => unreachable!("every exchange is answered at once"),
            Step::Done(result) => return assert!(result.is_ok(), "{result:?}"),
        }
    }
}
