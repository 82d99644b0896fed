//! The measure `bodies`: what a byte of a hostile answer costs the machine, the redaction of the token included, and
//! that twice as many bytes cost twice as much. The inputs are the worst that were found.
//!
//! The floor is the least that can be done with a body: to check that it is JSON.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use cancel_core::{
    BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Operation, Policy, PublisherId, Step, Until,
};
use http::Response;
use serde::de::IgnoredAny;

use crate::callgrind::collected;
use crate::table::{Row, Unit};

pub const WORST: &str = "worst of all";
pub const GROWTH: &str = "growth: a byte above 32 KiB by a byte below (worst of all)";

const KIB: usize = 1024;
const SIZES: [usize; 3] = [4 * KIB, 32 * KIB, 128 * KIB];
const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2Nsb3VkcGFydG5lciJ9.c2ln";

/// Who takes a body: a name, the start and the end of the body, and the call.
type Reader = (&'static str, &'static str, &'static str, fn(Bytes));

const READERS: [Reader; 6] = [
    ("a poll", r#"{"status":"running","steps":["#, "]}", |body| converse(Until::Settled, [ACCEPTED, Said(200, body)])),
    ("a status", r#"{"status":""#, r#""}"#, |body| converse(Until::Settled, [ACCEPTED, Said(200, body)])),
    ("the list", "[", "]", |body| converse(Until::Verified, [Said(200, body)])),
    ("a location in a body", r#"{"location":"/api/operations/a$b$2$preview","x":["#, "]}", |body| {
        converse(Until::Settled, [Said(202, body)]);
    }),
    ("an error", r#"{"error":{"code":"a","message":"b","details":["#, "]}}", |body| {
        converse(Until::Settled, [Said(400, body)]);
    }),
    ("the codec: details", r#"{"status":"running","steps":["#, "]}", |body| {
        black_box(Operation::from_http(&Response::new(body)).expect("an operation").details());
    }),
];

/// What fills a body: a name, whom it is for, and the element that is repeated, with its number.
type Filling = (&'static str, For, fn(usize) -> String);

#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// An array of anything.
    Values,
    /// A list of submissions.
    Rows,
    /// The inside of a text.
    Text,
}

