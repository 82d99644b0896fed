//! A stack of 128 KiB is enough for every input, as a thread has it with musl. A stack that overflows ends the process.
//!
//! `.ci/run` also runs it without any optimization, where each frame is largest.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

use std::thread;
use std::time::Duration;

use cancel_core::{
    Answer, BearerToken, CancelRequest, Cancellation, Checkpoint, Endpoint, OfferId, Operation, OperationList, Policy,
    PublisherId, Step,
};
use http::Response;

const STACK: usize = 128 * 1024;
/// What opens a level. Each reader looks into some of them.
const LEVELS: [&str; 14] = [
    "[",
    r#"{"a":"#,
    r#"{"error":"#,
    r#"{"error":["#,
    r#"{"errors":["#,
    r#"{"details":["#,
    r#"{"error":{"details":["#,
    r#"{"innererror":"#,
    r#"{"message":"#,
    r#"{"value":"#,
    r#"{"status":"#,
    r#"{"steps":[{"messages":["#,
    r#"[{"id":"#,
    r#"{"operationLocation":"#,
];

/// Documents of many levels: those of 128 are the deepest that serde_json reads.
fn documents() -> Vec<String> {
    let documents = LEVELS.iter().flat_map(|level| {
        let levels = level.matches(['[', '{']).count();
        let closed: String = level.chars().rev().filter_map(closing).collect();
        [20, 127, 128, 1000].map(|depth| {
            let times = depth / levels;
            format!("{}0{}", level.repeat(times), closed.repeat(times))
        })
    });
    documents.collect()
}

fn closing(character: char) -> Option<char> {
    match character {
        '[' => Some(']'),
        '{' => Some('}'),
        _ => None,
    }
}

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
}

fn new() -> Cancellation {
    let request = CancelRequest::new(PublisherId::new("p").unwrap(), OfferId::new("o").unwrap());
    Cancellation::new(Endpoint::default(), request, Policy::default(), Duration::ZERO)
}

/// A whole run. The answer with this number is the document.
fn run(document: &str, number: usize, status: u16) {
    let (mut cancellation, mut now, mut answered) = (new(), Duration::ZERO, 0);
    loop {
        match cancellation.step(now) {
            Step::Authenticate(_) => {
                let token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2Nsb3VkcGFydG5l";
                cancellation.provide_token(BearerToken::new(token).unwrap());
            }
            Step::Send(exchange) => {
                let (status, body) = match &exchange.request {
                    _ if answered == number => (status, document),
                    request if request.method() == "POST" => (202, ""),
                    request if request.uri().path().ends_with('/') => {
                        (200, r#"[{"id":"a","submissionState":"running"}]"#)
                    }
                    _ => (200, r#"{"status":"running"}"#),
                };
                answered += 1;
                let answer = Response::builder().status(status).body(body.to_owned()).unwrap();
                cancellation.handle_response(now, exchange.id, answer).unwrap();
                let resumed = Checkpoint::from_json(&cancellation.checkpoint().to_json());
                Cancellation::resume(Endpoint::default(), resumed.unwrap(), Policy::default(), now).unwrap();
            }
            Step::WaitUntil(when) => now = when,
            Step::Done(result) => {
                serde_json::to_string(&result).unwrap();
                let _ = format!("{result:?}");
                return;
            }
            Step::Await { .. } => panic!("every exchange is answered at once"),
        }
    }
}

#[test]
fn a_small_stack_is_enough_for_every_answer() {
    on_a_small_stack(|| {
        for document in documents() {
            for status in [200, 202, 400] {
                (0..3).for_each(|number| run(&document, number, status));
                let answer = Response::builder().status(status).body(document.as_bytes()).unwrap();
                let _ = Answer::from_http(&answer).to_string();
                let _ = OperationList::from_http(&answer);
            }
            // The levels are deeper in an operation that can be read.
            for member in ["error", "steps", "messages", "previewLinks", "x"] {
                let operation = format!(r#"{{"status":"running","{member}":{document}}}"#);
                if let Ok(operation) = Operation::from_http(&Response::new(operation)) {
                    let _ = format!("{:?}", operation.details());
                }
            }
        }
    });
}

#[test]
fn a_small_stack_is_enough_for_every_checkpoint_and_policy() {
    let checkpoint = new().checkpoint().to_json();
    let mut texts = documents();
    for document in documents() {
        texts.push(checkpoint.replacen('{', &format!(r#"{{"x":{document},"#), 1));
        for member in ["phase", "request", "others", "posted"] {
            texts.push(checkpoint.replacen(&format!(r#""{member}":"#), &format!(r#""{member}":{document},"y":"#), 1));
            for inner in ["baseline", "location", "sent", "x"] {
                let phase = format!(r#"{{"verifying":{{"{inner}":{document}}}}},"y":"#);
                texts.push(checkpoint.replacen(&format!(r#""{member}":"#), &format!(r#""{member}":{phase}"#), 1));
            }
        }
    }
    on_a_small_stack(move || {
        for text in texts {
            let _ = Checkpoint::from_json(&text);
            let _ = serde_json::from_str::<Policy>(&text);
        }
    });
}
