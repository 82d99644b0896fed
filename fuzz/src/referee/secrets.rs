//! The tokens that a referee hands in. Nothing may show them but one header.

use cancel_core::{BearerToken, Body};
use http::Response;

use super::Referee;
use super::exchanges::held;
use crate::settings::CANARY;

impl Referee {
    /// The token that was handed in last.
    pub(crate) fn token(&self) -> String {
        token_of(self.tokens)
    }

    pub(crate) fn provide_token(&mut self) {
        self.tokens += 1;
        self.holds_token = true;
        self.machine.provide_token(BearerToken::new(self.token()).unwrap());
        self.check_over();
    }

    /// Writes the tokens into an answer that asks for it: `$TOKEN` is the one that the machine holds, `$OLD` the one
    /// before, and in a body `$JSON` is spelled with escapes.
    pub(super) fn echo(&self, response: &mut Response<Body>) -> bool {
        if self.tokens == self.earlier_tokens {
            return false;
        }
        let token = self.token();
        let old = token_of(self.tokens.saturating_sub(1).max(self.earlier_tokens + 1));
        let written = |text: &str, json: &str| {
            let echoed = text.replace("$TOKEN", &token).replace("$OLD", &old).replace("$JSON", json);
            (echoed != text).then_some(echoed)
        };
        let mut echoes = false;
        for value in response.headers_mut().values_mut() {
            if let Some(text) = value.to_str().ok().and_then(|text| written(text, &token)) {
                echoes = true;
                *value = text.parse().expect("a token is a header's value");
            }
        }
        let (Body::Complete(bytes) | Body::CutOff(bytes) | Body::TooLarge(bytes)) = response.body_mut();
        let escaped = token.replace('/', "\\/").replace('c', "\\u0063");
        if let Some(text) = std::str::from_utf8(bytes).ok().and_then(|text| written(text, &escaped)) {
            echoes = true;
            *bytes = text.into();
        }
        echoes
    }

    /// Nothing that the machine shows holds a token, whatever the service has sent back.
    pub(super) fn check_secrets(&self) {
        if !self.hears_echoes {
            return;
        }
        self.check_silent("the machine", &format!("{:?}", self.machine));
        held(self.ledger.check_secrecy(&self.machine));
    }

    pub(super) fn check_silent(&self, what: &str, text: &str) {
        held(self.ledger.check_silent(what, text));
    }
}

/// A token, with a character that JSON can spell in two ways.
fn token_of(number: u32) -> String {
    format!("{CANARY}{number}/0123456789+0123456789-0123456789")
}
