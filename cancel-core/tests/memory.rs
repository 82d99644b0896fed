//! The memory that a server can make a conversation take: what it keeps while it waits, and what it takes to read an
//! answer. The server does its worst. An allocator counts the bytes of the thread.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

use std::time::Duration;

use allocation_counter::measure;
use cancel_core::{
    BearerToken, CancelRequest, Cancellation, Endpoint, Exchange, Failure, OfferId, Operation, Policy, PublisherId,
    Step,
};
use http::{HeaderValue, Response};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// The most that a conversation keeps while it waits, in bytes: whatever the server sends, and how often.
const KEPT: i64 = 172 * 1024;
/// The same while an exchange is in flight.
const IN_FLIGHT: i64 = 200 * 1024;
/// The most that each token that was rejected adds: it is still redacted.
const KEPT_BY_TOKEN: i64 = 9 * 1024;
/// The most that it takes to read an answer beside the answer, as a multiple of its length.
const READING: u64 = 7;

type Answer = Result<Response<String>, Failure>;

/// A run against a server that answers an exchange after so many polls.
struct Run<S> {
    cancellation: Cancellation,
    server: S,
    now: Duration,
    polls: usize,
    tokens: usize,
    /// What it keeps.
    kept: i64,
    /// The most that it took to read an answer, beside the answer.
    peak: u64,
}

impl<S: Fn(&Exchange, usize) -> Answer> Run<S> {
    fn new(server: S) -> Self {
        let mut cancellation = None;
        let made = measure(|| {
            let request = CancelRequest::new(PublisherId::new("p").unwrap(), OfferId::new("o").unwrap());
            let policy = Policy::default().deadline(Duration::from_secs(24 * 3600));
            cancellation = Some(Cancellation::new(Endpoint::default(), request, policy, Duration::ZERO));
        });
        let (cancellation, kept) = (cancellation.unwrap(), made.bytes_current);
        Self { cancellation, server, now: Duration::ZERO, polls: 0, tokens: 0, kept, peak: 0 }
    }

    /// Until it waits after so many polls, or is over.
    fn polled(mut self, polls: usize) -> Self {
        while self.cancellation.result().is_none() && (self.polls < polls || self.now.is_zero()) {
            self.kept += measure(|| drop(self.exchange(|_, _| false))).bytes_current;
        }
        self
    }

    /// What it keeps while this exchange is in flight. It may wait before.
    fn in_flight(mut self, is_it: fn(&Exchange, usize) -> bool) -> i64 {
        let mut sent = None;
        while sent.is_none() {
            assert!(self.cancellation.result().is_none(), "it ends without it");
            self.kept += measure(|| sent = self.exchange(is_it)).bytes_current;
        }
        self.kept
    }

    /// Until it waits, or is over, or is to send such an exchange.
    fn exchange(&mut self, stops: impl Fn(&Exchange, usize) -> bool) -> Option<Exchange> {
        loop {
            match self.cancellation.step(self.now) {
                Step::Authenticate(_) => {
                    self.tokens += 1;
                    self.cancellation.provide_token(token(self.tokens));
                }
                Step::Send(exchange) if stops(&exchange, self.polls) => return Some(exchange),
                Step::Send(exchange) => {
                    let answer = (self.server)(&exchange, self.polls);
                    self.polls += usize::from(is_poll(&exchange));
                    self.answered(exchange, answer);
                }
                Step::WaitUntil(when) if when > self.now => {
                    self.now = when;
                    return None;
                }
                Step::Done(_) => return None,
                step => panic!("{step:?}"),
            }
        }
    }

    fn answered(&mut self, exchange: Exchange, answer: Answer) {
        let id = exchange.id;
        drop(exchange);
        let read = measure(|| {
            let completed = match answer {
                Ok(answer) => self.cancellation.handle_response(self.now, id, answer),
                Err(failure) => self.cancellation.handle_failure(self.now, id, failure),
            };
            completed.unwrap();
        });
        self.peak = self.peak.max(read.bytes_max);
    }
}

fn is_poll(exchange: &Exchange) -> bool {
    let path = exchange.request.uri().path();
    path.contains("/operations/") && !path.ends_with("/the-cancel")
}

fn is_list(exchange: &Exchange) -> bool {
    exchange.request.uri().path().ends_with("/submissions/")
}

/// A token as long as those of Microsoft Entra ID.
fn token(number: usize) -> BearerToken {
    let parts = (1..=250).map(|part| format!("{number}{:05x}", part * 48_271 % 0x10_0000));
    BearerToken::new(parts.collect::<String>()).unwrap()
}

/// A text of about this many bytes. Limits count characters, and this is the longest of UTF-8.
fn text(bytes: usize) -> String {
    "\u{1F600}".repeat(bytes / 4)
}

