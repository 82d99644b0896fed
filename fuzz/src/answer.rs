//! Any answer to any call: any status, any headers, any bytes.
//!
//! Each reader finds what another reading of the message finds, or gives a typed error by the status. What is kept of
//! the answer is bounded and sanitized. A machine waits as long as the headers ask for, but never beyond its deadline.

use std::time::Duration;

use cancel_core::{
    Answer, BearerToken, Body, CancelResponse, Cancellation, Endpoint, Error, ErrorKind, GetOperation, Operation,
    OperationList, State, Step,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use serde_json::{Value, json};

use crate::cost::{Bound, Read};
use crate::expected::{
    HOUR, LAST_POLL, check_answer, check_error, documented, folded, is_canceled, is_end, is_kept, kind_of, list_in,
    plain_wait, status_in, tree,
};
use crate::input;
use crate::long::Bodies;
use crate::origin::Origin;
use crate::settings::Settings;

const CALLED: &str =
    "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31";

/// For reading an answer, or a list with all that is in it. The smallest elements of an operation's lists cost most, and
/// of these lists 256 elements are read.
const ANSWER: Bound = Bound { at_once: 8, in_all: 16, besides: 16 * 1024 };
const LIST: Bound = Bound { at_once: 64, in_all: 64, besides: 32 * 1024 };

/// Reads a message.
pub fn answer(data: &[u8]) {
    let response = input::response(data);
    let long = std::str::from_utf8(response.body()).ok().and_then(|text| Bodies::new().of(text.trim_end()));
    let response = response.map(|body| long.as_deref().map_or(body, str::as_bytes));
    let tree = tree(response.body());
    let answer = read(&ANSWER, &response, || Answer::from_http(&response));
    check_answer(&answer);
    assert_eq!(answer.status(), response.status());
    assert_eq!(answer, Answer::from_http(&response), "two readings of one answer");
    for (found, member) in [(answer.code(), "code"), (answer.message(), "message")] {
        let plain = |text: &&str| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if let Some(text) = tree.as_ref().and_then(|tree| documented(tree, member)).filter(plain) {
            assert_eq!(found, Some(text), "the {member} of the documented shape");
        }
    }
    check_cancel(&response, &answer, tree.as_ref());
    check_operation(&response, &answer, tree.as_ref());
    check_list(&response, &answer, tree.as_ref());
    check_wait(response.headers(), answer.retry_after());
}

/// Calls a reader, which takes little memory and little of the stack.
fn read<T: Send>(bound: &Bound, response: &Response<&[u8]>, reader: impl FnOnce() -> T + Send) -> T {
    bound.hold("a body", &Read::answer(response.headers(), response.body()), reader)
}

fn check_refusal(error: &Error, answer: &Answer, expected: ErrorKind) {
    check_error(error);
    assert_eq!((error.kind(), error.answer()), (expected, Some(answer)));
}

/// As the answer to a cancel. A location is on the endpoint's origin, and it is the one that the first place names.
fn check_cancel(response: &Response<&[u8]>, answer: &Answer, tree: Option<&Value>) {
    let (endpoint, status) = (Endpoint::default(), response.status().as_u16());
    let is_blank = response.body().trim_ascii().is_empty();
    let nothing = [json!(null), json!(false), json!(""), json!({}), json!([])];
    let names_error = tree.and_then(|tree| tree.get("error")).is_some_and(|error| !nothing.contains(error));
    let named = ["operation-location", "location"].iter().find_map(|name| {
        let values = response.headers().get_all(*name).into_iter();
        values.map(HeaderValue::as_bytes).find(|value| !value.trim_ascii().is_empty())
    });
    let called = Uri::from_static(CALLED);
    match read(&ANSWER, response, || CancelResponse::from_http(&endpoint, &called, response)) {
        Ok(CancelResponse::Canceled) => {
            assert_eq!(status, 200);
            assert!(!response.body().trim_ascii().starts_with(b"<"), "a page is not the service's answer");
            assert!(!names_error, "an error is no acknowledgement");
        }
        Ok(CancelResponse::Accepted { location, retry_after }) => {
            assert_eq!((status, retry_after), (202, answer.retry_after()));
            let origin = Origin::by_url(CALLED).unwrap();
            let token = BearerToken::new("a-canary-token").unwrap();
            origin.check(location.url());
            origin.check(GetOperation::at(location.clone()).to_http(&endpoint, &token).uri());
            if let Some(absolute) = named.and_then(|named| named.strip_prefix(b"https://cloudpartner.azure.com/")) {
                // A client joins two headers by a comma and a space.
                let first = absolute.split_inclusive(|byte| b" \t".contains(byte)).next().unwrap_or_default();
                let first = first.strip_suffix(b", ").or(first.strip_suffix(b",\t")).unwrap_or(absolute);
                let path = first.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii_end();
                let found = location.url().path_and_query().unwrap().as_str().as_bytes();
                assert_eq!(found.strip_prefix(b"/"), Some(path), "another location than the first that is named");
            }
        }
        Err(error) => {
            let is_acknowledgement = is_blank || tree.is_some() && !names_error;
            assert!(status != 200 || !is_acknowledgement, "200 is canceled with nothing or JSON in its body");
            let refuses_location = [ErrorKind::InvalidLocation, ErrorKind::ForeignLocation].contains(&error.kind());
            let expected = match status {
                202 if refuses_location => error.kind(),
                202 => ErrorKind::MissingLocation,
                200 => ErrorKind::MalformedBody,
                _ => kind_of(status),
            };
            check_refusal(&error, answer, expected);
            assert!(expected != ErrorKind::MissingLocation || named.is_none(), "{named:?} is a location");
        }
    }
}

/// As an operation. Nothing in the body but its status makes it fail.
fn check_operation(response: &Response<&[u8]>, answer: &Answer, tree: Option<&Value>) {
    let (body, status) = (response.body(), response.status().as_u16());
    match read(&ANSWER, response, || Operation::from_http(response)) {
        Ok(operation) => {
            let word = operation.status();
            assert_eq!(status, 200);
            assert!(
                tree.is_none_or(|tree| status_in(tree).is_some_and(|status| is_kept(word, status))),
                "another status than the body's: {word:?}"
            );
            let (state, details) = (operation.state(), read(&LIST, response, || operation.details()));
            assert_eq!((state.is_end(), state == State::Canceled), (is_end(word), is_canceled(word)), "{word:?}");
            assert_eq!(details, operation.details(), "two readings of one body");
            assert!(details.steps.len() + details.messages.len() <= body.len(), "more than there is");
            for step in &details.steps {
                assert!(step.progress_percentage.is_none_or(|percent| percent <= 100));
                assert_eq!(step.state().is_end(), is_end(&step.status));
            }
        }
        Err(error) => {
            check_refusal(&error, answer, if status == 200 { ErrorKind::MalformedBody } else { kind_of(status) });
            // A tree keeps the last of two members, and the reader takes neither.
            let twice = body.windows(8).filter(|name| *name == b"\"status\"").count() > 1;
            let is_plain = status == 200 && !twice && !body.contains(&b'\\');
            let missed = tree.and_then(status_in).filter(|word| is_plain && !folded(word).is_empty());
            assert_eq!(missed, None, "there is a status, and it was not found");
        }
    }
}

/// As a list. It has all entries of the body, in their order: half a list would hide what is running.
fn check_list(response: &Response<&[u8]>, answer: &Answer, tree: Option<&Value>) {
    let status = response.status().as_u16();
    match read(&LIST, response, || OperationList::from_http(response)) {
        Ok(list) => {
            assert_eq!(status, 200);
            let found = list.submissions().iter().map(|entry| (&*entry.id, &*entry.submission_state));
            if let Some(tree) = tree {
                assert_eq!(list_in(tree), Some(found.clone().collect()), "another list than the body's");
            }
            assert!(found.clone().all(|(_, word)| !folded(word).is_empty()), "a blank state");
            let in_progress = found.filter(|(_, word)| !is_end(word)).map(|(id, _)| id);
            assert!(list.in_progress().map(|entry| &*entry.id).eq(in_progress));
            for (entry, id) in list.submissions().iter().filter_map(|entry| Some((entry, entry.operation()?))) {
                assert_eq!(id.as_str(), entry.id);
                assert!(id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
            }
        }
        Err(error) => {
            check_refusal(&error, answer, if status == 200 { ErrorKind::MalformedBody } else { kind_of(status) });
        }
    }
}

/// The wait is at most an hour, and a whole number means what it says. In a machine the first poll comes after it, or
/// after the policy's wait where that is longer, or 5 s before the deadline.
fn check_wait(headers: &HeaderMap, wait: Option<Duration>) {
    assert!(wait.is_none_or(|wait| wait <= HOUR), "a wait of {wait:?}");
    let plain = plain_wait(headers);
    assert!(plain.is_none() || plain == wait, "{plain:?} was asked for, not {wait:?}");
    let asks = ["retry-after", "retry-after-ms", "x-ms-retry-after-ms"].iter().any(|name| headers.contains_key(*name));
    assert!(asks || wait.is_none(), "a wait that nothing asks for");

    let settings = Settings::read("until=settled deadline=1800000");
    let start = Duration::from_secs(1_000_000);
    let mut machine = Cancellation::new(settings.endpoint(), settings.request(), settings.policy(), start);
    machine.provide_token(BearerToken::new("a-canary-token").unwrap());
    let Step::Send(exchange) = machine.step(start) else { panic!("nothing to send") };
    let mut accepted = Response::new(Body::from(""));
    *accepted.status_mut() = StatusCode::ACCEPTED;
    accepted.headers_mut().clone_from(headers);
    accepted.headers_mut().insert("operation-location", HeaderValue::from_static("/api/operations/a$b$2$preview"));
    machine.handle_response(start, exchange.id, accepted).unwrap();
    let Step::WaitUntil(when) = machine.step(start) else { panic!("no wait") };
    assert_eq!(when - start, wait.unwrap_or_default().max(settings.poll).min(settings.deadline - LAST_POLL));
}
