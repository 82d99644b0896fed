//! The tokens that a referee hands in. Nothing may show them but one header.

use cancel_core::{BearerToken, Body, Operation, OperationLocation};
use http::Response;

use super::Referee;
use super::exchanges::held;
use crate::expected::check_error;
use crate::token::{self, Pieces, token_of};

impl Referee {
    /// The token that was handed in last.
    pub(crate) fn token(&self) -> String {
        token_of(self.tokens)
    }

    pub(crate) fn provide_token(&mut self) {
        self.tokens += 1;
        self.holds_token = true;
        let mut pieces = Pieces::default();
        pieces.add(self.token());
        // libFuzzer sees what is compared, and can send a part of a token before it is handed in.
        if pieces.shown_in(&format!("{:?}", self.machine)).is_none() {
            self.pieces.add(self.token());
        }
        self.machine.provide_token(BearerToken::new(self.token()).unwrap());
        self.check_over();
    }

    /// As a source that says which ones it knows, while the last of them is in use. It changes nothing.
    pub(crate) fn provide_tokens_again(&mut self) {
        if self.holds_token && self.tokens > self.earlier_tokens + 1 {
            for token in [self.tokens - 1, self.tokens] {
                self.machine.provide_token(BearerToken::new(token_of(token)).unwrap());
            }
        }
    }

    /// Writes the tokens into an answer that asks for them.
    pub(super) fn echo(&self, response: &mut Response<Body>) -> bool {
        let mut echoes = false;
        for value in response.headers_mut().values_mut() {
            if let Some(text) = value.to_str().ok().and_then(|text| self.expanded(text)) {
                echoes = true;
                *value = text.parse().expect("a token is a header's value, however it is spelled");
            }
        }
        let (Body::Complete(bytes) | Body::Ended(bytes) | Body::CutOff(bytes) | Body::TooLarge(bytes)) =
            response.body_mut();
        if let Some(text) = std::str::from_utf8(bytes).ok().and_then(|text| self.expanded(text)) {
            echoes = true;
            *bytes = text.into();
        }
        echoes
    }

    /// What a driver says of a failure, with the tokens in it.
    pub(crate) fn why(&mut self, text: &str) -> String {
        let expanded = self.expanded(text);
        self.hears_echoes |= expanded.is_some();
        expanded.unwrap_or_else(|| text.to_owned())
    }

    /// A text with the tokens in it: `$TOKEN` is the one that the machine holds, `$OLD` the one before.
    fn expanded(&self, text: &str) -> Option<String> {
        if self.tokens == self.earlier_tokens || !text.contains('$') {
            return None;
        }
        let old = token_of(self.tokens.saturating_sub(1).max(self.earlier_tokens + 1));
        token::expanded(text, &self.token(), &old)
    }

    /// Nothing that the machine shows holds a token, whatever the service has sent back.
    pub(super) fn check_secrets(&self) {
        if !self.hears_echoes {
            return;
        }
        self.check_silent("the machine", &format!("{:?}", self.machine));
        let progress = self.machine.progress();
        let parts = progress.location.map(OperationLocation::kind);
        let details = progress.operation.map(Operation::details);
        self.check_silent("what is read when it is asked for", &format!("{parts:?} {details:?}"));
        let json = match self.machine.result() {
            Some(Ok(outcome)) => serde_json::to_string(outcome),
            Some(Err(error)) => serde_json::to_string(error),
            None => serde_json::to_string(&progress),
        };
        self.check_silent("JSON", &json.unwrap());
        held(self.ledger.check_secrecy(&self.machine));
    }

    /// A driver asks for an error of its own. Nothing changes.
    pub(crate) fn complain(&mut self, text: &str) {
        let (why, before) = (self.why(text), format!("{:?}", self.machine));
        for error in [self.machine.token_source_error(&why), self.machine.journal_error(&why)] {
            check_error(&error);
            self.check_silent("an error of a driver", &format!("{error} {error:?}"));
        }
        assert_eq!(before, format!("{:?}", self.machine), "an error of a driver changes something");
    }

    /// A text shows no token, and no part of one however it is spelled.
    pub(super) fn check_silent(&self, what: &str, text: &str) {
        held(self.ledger.check_silent(what, text));
        if self.hears_echoes {
            let shown = self.pieces.shown_in(text);
            assert_eq!(shown, None, "{what} shows a part of a token: {text}");
        }
    }
}