/// A server that sends as much as a client can keep, in answers of at most this length.
fn greedy(length: usize, post: impl Fn() -> Answer) -> impl Fn(&Exchange, usize) -> Answer {
    move |exchange, polls| {
        let path = exchange.request.uri().path();
        match polls % 3 {
            _ if exchange.is_post() => post(),
            _ if is_list(exchange) => Ok(answer(200, baseline(length))),
            _ if path.ends_with("/the-cancel") => {
                // A location that is refused is reported.
                let mut answer = answer(200, operation(length));
                answer.headers_mut().insert("operation-location", HeaderValue::from_static("https://evil.example"));
                Ok(answer)
            }
            0 => Ok(answer(200, operation(length))),
            1 => Ok(answer(200, operation(32 * KIB))),
            _ => Ok(answer(503, error(length))),
        }
    }
}

/// With the longest headers that a transport lets through.
fn answer(status: u16, body: String) -> Response<String> {
    let header = HeaderValue::from_str(&text(8 * KIB)).unwrap();
    let response = Response::builder().status(status).header("x-ms-request-id", &header);
    response.header("x-ms-correlation-request-id", &header).body(body).unwrap()
}

fn accepted(length: usize) -> Answer {
    let location = format!("/api/publishers/p/offers/o/operations/the-cancel?{}", "x".repeat(8000));
    let mut answer = answer(202, error(length));
    answer.headers_mut().insert("location", HeaderValue::from_str(&location).unwrap());
    Ok(answer)
}

