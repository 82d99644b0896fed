//! The same session twice: the safe one, and one behind a handle. They must not differ.

#![expect(unsafe_code, reason = "a caller in C has pointers")]

use std::ptr;

use cancel_boundary::Session;
use cancel_boundary::c::{cancel_answer, cancel_authorization, cancel_body, cancel_call, cancel_close, cancel_open};
use serde_json::Value;

use crate::TOKEN;

type Read = unsafe extern "C" fn(u32, *mut u8, usize) -> usize;

#[derive(Default)]
pub(crate) struct Pair {
    /// 0, that of a session which is closed, or of one that is open.
    handle: u32,
    safe: Option<Session>,
    answer: Vec<u8>,
    /// The token was handed in as such. What came before it as an answer, or as another text of the caller's, is no
    /// secret.
    has_token: bool,
    is_known: bool,
}

impl Pair {
    pub(crate) fn open(&mut self) {
        self.close();
        (self.has_token, self.is_known) = (false, false);
        (self.handle, self.safe) = (cancel_open(), Some(Session::new()));
        assert_ne!(self.handle, 0);
    }

    /// The handle is kept, to be called again.
    pub(crate) fn close(&mut self) {
        cancel_close(self.handle);
        self.safe = None;
        self.answer.clear();
    }

    pub(crate) fn call(&mut self, json: &[u8], bytes: &[u8]) {
        // SAFETY: both are slices.
        let length = unsafe { cancel_call(self.handle, json.as_ptr(), json.len(), bytes.as_ptr(), bytes.len()) };
        if let Some(safe) = &mut self.safe {
            let before = format!("{safe:?}");
            self.answer = safe.call(json, bytes);
            let after = format!("{safe:?}");
            check(json, &self.answer, before == after);
            let holds_token = bytes.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes());
            if bytes == TOKEN.as_bytes() && self.answer == b"{}" {
                self.has_token = true;
            } else if (holds_token && !self.has_token) || says_token(json) {
                self.is_known = true;
            }
            // Why a call cannot be read is said in its own words.
            let repeats = self.answer.starts_with(br#"{"refused""#) && String::from_utf8_lossy(json).contains(TOKEN);
            let answer_shows = !repeats && String::from_utf8_lossy(&self.answer).contains(TOKEN);
            let is_shown = after.contains(TOKEN) || answer_shows;
            assert!(!is_shown || !self.has_token || self.is_known, "the token is shown: {after}");
        }
        assert_eq!(length, self.answer.len());
        self.read(length);
    }

    /// Reads everything, and at most so many bytes of each.
    pub(crate) fn read(&self, capacity: usize) {
        let safe = self.safe.as_ref();
        let authorization = safe.map(Session::authorization).unwrap_or_default();
        let body = safe.map(Session::body).unwrap_or_default();
        let all: [(Read, &[u8]); 3] =
            [(cancel_answer, &self.answer), (cancel_authorization, authorization), (cancel_body, body)];
        for (read, expected) in all {
            let mut into = vec![0xAA; capacity + 8];
            // SAFETY: there is more room than that.
            assert_eq!(unsafe { read(self.handle, into.as_mut_ptr(), capacity) }, expected.len());
            let written = expected.len().min(capacity);
            assert_eq!(into.get(..written), expected.get(..written));
            assert!(into.iter().skip(written).all(|&byte| byte == 0xAA), "too much was written");
            // SAFETY: null is allowed.
            assert_eq!(unsafe { read(self.handle, ptr::null_mut(), capacity) }, expected.len());
        }
        assert!(authorization.is_empty() || authorization.starts_with(b"Bearer "));
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether a call has the token where anything else is asked for.
fn says_token(json: &[u8]) -> bool {
    serde_json::from_slice::<Value>(json).is_ok_and(|call| call.to_string().contains(TOKEN))
}

fn check(json: &[u8], answer: &[u8], is_unchanged: bool) {
    let call = String::from_utf8_lossy(json);
    let said: Value = serde_json::from_slice(answer).expect("an answer is JSON");
    assert!(said.is_object(), "{call}: {said}");
    assert!(said.get("refused").is_none() || is_unchanged, "{call} was refused, and changed something");
    let at_least_one = |name| said.get(name).is_none_or(|time: &Value| time.as_u64().is_some_and(|time| time > 0));
    assert!(at_least_one("timeout_ms") && at_least_one("wait_ms"), "{call}: {said}");
    let is_step =
        serde_json::from_slice::<Value>(json).is_ok_and(|call| call.get("call").is_some_and(|name| name == "step"));
    assert!(!is_step || said.get("step").or(said.get("refused")).is_some(), "{call}: {said}");
}
