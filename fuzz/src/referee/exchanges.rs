//! What goes out, and what is handed in for it.

use std::sync::OnceLock;
use std::time::Duration;

use http::{Request, Response};

use super::super::expected::{HOUR, is_end, list_in, plain_wait, status_in, tree};
use super::super::settings::Settings;
use super::memory::Memory;
use super::secrets::CANARY;
use super::{Last, Out, Referee};
use crate::machine::{Body, Cancellation, Event, Exchange, ExchangeId, Failure, Phase, Step, Until};
use crate::values::BearerToken;

impl Referee {
    pub(super) fn check_sent(&mut self, exchange: &Exchange) {
        let request = &exchange.request;
        assert!(self.out.is_none(), "two exchanges are out");
        assert!(self.ids.last().is_none_or(|last| *last < exchange.id), "an id that was there before");
        assert!(exchange.timeout <= self.settings.timeout);
        assert!(self.told.saturating_add(exchange.timeout) <= self.memory.deadline, "beyond the deadline");
        assert_eq!(exchange.body_limit, self.settings.limit);
        self.check_token(request);
        let path = request.uri().path().to_owned();
        let post = request.method() == http::Method::POST;
        if post {
            assert_eq!(path, self.settings.path("cancel"));
            let length = request.headers()["content-length"].to_str().unwrap();
            assert_eq!(length, request.body().len().to_string());
            self.memory.post_leaves(&self.settings, self.told);
        } else {
            assert!(request.method() == http::Method::GET && request.body().is_empty());
            let looks = self.machine.progress().phase == Phase::Watching;
            assert!(!looks || self.memory.earliest <= self.told, "a look before its time");
        }
        let call = request.headers().get("x-ms-client-request-id").map(|id| id.to_str().unwrap());
        assert_eq!(call, self.settings.call.as_deref());
        self.memory.look = None;
        self.memory.lists = if path.ends_with("/submissions/") { self.memory.lists + 1 } else { 0 };
        self.ids.push(exchange.id);
        self.out = Some(Out { id: exchange.id, until: self.told.saturating_add(exchange.timeout), post, path });
    }

    /// Rules 1 and 4, of a request.
    fn check_token(&self, request: &Request<bytes::Bytes>) {
        self.place.check(request.uri());
        assert!(self.holds_token, "a request without a token");
        let values: Vec<_> = request.headers().get_all("authorization").iter().collect();
        assert!(values.len() == 1 && values[0].is_sensitive());
        assert_eq!(values[0].as_bytes(), format!("Bearer {}", self.token()).as_bytes());
        for value in request.headers().iter().filter(|(name, _)| *name != "authorization").map(|(_, value)| value) {
            self.check_silent("a header", &String::from_utf8_lossy(value.as_bytes()));
        }
        self.check_silent("a body", &String::from_utf8_lossy(request.body()));
        self.check_silent("a URL", &request.uri().to_string());
    }

    /// Hands in an answer to what is out or, when nothing is, to what was.
    pub(in crate::fuzzing) fn answer(&mut self, given: Duration, mut response: Response<Body>) {
        self.hears_echoes |= self.echo(&mut response);
        let Some(out) = self.out.take().filter(|_| self.over.is_none()) else {
            return self.check_misuse(given, &response);
        };
        self.told = self.told.max(given);
        let status = response.status().as_u16();
        let tree = match response.body() {
            Body::Complete(body) if body.len() <= self.settings.limit => tree(body),
            _ => None,
        };
        let list = out.path.ends_with("/submissions/");
        let word = tree.as_ref().and_then(status_in).map(str::to_owned);
        let rejected_again = status == 401 && self.last.as_ref().is_some_and(|last| last.status == 401);
        self.last = Some(Last { post: out.post, list, status, word: word.clone() });
        if out.post {
            self.memory.post_answered(status);
        }
        self.memory.failures = match status {
            408 | 429 | 500..=599 if !out.post => self.memory.failures.saturating_add(1),
            401 => self.memory.failures,
            _ => 0,
        };
        if status == 401 {
            (self.holds_token, self.was_rejected) = (false, true);
        }
        if list {
            self.memory.listed = self.told;
        }
        if matches!(status, 200 | 204) {
            let progressing = |(id, word): &(&str, &str)| (!is_end(word)).then(|| id.to_ascii_lowercase());
            let in_progress = tree.as_ref().and_then(list_in).map(|all| all.iter().filter_map(progressing).collect());
            self.memory.look = in_progress.filter(|_| list);
            let id = out.path.strip_prefix(&self.settings.path("operations/"));
            if let (Some(word), false) = (&word, list || out.post) {
                self.memory.saw(id, word);
            }
        }
        if self.hears_echoes {
            let event = Event::answered(&self.machine, out.id, &response);
            self.check_silent("an event", &format!("{event:?}"));
        }
        let asked = plain_wait(response.headers()).unwrap_or_default();
        self.machine.handle_response(given, out.id, response).expect("it is out");
        // Which list it could read is its own to say; what is noted is what that list has shown.
        if self.memory.noted.is_none() && !self.machine.progress().noted.is_empty() {
            self.memory.noted.clone_from(&self.memory.look);
        }
        if self.machine.progress().phase == Phase::Watching && !list && status != 401 {
            self.memory.earliest = self.told.saturating_add(self.settings.poll.max(asked.min(HOUR)));
        }
        assert!(
            !rejected_again || self.machine.result().is_some(),
            "two tokens were rejected in a row, and it goes on"
        );
        self.check_patience(list);
        self.check_posted();
        self.check_over();
    }