/// A list with the longest baseline, the longest ids and statuses; and rows of which only the hashes are kept.
fn baseline(length: usize) -> String {
    let running = (0..64).map(|number| {
        let state = text(if number == 0 { length } else { 1200 });
        format!(r#"{{"id":"{number:0128}","submissionState":"{state}"}}"#)
    });
    let ended = (64..length / 256).map(|number| format!(r#"{{"id":"{number}","submissionState":"completed"}}"#));
    format!("[{}]", running.chain(ended).collect::<Vec<_>>().join(","))
}

/// An operation in progress, of this length, half of which is its status.
fn operation(length: usize) -> String {
    let start = format!(r#"{{"status":"{}","x":""#, text(length / 2));
    let end = r#""}"#;
    format!("{start}{}{end}", "x".repeat(length - start.len() - end.len()))
}

/// An error with as many details as are kept.
fn error(length: usize) -> String {
    let long = text(length / 20 - 50);
    let said = |code: usize| format!(r#""code":"{code}{long}","message":"{long}""#);
    let details: Vec<_> = (1..10).map(|code| format!("{{{}}}", said(code))).collect();
    format!(r#"{{"error":{{{},"details":[{}]}}}}"#, said(0), details.join(","))
}

/// What the server answers to the POST, where the conversation goes on afterwards.
fn posts() -> [Box<dyn Fn() -> Answer>; 7] {
    [
        Box::new(|| accepted(MIB)),
        Box::new(|| Ok(answer(202, error(MIB)))),
        Box::new(|| Ok(answer(200, error(MIB)))),
        Box::new(|| Ok(answer(429, error(MIB)))),
        Box::new(|| Ok(answer(503, error(MIB)))),
        Box::new(|| Err(Failure::maybe_sent(text(MIB)))),
        Box::new(|| Err(Failure::not_sent(text(MIB)))),
    ]
}

#[test]
fn what_waits_is_bounded() {
    for post in posts() {
        for polls in 0..4 {
            let run = Run::new(greedy(MIB, &post)).polled(polls);
            assert!(run.kept <= KEPT, "after {polls} polls: {}", run.kept);
        }
    }
}

/// The POST is refused, and an operation that is gone from the list has ended. Then the list is asked about the next one,
/// whose poll is refused.
#[test]
fn what_is_in_flight_is_bounded() {
    let server = |exchange: &Exchange, polls: usize| {
        let ended = |length: usize| format!(r#"{{"status":"completed","x":"{}"}}"#, "x".repeat(length));
        Ok(match polls {
            _ if exchange.is_post() => answer(400, error(MIB)),
            0 if is_list(exchange) && u64::from(exchange.id) == 1 => answer(200, baseline(MIB)),
            _ if is_list(exchange) => answer(200, "[]".to_owned()),
            0 => answer(200, ended(32 * KIB)),
            1 => answer(503, error(MIB)),
            _ => answer(400, error(MIB)),
        })
    };
    let kept = Run::new(server).in_flight(|exchange, polls| is_list(exchange) && polls == 3);
    assert!(kept <= IN_FLIGHT, "{kept}");
}

/// The eighth token that is rejected ends it.
#[test]
fn each_token_that_is_rejected_adds_its_share() {
    let server = greedy(MIB, || accepted(MIB));
    let rejecting = |exchange: &Exchange, polls: usize| {
        let is_rejected = is_poll(exchange) && polls < 14 && polls % 2 == 1;
        if is_rejected { Ok(answer(401, error(MIB))) } else { server(exchange, polls) }
    };
    for polls in 15..19 {
        let run = Run::new(&rejecting).polled(polls);
        assert_eq!((run.tokens, run.cancellation.result().is_none()), (8, true));
        assert!(run.kept <= KEPT + 7 * KEPT_BY_TOKEN, "after {polls} polls: {}", run.kept);
    }
}

/// The location is polled too in this time, and another one is refused.
#[test]
fn what_waits_does_not_grow() {
    let early = Run::new(greedy(MIB, || accepted(MIB))).polled(21);
    assert!(early.cancellation.progress().refused_location.is_some());
    let kept = early.kept;
    let late = early.polled(201);
    assert_eq!((late.polls, late.kept), (201, kept));
    assert!(kept <= KEPT, "{kept}");
}

#[test]
fn each_of_a_fleet_is_bounded() {
    const LENGTH: usize = 40 * KIB;
    let fleet: Vec<_> = (0..200).map(|_| Run::new(greedy(LENGTH, || accepted(LENGTH))).polled(3)).collect();
    let each = fleet.iter().map(|one| one.kept).sum::<i64>() / 200;
    assert!(fleet.iter().all(|one| one.polls == 3) && each <= KEPT, "{each}");
}

#[test]
fn echoes_of_a_short_token_take_no_more_to_read() {
    for length in [100_000, 147_700] {
        let body = format!(r#"{{"location":"%25252541\\u0041{}"}}"#, "12345678!".repeat(length / 9));
        let mut run = Run::new(answering(Exchange::is_post, || answer(202, body.clone())));
        run.cancellation.provide_token(BearerToken::new("12345678").unwrap());
        let peak = run.polled(1).peak;
        assert!(peak <= READING * body.len() as u64, "{peak}");
    }
}

/// What is read of an answer is at most a few copies of it, also where each escape has to be undone.
#[test]
fn reading_is_bounded() {
    let fill = |filling: &str| filling.repeat(64 * KIB / filling.len());
    let wrap = |(start, filling, end): (&str, &str, &str)| format!("{start}{}{end}", fill(filling));
    let texts =
        ["x", r"\\", r"\u0041", r"\ud83d\ude00", "%41", "\u{1F600}", "\u{7f}"].into_iter().flat_map(|filling| {
            [
                ("", filling, ""),
                ("\"", filling, "\""),
                ("[\"", filling, "\"]"),
                (r#"{"status":""#, filling, r#""}"#),
                (r#"[{"submissionState":"running","id":""#, filling, r#""}]"#),
                (r#"{"error":{"code":""#, filling, r#""}}"#),
                (r#"{"operationLocation":""#, filling, r#""}"#),
            ]
        });
    let trees = [
        ("[", "[],", "0]"),
        ("[", r#"{"id":"a","submissionState":"running"},"#, "{}]"),
        (r#"{"error":{"details":["#, r#"{"code":"c"},"#, "{}]}}"),
        (r#"{"status":"running","steps":["#, r#"{"id":"a"},"#, "{}]}"),
        ("{", r#""error":{},"#, r#""message":"m"}"#),
        ("", r#"{"error":"#, ""),
        ("", "[", ""),
    ];
    for (part, body) in texts.chain(trees).map(|parts| (parts, wrap(parts))) {
        for status in [200, 202, 400] {
            for exchange in [is_list, Exchange::is_post, is_poll] {
                let peak = Run::new(answering(exchange, || answer(status, body.clone()))).polled(1).peak;
                assert!(peak <= READING * body.len() as u64, "{part:?} with {status}: {peak}");
            }
        }
    }
}

/// A server that answers one kind of exchange so, and the others as the service does.
fn answering(this: fn(&Exchange) -> bool, so: impl Fn() -> Response<String>) -> impl Fn(&Exchange, usize) -> Answer {
    move |exchange, _| {
        Ok(match exchange {
            exchange if this(exchange) => so(),
            exchange if exchange.is_post() => Response::builder().status(202).body(String::new()).unwrap(),
            exchange if is_list(exchange) => Response::new(r#"[{"id":"a","submissionState":"running"}]"#.to_owned()),
            _ => Response::new(r#"{"status":"running"}"#.to_owned()),
        })
    }
}

#[test]
fn details_are_bounded() {
    for name in ["steps", "messages", "previewLinks", "publishingVersion", "error", "notificationEmails"] {
        let body = format!(r#"{{"status":"running","{name}":"{}"}}"#, "\u{7f}".repeat(64 * KIB));
        let operation = Operation::from_http(&Response::new(&body)).unwrap();
        let peak = measure(|| drop(operation.details())).bytes_max;
        assert!(peak <= READING * body.len() as u64, "{name}: {peak}");
    }
}
