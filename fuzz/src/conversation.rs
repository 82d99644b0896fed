//! The machine against the simulated service, whatever goes wrong between them: the referee's rules hold, and the outcome
//! agrees with what became of the operations.
//!
//! The input: settings on the first line, and the [scene](super::scene).

use std::time::Duration;

use http::Response;

use super::expected::{is_canceled, is_end};
use super::input::script;
use super::referee::{Referee, Wish};
use super::scene::{Accident, Scene};
use super::settings::{OFFER, PUBLISHER, Settings};
use crate::machine::{Body, Exchange, Failure, Outcome, Posted, Proof, Until};
use crate::testing::portal::{Call, Delivery};

/// As long as anybody listens; what is not over then is left to its deadline.
const EXCHANGES: u64 = 64;

struct Talk {
    referee: Referee,
    scene: Scene,
    settings: Settings,
    /// When the service made its last answer, and its last list.
    answered_at: Duration,
    listed_at: Duration,
}

/// Plays a conversation.
pub fn conversation(data: &[u8]) {
    let text = script(data);
    let mut lines = text.lines();
    let settings = Settings::read(lines.next().unwrap_or_default());
    let scene = Scene::read(lines, settings.origin);
    let referee = Referee::new(settings.clone(), Duration::ZERO);
    let mut talk = Talk { referee, scene, settings, answered_at: Duration::ZERO, listed_at: Duration::ZERO };
    talk.hold();
    talk.referee.end();
    talk.check_calls();
    talk.check_truth();
}

impl Talk {
    fn hold(&mut self) {
        let mut number = 0;
        while number < EXCHANGES {
            match self.referee.step(self.referee.now) {
                Wish::Token => {
                    self.referee.provide_token();
                    let until = self.settings.expires.map(|after| self.referee.now.saturating_add(after));
                    self.scene.portal.accept_token(&self.referee.token(), until);
                }
                Wish::Time(when) | Wish::Answer(when) => self.referee.now = when,
                Wish::Nothing => return,
                Wish::Sent(exchange) => {
                    let accident = self.scene.accidents.iter().find(|(which, _)| *which == number);
                    self.exchange(&exchange, accident.map(|(_, accident)| *accident));
                    number += 1;
                }
            }
        }
    }

    fn exchange(&mut self, exchange: &Exchange, accident: Option<Accident>) {
        match accident {
            Some(Accident::NotSent) => self.referee.fail(self.referee.now, Failure::not_sent("nobody listens")),
            Some(Accident::Crash { processed }) => {
                // Durable before the first byte leaves.
                let saved = self.referee.save();
                if processed {
                    self.service_answers(exchange);
                }
                self.referee.resume(self.referee.now, &saved, None);
            }
            Some(Accident::Dropped) => {
                self.service_answers(exchange);
                self.referee.fail(self.referee.now, Failure::Dropped);
            }
            Some(Accident::Late) => {
                self.service_answers(exchange);
                self.referee.now = self.referee.now.saturating_add(exchange.timeout);
            }
            None => {
                let response = self.service_answers(exchange);
                let delivery = Delivery::of(&response);
                // Nobody waits longer than is said.
                self.referee.now = self.referee.now.saturating_add(self.settings.latency.min(exchange.timeout));
                let now = self.referee.now;
                match delivery {
                    Delivery::Whole => self.referee.answer(now, response.map(Body::Complete)),
                    Delivery::CutBody => self.referee.answer(now, response.map(Body::CutOff)),
                    Delivery::Dropped => self.referee.fail(now, Failure::maybe_sent("connection reset")),
                }
            }
        }
    }

    fn service_answers(&mut self, exchange: &Exchange) -> Response<bytes::Bytes> {
        let now = self.referee.now;
        self.scene.pass_time(now, &self.referee.token());
        if exchange.is_post() {
            self.check_what_is_hit();
        }
        self.answered_at = now;
        if exchange.request.uri().path().ends_with("/submissions/") {
            self.listed_at = now;
        }
        self.scene.portal.handle(now, exchange.request.clone())
    }

    /// A second POST needs a reason, from the service's side: a cancel hits what was noted, and what was started after the last look.
    fn check_what_is_hit(&self) {
        if self.settings.until != Until::Verified {
            return;
        }
        let noted = self.referee.machine().progress().noted;
        for (id, word) in self.scene.portal.truth(PUBLISHER, OFFER, self.referee.now) {
            let is_noted = noted.iter().any(|noted| noted.id().as_str().eq_ignore_ascii_case(&id));
            let start = self.scene.starts.iter().find(|(known, _)| *known == id).map(|(_, start)| *start);
            let unseen = start.is_some_and(|start| start > self.listed_at);
            assert!(is_end(word) || is_noted || unseen, "a cancel hits {id}, which nobody has looked at");
        }
    }

    /// The service was asked in its own words, and for nothing else.
    fn check_calls(&self) {
        for call in self.scene.portal.calls() {
            assert!(call.has_authorization, "{call:?}");
            let refused = call.processed && matches!(call.status, Some(405 | 411 | 421));
            let malformed = call.processed && call.status == Some(400) && !self.scene.asks_for_etag;
            let lost = call.processed && call.call.is_none();
            assert!(!refused && !malformed && !lost, "a request that the service does not have: {call:?}");
        }
        let (posted, posts) = (self.referee.machine().posted(), self.scene.portal.posts());
        assert!(posted != Posted::No || posts == 0, "{posts} POSTs arrived, and none was sent");
        let answered =
            self.scene.portal.calls().iter().any(|call| call.call == Some(Call::Cancel) && call.status.is_some());
        assert!(posted != Posted::Yes || answered, "an answer to a POST that nobody has given");
    }

    /// An outcome is what has become of the operations.
    fn check_truth(&self) {
        let Some(Ok(outcome)) = self.referee.machine().result() else {
            return;
        };
        let truth = self.scene.portal.truth(PUBLISHER, OFFER, self.answered_at);
        let true_of = |id: &str| truth.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, word)| *word);
        let words: Vec<_> = outcome.operations().iter().map(|noted| true_of(noted.id().as_str())).collect();
        let all = |is: fn(&str) -> bool| !words.is_empty() && words.iter().all(|word| word.is_some_and(is));
        let says = format!("{} ({:?}), and the truth is {truth:?}", outcome.as_str(), outcome.proof());
        match outcome {
            Outcome::Canceled { proof: Proof::Verified, .. } => assert!(all(is_canceled), "{says}"),
            Outcome::Ended { proof: Proof::Verified, operation, .. } => {
                assert!(all(is_end) && !all(is_canceled), "{says}");
                assert!(!is_canceled(operation.status()), "{says}");
            }
            Outcome::Canceled { proof: Proof::ByLocation, .. } => {
                assert!(truth.iter().any(|(_, word)| is_canceled(word)), "{says}");
            }
            Outcome::StillRunning { .. } => {
                assert!(words.iter().any(|word| word.is_some_and(|word| !is_end(word))), "{says}");
            }
            Outcome::NothingRunning { .. } => {
                let running = truth.iter().filter(|(_, word)| !is_end(word));
                let wanted = |id: &str| self.settings.only.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(id));
                assert!(running.clone().all(|(id, _)| !wanted(id)), "{says}");
                assert_eq!(self.scene.portal.posts(), 0, "{says}");
            }
            _ => {}
        }
    }
}
