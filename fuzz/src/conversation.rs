//! The machine against the simulated service, with faults and accidents between them: the referee's rules hold, and the
//! outcome agrees with what became of the operations.
//!
//! The input has settings on the first line, and then the [scene](crate::scene).

use std::time::Duration;

use bytes::Bytes;
use cancel_core::testing::portal::{Call, Delivery, Portal};
use cancel_core::{Body, Exchange, Failure, Outcome, Posted, Until};
use http::Response;

use crate::expected::is_end;
use crate::input::script;
use crate::referee::{Next, Referee};
use crate::scene::{Accident, Scene};
use crate::settings::{OFFER, PUBLISHER, Settings};

/// The exchanges that the service answers. What is not over then is left to its deadline.
const EXCHANGES: u64 = 64;

struct Conversation<'a> {
    referee: Referee,
    scene: Scene<'a>,
    settings: Settings,
    /// The service as it was before each answer, for replicas that lag.
    states: Vec<(Duration, Portal)>,
    /// Of when the last answer is, the last list, and the newest of all answers.
    answered_at: Duration,
    listed_at: Duration,
    newest: Duration,
}

/// Plays a conversation.
pub fn conversation(data: &[u8]) {
    let text = script(data);
    let mut lines = text.lines();
    let settings = Settings::read(lines.next().unwrap_or_default());
    let scene = Scene::read(lines, settings.origin);
    let referee = Referee::new(settings.clone(), Duration::ZERO);
    let [answered_at, listed_at, newest] = [Duration::ZERO; 3];
    let mut conversation =
        Conversation { referee, scene, settings, states: Vec::new(), answered_at, listed_at, newest };
    conversation.play();
    conversation.referee.end();
    conversation.check_calls();
    conversation.check_truth();
    conversation.referee.weigh();
}

impl Conversation<'_> {
    fn play(&mut self) {
        let mut number = 0;
        while number < EXCHANGES {
            match self.referee.drive() {
                Next::Authenticate => {
                    let until = self.settings.expires.map(|after| self.referee.now.saturating_add(after));
                    self.scene.portal.accept_token(&self.referee.token(), until);
                }
                Next::Send(exchange) => {
                    self.exchange(&exchange, self.scene.accident(number));
                    number += 1;
                }
                Next::Await(_) | Next::WaitUntil(_) => {}
                Next::Done => return,
            }
        }
    }

    fn exchange(&mut self, exchange: &Exchange, accident: Option<Accident>) {
        let now = self.referee.now;
        match accident {
            Some(Accident::NotSent) => self.referee.fail(now, Failure::not_sent("nothing listens")),
            Some(Accident::Crash { processed }) => {
                // Durable before the first byte leaves.
                let saved = self.referee.save();
                if processed {
                    self.service_answers(exchange);
                }
                self.referee.resume(now, &saved, None);
            }
            Some(Accident::Dropped) => {
                self.service_answers(exchange);
                self.referee.fail(now, Failure::Dropped);
            }
            Some(Accident::Late) => {
                self.service_answers(exchange);
                self.referee.now = now.saturating_add(exchange.timeout);
            }
            None | Some(Accident::Replica { .. }) => {
                let response = match accident {
                    Some(Accident::Replica { since }) if !exchange.is_post() => self.replica_answers(exchange, since),
                    _ => self.service_answers(exchange),
                };
                // The driver does not wait beyond the exchange's time.
                let now = now.saturating_add(self.settings.latency.min(exchange.timeout));
                self.referee.now = now;
                match Delivery::of(&response) {
                    Delivery::Whole => self.referee.answer(now, response.map(Body::Complete)),
                    Delivery::CutBody => self.referee.answer(now, response.map(Body::CutOff)),
                    Delivery::Dropped => self.referee.fail(now, Failure::maybe_sent("connection reset")),
                }
            }
        }
    }

    fn service_answers(&mut self, exchange: &Exchange) -> Response<Bytes> {
        let now = self.referee.now;
        self.scene.pass_time(now, &self.referee.token());
        if exchange.is_post() {
            self.check_what_is_canceled();
        }
        if self.scene.has_replicas() {
            self.states.push((now, self.scene.portal.clone()));
        }
        self.answered(now, exchange);
        self.scene.portal.handle(now, exchange.request.clone())
    }

    /// It knows what the service knew before an earlier answer, and the time of then.
    fn replica_answers(&mut self, exchange: &Exchange, since: u64) -> Response<Bytes> {
        let known = usize::try_from(since).ok().and_then(|since| self.states.get(since));
        let Some((then, mut replica)) = known.cloned() else {
            return self.service_answers(exchange);
        };
        replica.accept_token(&self.referee.token(), None);
        self.answered(then, exchange);
        replica.handle(then, exchange.request.clone())
    }

    fn answered(&mut self, at: Duration, exchange: &Exchange) {
        self.answered_at = at;
        self.newest = self.newest.max(at);
        if exchange.request.uri().path().ends_with("/submissions/") {
            self.listed_at = at;
        }
    }

    /// The rule on a second POST from the service's side: a cancel stops the baseline, and what was started after the
    /// last list.
    fn check_what_is_canceled(&self) {
        if self.settings.until != Until::Verified {
            return;
        }
        let baseline = self.referee.machine().progress().baseline;
        for (id, word) in self.scene.portal.truth(PUBLISHER, OFFER, self.referee.now) {
            let is_tracked = baseline.iter().any(|tracked| tracked.id().as_str().eq_ignore_ascii_case(&id));
            let start = self.scene.starts.iter().find(|(known, _)| *known == id).map(|(_, start)| *start);
            let is_newer = start.is_some_and(|start| start > self.listed_at);
            assert!(is_end(word) || is_tracked || is_newer, "a cancel stops {id}, which no list has shown");
        }
    }

    /// The service was asked in its own words, and for nothing else.
    fn check_calls(&self) {
        let (portal, posted) = (&self.scene.portal, self.referee.machine().posted());
        for call in portal.calls() {
            assert!(call.has_authorization, "{call:?}");
            let refused = call.processed && matches!(call.status, Some(405 | 411 | 421));
            let malformed = call.processed && call.status == Some(400) && !self.scene.asks_for_etag;
            let unknown = call.processed && call.call.is_none();
            assert!(!refused && !malformed && !unknown, "a request that the service does not have: {call:?}");
        }
        assert!(posted != Posted::No || portal.posts() == 0, "{} POSTs arrived, and none was sent", portal.posts());
        let answered = portal.calls().iter().any(|call| call.call == Some(Call::Cancel) && call.status.is_some());
        assert!(posted != Posted::Yes || answered, "an answer to a POST that the service has not given");
    }

    /// An outcome is what has become of the operations. What is in progress is as old as the answer that says so.
    fn check_truth(&self) {
        let Some(Ok(outcome)) = self.referee.machine().result() else { return };
        let at = match outcome {
            Outcome::Canceled { .. } | Outcome::Ended { .. } => self.newest,
            // It rests on several answers, not all of the same time.
            Outcome::StillRunning { .. } if self.answered_at < self.newest => return,
            _ => self.answered_at,
        };
        self.referee.check_truth(outcome, &self.scene.portal.truth(PUBLISHER, OFFER, at));
    }
}