    /// Hands in a failure of what is out or, when nothing is, of what was.
    pub(in crate::fuzzing) fn fail(&mut self, given: Duration, failure: Failure) {
        let Some(out) = self.out.clone().filter(|_| self.over.is_none()) else {
            return self.check_misuse(given, &Response::new(Body::from("")));
        };
        self.told = self.told.max(given);
        let (id, list) = (out.id, out.path.ends_with("/submissions/"));
        if failure == Failure::TimedOut {
            self.told = self.told.max(out.until);
        }
        let given_up = (!out.post && failure == Failure::Dropped) || failure == Failure::NotAttempted;
        self.memory.failures = self.memory.failures.saturating_add(u8::from(!out.post && !given_up));
        self.hears_echoes |= failure.why().contains(CANARY);
        let event = Event::failed(&self.machine, id, &failure);
        self.check_silent("an event", &format!("{event:?}"));
        match failure {
            Failure::NotSent(_) => self.forget(Memory::post_not_sent),
            Failure::NotAttempted => self.forget(Memory::post_withheld),
            Failure::MaybeSent(_) | Failure::TimedOut | Failure::Dropped => self.forget(Memory::post_lost),
        }
        self.machine.handle_failure(given, id, failure).expect("it is out");
        let ends = self.machine.result().is_some() && self.told < self.machine.progress().deadline;
        assert!(!given_up || !ends, "what its caller gave up or kept has ended it");
        self.check_patience(list);
        self.check_posted();
        self.check_over();
    }

    /// So many failures in a row are final. In a verified run a location may fail, and then it is not asked any more.
    fn check_patience(&self, list: bool) {
        let decides = list || self.settings.until != Until::Verified;
        let is_enough = decides && self.memory.failures >= self.settings.attempts;
        assert!(!is_enough || self.machine.result().is_some(), "{} failures in a row", self.memory.failures);
    }

    /// What is not out is not answered, by whatever id it was known or is known elsewhere.
    pub(in crate::fuzzing) fn check_misuse(&mut self, given: Duration, response: &Response<Body>) {
        let out = self.out.as_ref().map(|out| out.id).filter(|_| self.over.is_none());
        let before = format!("{:?}", self.machine);
        for id in self.ids.iter().rev().take(3).chain(strangers()).filter(|id| Some(**id) != out) {
            assert!(self.machine.handle_response(given, *id, response.clone()).is_err(), "{id} is not out");
            assert!(self.machine.handle_failure(given, *id, Failure::not_sent("late")).is_err(), "{id} is not out");
        }
        assert_eq!(before, format!("{:?}", self.machine), "a misuse has changed something");
    }
}

/// Ids that another machine has given out.
fn strangers() -> &'static [ExchangeId] {
    static IDS: OnceLock<Vec<ExchangeId>> = OnceLock::new();
    IDS.get_or_init(|| {
        let settings = Settings::read("until=accepted attempts=7 poll=0");
        let mut machine = Cancellation::new(settings.endpoint(), settings.request(), settings.policy(), Duration::ZERO);
        machine.provide_token(BearerToken::new("stranger").unwrap());
        let mut ids = Vec::new();
        for _ in 0..7 {
            let Step::Send(exchange) = machine.step(Duration::ZERO) else { break };
            ids.push(exchange.id);
            machine.handle_failure(Duration::ZERO, exchange.id, Failure::not_sent("")).unwrap();
        }
        ids
    })
}
