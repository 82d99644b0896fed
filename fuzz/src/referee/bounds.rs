//! What a machine takes and keeps: memory that is counted, however much the service sends.

use std::time::Duration;

use cancel_core::{Body, ExchangeId};
use http::Response;

use super::Referee;
use super::exchanges::MOST_TRACKED;
use crate::cost::{Bound, Read, held};

/// For taking an answer, besides what is kept of the operations: an outcome and an error copy it.
const ANSWER: Bound = Bound { at_once: 8, in_all: 24, besides: 16 * 1024 };
/// What a conversation keeps between two steps: this; an operation and some errors, each no longer than the longest
/// answer; the id and the status of each operation; and eight tokens, with what finds them.
const KEPT: u64 = 16 * 1024;
const KEPT_ANSWERS: u64 = 4;
const KEPT_OPERATION: u64 = 1536;
const KEPT_TOKEN: u64 = 5 * 1024;
const TOKENS: u32 = 8;

impl Referee {
    pub(super) fn handle_response(&mut self, given: Duration, id: ExchangeId, response: Response<Body>) {
        let read = Read::answer(response.headers(), response.body().bytes());
        self.longest = self.longest.max(read.bytes);
        let bound = Bound { besides: ANSWER.besides + 2 * KEPT_OPERATION * self.operations(), ..ANSWER };
        let taken = bound.hold("an answer", &read, || self.machine.handle_response(given, id, response));
        taken.expect("it is in flight");
        assert!(self.machine.progress().baseline.len() <= MOST_TRACKED, "it tracks more than a checkpoint may have");
    }

    /// The most operations that it may know of.
    fn operations(&self) -> u64 {
        self.most_listed.max(self.machine.progress().baseline.len()) as u64
    }

    /// The machine is not used any more. What it has kept is counted: it does not grow with the number of answers.
    pub(crate) fn weigh(self) {
        let operations = self.operations();
        let tokens = u64::from((self.tokens - self.earlier_tokens).min(TOKENS));
        let most = KEPT + KEPT_ANSWERS * self.longest + KEPT_OPERATION * operations + KEPT_TOKEN * tokens;
        let held = held(self.machine);
        assert!(held <= most, "a conversation keeps {held} bytes, of {most} at most");
    }

    /// A checkpoint has what was asked for, a location, ids, and some numbers.
    pub(super) fn check_length(&self, checkpoint: &str) {
        let progress = self.machine.progress();
        let location = progress.location.map_or(0, |location| location.to_string().len());
        let most = 1024 + self.settings.request_in_json().len() + location + MOST_TRACKED * (128 + 3);
        assert!(checkpoint.len() <= most, "a checkpoint of {} bytes, of {most} at most", checkpoint.len());
    }
}