const FILLINGS: [Filling; 13] = [
    ("flat", For::Values, |_| r#"{"id":"live","status":"notStarted","progressPercentage":7}"#.to_owned()),
    ("nested", For::Values, |_| format!("{}7{}", r#"{"a":["#.repeat(25), "]}".repeat(25))),
    ("numbers", For::Values, |_| "7".to_owned()),
    ("escapes", For::Values, |_| {
        r#"{"id":"\u006cive","status":"not\/started","x":"\"\\\n\u00e4\ud83d\ude00"}"#.to_owned()
    }),
    ("backslashes", For::Values, |_| format!(r#""{}""#, r"\\".repeat(500))),
    ("beginnings of the token", For::Values, |_| format!(r#""{}""#, TOKEN.split_at(31).0)),
    ("the token", For::Values, |_| format!(r#""{TOKEN}""#)),
    ("rows that have ended", For::Rows, |number| row(number, "completed", "")),
    ("rows in progress, of one id", For::Rows, |_| row(0, "running", "")),
    ("rows in progress, of 64 ids", For::Rows, |number| row(number % 64, "running", "")),
    ("rows in progress, each another", For::Rows, |number| row(number, "running", "")),
    ("definitions", For::Rows, |number| row(number, "completed", r#","definition":{"a":[{"b":"c","d":[1,2,3]}]}"#)),
    ("a text", For::Text, |_| "\\u00e4\\\\x".to_owned()),
];

fn row(number: usize, state: &str, rest: &str) -> String {
    format!(r#"{{"id":"{number}","submissionState":"{state}"{rest}}}"#)
}

fn takes(reader: &str) -> For {
    match reader {
        "the list" => For::Rows,
        "a status" => For::Text,
        _ => For::Values,
    }
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut steepest, mut most) = (1.0_f64, 0.0_f64);
    for (reader, ..) in READERS {
        let fitting = FILLINGS.iter().filter(|(_, fits, _)| *fits == takes(reader));
        let costs = fitting.map(|(filling, ..)| {
            let costs = SIZES.map(|size| cost(reader, filling, size));
            steepest = steepest.max(slope(&costs, 1, 2) / slope(&costs, 0, 1));
            (filling, slope(&costs, 0, 2))
        });
        let worst = costs.max_by(|one, other| one.1.total_cmp(&other.1));
        let (filling, ours) = worst.expect("there are fillings");
        let floor = [SIZES[0], SIZES[2]].map(|size| cost(&format!("floor of {reader}"), filling, size));
        let floor = slope(&floor, 0, 1);
        most = most.max(ours);
        let what = format!("{reader} (worst: {filling})");
        rows.push(Row::new("hostile bodies", what, Unit::InstructionsPerByte, ours).floor(floor));
    }
    rows.push(Row::new("hostile bodies", WORST, Unit::InstructionsPerByte, most));
    rows.push(Row::new("hostile bodies", GROWTH, Unit::Ratio, steepest));
    rows
}

/// The length of a body, and the instructions of one reading.
type Cost = (usize, u64);

fn cost(reader: &str, filling: &str, size: usize) -> Cost {
    let task = ["read", reader, filling, &size.to_string()];
    // Without a reading there is what the process costs, and the making of the body.
    let instructions = collected(&task, 1) - collected(&task, 0);
    (body(reader.trim_start_matches("floor of "), filling, size).len(), instructions)
}

/// The instructions per byte between two sizes.
fn slope(costs: &[Cost], from: usize, to: usize) -> f64 {
    (costs[to].1 as f64 - costs[from].1 as f64) / (costs[to].0 - costs[from].0) as f64
}

/// The task that [`callgrind`](crate::callgrind) counts.
pub fn read(reader: &str, filling: &str, size: usize, runs: u64) {
    let floor = reader.strip_prefix("floor of ");
    let reader = floor.unwrap_or(reader);
    let body = body(reader, filling, size);
    let &(.., read) = READERS.iter().find(|(name, ..)| *name == reader).expect("a reader");
    for _ in 0..runs {
        match floor {
            Some(_) => drop(black_box(serde_json::from_slice::<IgnoredAny>(&body).expect("JSON"))),
            None => read(body.clone()),
        }
    }
}

/// A body of nearly this size, and never longer.
fn body(reader: &str, filling: &str, size: usize) -> Bytes {
    let (_, begin, end, _) = READERS.iter().find(|(name, ..)| *name == reader).expect("a reader");
    let (_, fits, element) = FILLINGS.iter().find(|(name, ..)| *name == filling).expect("a filling");
    let between = if *fits == For::Text { "" } else { "," };
    let mut body = (*begin).to_owned();
    for number in 0.. {
        let element = element(number);
        if body.len() + between.len() + element.len() + end.len() > size {
            break;
        }
        if number > 0 {
            body += between;
        }
        body += &element;
    }
    (body + end).into()
}

/// A status and a body.
struct Said(u16, Bytes);

const ACCEPTED: Said = Said(202, Bytes::from_static(br#""/api/operations/1""#));

/// A conversation that gets these answers, and is left then.
fn converse<const N: usize>(until: Until, answers: [Said; N]) {
    let ids = (PublisherId::new("contoso").expect("an id"), OfferId::new("offer").expect("an id"));
    let policy = Policy::default().until(until);
    let mut cancellation =
        Cancellation::new(Endpoint::default(), CancelRequest::new(ids.0, ids.1), policy, Duration::ZERO);
    let mut now = Duration::ZERO;
    let mut answers = answers.into_iter();
    loop {
        match cancellation.step(now) {
            Step::Authenticate(_) => cancellation.provide_token(BearerToken::new(TOKEN).expect("a token")),
            Step::Send(exchange) => {
                let Some(Said(status, body)) = answers.next() else { return };
                let response = Response::builder().status(status).body(body).expect("a response");
                cancellation.handle_response(now, exchange.id, response).expect("in flight");
            }
            Step::WaitUntil(when) => now = when,
            Step::Await { .. } => unreachable!("every exchange is answered at once"),
            Step::Done(_) => return,
        }
        black_box(&cancellation);
    }
}
