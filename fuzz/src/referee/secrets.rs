//! The tokens that a referee hands in, which nothing but one header may show.

use std::borrow::Cow;

use http::Response;

use super::Referee;
use crate::machine::Body;
use crate::values::BearerToken;

/// What every token of a referee's holds, and nothing else does.
pub(super) const CANARY: &str = "canary-token-";

impl Referee {
    /// The token that was handed in last.
    pub(in crate::fuzzing) fn token(&self) -> String {
        token_of(self.tokens)
    }

    pub(in crate::fuzzing) fn provide_token(&mut self) {
        self.tokens += 1;
        self.holds_token = true;
        self.machine.provide_token(BearerToken::new(self.token()).unwrap());
        self.check_over();
    }

    /// Writes the tokens into an answer that asks for it: `$TOKEN` is the one that is held, `$OLD` the one before, and in a
    /// body `$JSON` is spelled with escapes.
    pub(super) fn echo(&self, response: &mut Response<Body>) -> bool {
        if self.tokens == self.foreign_tokens {
            return false;
        }
        let token = self.token();
        let old = token_of(self.tokens.saturating_sub(1).max(self.foreign_tokens + 1));
        let escaped = token.replace('/', "\\/").replace('c', "\\u0063");
        let write = |text: &str| {
            let has_one = ["$TOKEN", "$OLD", "$JSON"].iter().any(|name| text.contains(name));
            has_one.then(|| text.replace("$TOKEN", &token).replace("$OLD", &old))
        };
        let mut echoes = false;
        for value in response.headers_mut().values_mut() {
            if let Some(text) = value.to_str().ok().and_then(write) {
                echoes = true;
                *value = text.replace("$JSON", &token).parse().expect("a token is a header's value");
            }
        }
        let (Body::Complete(bytes) | Body::CutOff(bytes) | Body::TooLarge(bytes)) = response.body_mut();
        if let Cow::Borrowed(text) = String::from_utf8_lossy(&bytes.clone()) {
            if let Some(text) = write(text) {
                echoes = true;
                *bytes = text.replace("$JSON", &escaped).into();
            }
        }
        echoes
    }

    pub(super) fn check_secrets(&self) {
        self.check_silent("the machine", &format!("{:?}", self.machine));
        self.check_silent("the checkpoint", &self.machine.checkpoint().to_json());
        if let Some(Err(error)) = self.machine.result() {
            self.check_silent("the error", &error.to_string());
        }
    }

    pub(super) fn check_silent(&self, what: &str, text: &str) {
        assert!(!text.contains(CANARY), "{what} shows a token: {text}");
    }
}

/// A token, with a character that JSON can spell in two ways.
fn token_of(number: u32) -> String {
    format!("{CANARY}{number}/0123456789+0123456789-0123456789")
}
