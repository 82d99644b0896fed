//! What an answer means by the contract, read a second time and in another way than the codec does.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use crate::codec::Answer;
use crate::error::Error;

/// No wait that a server asks for is longer.
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// The kind of the error that an answer of this status is, where the call does not have that status.
pub(super) fn kind_of(status: u16) -> &'static str {
    match status {
        400 => "bad_request",
        401 => "unauthorized",
        403 => "forbidden",
        404 | 410 => "not_found",
        409 => "conflict",
        412 => "precondition_failed",
        422 => "unprocessable",
        429 => "throttled",
        500..=599 => "server",
        _ => "unexpected_status",
    }
}

/// A word of the service as all of its spellings are.
pub(super) fn folded(word: &str) -> String {
    word.replace([' ', '-', '_'], "").to_ascii_lowercase()
}

pub(super) fn is_canceled(word: &str) -> bool {
    matches!(&*folded(word), "canceled" | "cancelled")
}

pub(super) fn is_end(word: &str) -> bool {
    is_canceled(word) || matches!(&*folded(word), "completed" | "complete" | "succeeded" | "failed")
}

/// A body as a tree. `None` also where it is JSON that a tree cannot hold.
pub(super) fn tree(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)).ok()
}

/// The status of one operation, an object or an array with one in it.
pub(super) fn status_in(tree: &Value) -> Option<&str> {
    let operation = match tree.as_array().map(Vec::as_slice) {
        Some([only]) => only,
        Some(_) => return None,
        None => tree,
    };
    operation.get("status")?.as_str()
}

/// The ids and states of a list.
pub(super) fn list_in(tree: &Value) -> Option<Vec<(&str, &str)>> {
    fn entry(value: &Value) -> Option<(&str, &str)> {
        Some((value.get("id")?.as_str()?, value.get("submissionState")?.as_str()?))
    }
    tree.as_array()?.iter().map(entry).collect()
}

/// A member of an error in the documented shape and in nothing but that: `{"error":{"code":"…","message":"…"}}`.
pub(super) fn documented<'a>(tree: &'a Value, member: &str) -> Option<&'a str> {
    let root = tree.as_object().filter(|root| root.len() == 1)?;
    let error = root.get("error")?.as_object()?;
    // Names are compared as words are: another spelling could come first.
    let spellings = error.keys().filter(|name| folded(name) == member).count();
    error.get(member)?.as_str().filter(|_| spellings == 1)
}

/// The wait that headers ask for, where there is one header and a whole number in it.
pub(super) fn plain_wait(headers: &HeaderMap) -> Option<Duration> {
    let units = [("retry-after", 1000), ("retry-after-ms", 1), ("x-ms-retry-after-ms", 1)];
    let mut asked = units.iter().filter_map(|(name, unit)| Some((headers.get(*name)?.to_str().ok(), unit)));
    let (Some((Some(text), unit)), None) = (asked.next(), asked.next()) else {
        return None;
    };
    let plain = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = plain.then(|| text.parse().ok()).flatten()?;
    Some(Duration::from_millis(number * unit).min(HOUR))
}

/// An error is a line that a person can read, however long the answer was.
pub(super) fn check_error(error: &Error) {
    check_line("an error", &error.to_string(), 4096);
    assert!(!error.kind().is_empty() && !error.advice().is_empty());
    let again =
        ["token_source", "throttled", "server", "malformed_body", "deadline", "transport"].contains(&error.kind());
    let timeout = error.answer().is_some_and(|answer| answer.status() == 408) && error.kind() == "unexpected_status";
    assert_eq!(error.is_transient(), again || timeout, "{}", error.kind());
    if let Some(answer) = error.answer() {
        check_answer(answer);
    }
    assert!(format!("{error:?}").len() < 64 * 1024, "an error's Debug has no bound");
}

/// Every text in an answer is bounded and on one line.
pub(super) fn check_answer(answer: &Answer) {
    // What was longer ends with a space, at times, and an ellipsis.
    check_line("a code", answer.code().unwrap_or_default(), 128 + 2);
    check_line("a message", answer.message().unwrap_or_default(), 1024 + 2);
    check_line("a request id", answer.request_id().unwrap_or_default(), 128 + 2);
    check_line("a correlation id", answer.correlation_request_id().unwrap_or_default(), 128 + 2);
    check_line("a redirect", answer.redirected_to().unwrap_or_default(), 512 + 2);
    check_line("an excerpt", answer.excerpt(), 512 + 2);
    check_line("an answer", &answer.to_string(), 4096);
    assert!(answer.retry_after().is_none_or(|wait| wait <= HOUR), "a wait of more than an hour");
    assert!(answer.redirected_to().is_none() || answer.status().is_redirection());
}

fn check_line(what: &str, text: &str, most: usize) {
    assert!(text.chars().count() <= most, "{what} has no bound: {} characters", text.chars().count());
    let turns =
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let acts = |c: char| c.is_control() || turns(c);
    assert!(!text.contains(acts), "{what} would act on a terminal: {text:?}");
}
