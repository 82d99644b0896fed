//! What an answer means by the contract, read a second time and in another way than the codec reads it.

use std::time::Duration;

use cancel_core::{Answer, Error, ErrorKind};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// The longest wait that a server can ask for.
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
/// How long before its deadline a run polls once more.
pub(crate) const LAST_POLL: Duration = Duration::from_secs(5);

/// The longest word for a state, in characters.
const LONGEST_WORD: usize = 256;

/// The kind of the error that an answer of this status is, where the call does not have that status.
pub(crate) fn kind_of(status: u16) -> ErrorKind {
    match status {
        400 => ErrorKind::BadRequest,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        412 => ErrorKind::PreconditionFailed,
        422 => ErrorKind::Unprocessable,
        429 => ErrorKind::Throttled,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::UnexpectedStatus,
    }
}

/// A word of the service, in the one form that all of its spellings have in common.
pub(crate) fn folded(word: &str) -> String {
    word.replace([' ', '-', '_'], "").to_ascii_lowercase()
}

/// A text that is too long for a word means nothing.
fn is_one_of(words: &[&str], word: &str) -> bool {
    word.chars().count() <= LONGEST_WORD && words.contains(&&*folded(word))
}

pub(crate) fn is_canceled(word: &str) -> bool {
    is_one_of(&["canceled", "cancelled"], word)
}

pub(crate) fn is_failed(word: &str) -> bool {
    is_one_of(&["failed"], word)
}

pub(crate) fn is_end(word: &str) -> bool {
    is_canceled(word) || is_failed(word) || is_one_of(&["completed", "complete", "succeeded"], word)
}

/// Whether `kept` is what is kept of a word: cut, and with another character for each that acts on a terminal or that
/// no one sees.
pub(crate) fn is_kept(kept: &str, word: &str) -> bool {
    let cut = if word.chars().nth(LONGEST_WORD).is_some() { "…" } else { "" };
    let expected = word.chars().take(LONGEST_WORD).chain(cut.chars());
    check_line("a status", kept, LONGEST_WORD + 1);
    let is_same = |(kept, c): (char, char)| kept == c || kept == '\u{fffd}' && !(c == ' ' || c.is_ascii_graphic());
    kept.chars().count() == expected.clone().count() && kept.chars().zip(expected).all(is_same)
}

/// A body as a tree. `None` also where it is JSON that a tree cannot hold.
pub(crate) fn tree(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)).ok()
}

/// The status of one operation, which is an object or an array with one object in it.
pub(crate) fn status_in(tree: &Value) -> Option<&str> {
    let operation = match tree.as_array().map(Vec::as_slice) {
        Some([only]) => only,
        Some(_) => return None,
        None => tree,
    };
    operation.get("status")?.as_str()
}

/// The ids and states of a list. An operation that has ended may have no id.
pub(crate) fn list_in<'a>(tree: &'a Value) -> Option<Vec<(&'a str, &'a str)>> {
    let member = |entry: &'a Value, name| entry.get(name)?.as_str();
    let of_entry = |entry: &'a Value| {
        let state = member(entry, "submissionState").filter(|state| !folded(state).is_empty())?;
        let has_none = entry.get("id").is_none_or(Value::is_null) && is_end(state);
        Some((if has_none { "" } else { member(entry, "id")? }, state))
    };
    tree.as_array()?.iter().map(of_entry).collect()
}

/// A member of an error in the documented shape and in no other: `{"error":{"code":"…","message":"…"}}`.
pub(crate) fn documented<'a>(tree: &'a Value, member: &str) -> Option<&'a str> {
    let root = tree.as_object().filter(|root| root.len() == 1)?;
    let error = root.get("error")?.as_object()?;
    // Names are compared as words are: another spelling could come first.
    let spellings = error.keys().filter(|name| folded(name) == member).count();
    error.get(member)?.as_str().filter(|_| spellings == 1)
}

/// The wait that headers ask for, where there is one such header and a whole number in it.
pub(crate) fn plain_wait(headers: &HeaderMap) -> Option<Duration> {
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
pub(crate) fn check_error(error: &Error) {
    check_line("an error", &error.to_string(), 4096);
    assert!(!error.kind().as_str().is_empty() && !error.advice().is_empty());
    let transient = ["token_source", "throttled", "server", "malformed_body", "deadline", "transport"];
    let is_408 = error.answer().is_some_and(|answer| answer.status() == StatusCode::REQUEST_TIMEOUT);
    let is_transient =
        transient.contains(&error.kind().as_str()) || (is_408 && error.kind() == ErrorKind::UnexpectedStatus);
    assert_eq!(error.is_transient(), is_transient, "{}", error.kind());
    if let Some(answer) = error.answer() {
        check_answer(answer);
    }
    assert!(format!("{error:?}").len() < 64 * 1024, "an error's Debug has no bound");
}

/// Every text in an answer is bounded and on one line.
pub(crate) fn check_answer(answer: &Answer) {
    // A text that was longer may end with a space and an ellipsis.
    for (what, text, most) in [
        ("a code", answer.code(), 128 + 2),
        ("a message", answer.message(), 1024 + 2),
        ("a request id", answer.request_id(), 128 + 2),
        ("a correlation id", answer.correlation_request_id(), 128 + 2),
        ("a redirect", answer.redirected_to(), 512 + 2),
        ("an excerpt", Some(answer.excerpt()), 512 + 2),
        ("an answer", Some(&*answer.to_string()), 4096),
    ] {
        check_line(what, text.unwrap_or_default(), most);
    }
    assert!(answer.retry_after().is_none_or(|wait| wait <= HOUR), "a wait of more than an hour");
    assert!(answer.redirected_to().is_none() || answer.status().is_redirection());
}

/// A text is on one line, bounded, and does not act on a terminal.
pub(crate) fn check_line(what: &str, text: &str, most: usize) {
    assert!(text.chars().count() <= most, "{what} has no bound: {} characters", text.chars().count());
    let turns =
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(|c: char| c.is_control() || turns(c)), "{what} would act on a terminal: {text:?}");
}
