//! Drives a machine and judges all that it does, from outside: by what it sends, and by what it was told.
//!
//! The rules are those that are never broken: the token goes to one origin, a second POST needs a reason, an input that does
//! not fit changes nothing, a step is stable, what is over stays over, it ends by the deadline, and no secret is shown.

mod memory;
mod verdict;

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use http::Response;
use serde_json::Value;

use self::memory::Memory;
use super::expected::{HOUR, is_end, list_in, plain_wait, status_in, tree};
use super::origin::Origin;
use super::settings::Settings;
use crate::machine::{Body, Cancellation, Checkpoint, Exchange, ExchangeId, Failure, Phase, Step, TokenReason};
use crate::values::BearerToken;

/// What every token of a referee's holds, and nothing else does.
const CANARY: &str = "canary-token-";

pub(super) struct Referee {
    machine: Cancellation,
    settings: Settings,
    place: Origin,
    /// The clock of whoever drives, and the latest time that the machine was told.
    pub(super) now: Duration,
    told: Duration,
    memory: Memory,
    /// Tokens so far, and how many of them another process was given; the one that is held is the last, if any.
    tokens: u32,
    foreign_tokens: u32,
    holds_token: bool,
    was_rejected: bool,
    pub(super) out: Option<Out>,
    /// Every id that was ever out.
    ids: Vec<ExchangeId>,
    last: Option<Last>,
    /// Whether it was ever sent a token back.
    hears_echoes: bool,
    /// How it ended, once it has.
    over: Option<String>,
}

/// The exchange that is out.
#[derive(Debug, Clone)]
pub(super) struct Out {
    id: ExchangeId,
    until: Duration,
    post: bool,
    path: String,
}

/// The last answer that was taken.
#[derive(Debug, Clone)]
struct Last {
    post: bool,
    list: bool,
    status: u16,
    /// The status that a whole body named.
    word: Option<String>,
}

/// What a machine wants.
pub(super) enum Wish {
    Token,
    /// It has handed this out.
    Sent(Box<Exchange>),
    /// What is out is waited for, until then.
    Answer(Duration),
    Time(Duration),
    Nothing,
}

/// A checkpoint, with what its writer knew.
pub(super) struct Saved {
    pub(super) text: String,
    memory: Memory,
}

impl Referee {
    pub(super) fn new(settings: Settings, now: Duration) -> Self {
        let machine = Cancellation::new(settings.endpoint(), settings.request(), settings.policy(), now);
        let memory = Memory::new(&settings, now);
        Self::of(machine, memory, settings, now)
    }

    fn of(machine: Cancellation, memory: Memory, settings: Settings, now: Duration) -> Self {
        Self {
            machine,
            place: settings.place(),
            settings,
            now,
            told: now,
            memory,
            tokens: 0,
            foreign_tokens: 0,
            holds_token: false,
            was_rejected: false,
            out: None,
            ids: Vec::new(),
            last: None,
            hears_echoes: false,
            over: None,
        }
    }

    /// The next step, at the referee's time or, by a clock that goes wrong, before it.
    pub(super) fn step(&mut self, given: Duration) -> Wish {
        self.told = self.told.max(given);
        if self.out.as_ref().is_some_and(|out| self.told >= out.until) && self.over.is_none() {
            self.forget(|memory| memory.post_lost());
        }
        let wish = match self.machine.step(given) {
            Step::Authenticate(why) => {
                assert!(!self.holds_token && self.out.is_none(), "a token is asked for, and there is one");
                assert_eq!(why == TokenReason::Rejected, self.was_rejected);
                Wish::Token
            }
            Step::Send(exchange) => Wish::Sent(Box::new(exchange)),
            Step::Await { id, until } => {
                assert_eq!(self.out.as_ref().map(|out| (out.id, out.until)), Some((id, until)));
                Wish::Answer(until)
            }
            Step::WaitUntil(when) => {
                assert!(
                    self.out.is_none() && self.told < when && when <= self.memory.deadline,
                    "a wait until {when:?}"
                );
                Wish::Time(when)
            }
            Step::Done(_) => Wish::Nothing,
        };
        assert!(self.told < self.memory.deadline || matches!(wish, Wish::Nothing), "the deadline has passed");
        if let Wish::Sent(exchange) = &wish {
            self.check_sent(exchange);
        }
        self.check_stable(&wish);
        self.check_posted();
        self.check_over();
        wish
    }

    /// Asked again, it says the same; what it has sent it does not send again.
    fn check_stable(&mut self, first: &Wish) {
        let before = self.looks();
        let same = match (self.machine.step(self.told), first) {
            (Step::Authenticate(_), Wish::Token) | (Step::Done(_), Wish::Nothing) => true,
            (Step::Await { id, .. }, Wish::Sent(exchange)) => id == exchange.id,
            (Step::Await { until, .. }, Wish::Answer(again)) => until == *again,
            (Step::WaitUntil(when), Wish::Time(again)) => when == *again,
            // Without any patience it is lost at once.
            (_, Wish::Sent(exchange)) if exchange.timeout.is_zero() => {
                self.forget(|memory| memory.post_lost());
                return;
            }
            _ => false,
        };
        assert!(same, "another step for the same time");
        assert_eq!(before, self.looks(), "a step has changed something");
    }

    /// How the machine looks from outside.
    fn looks(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let progress = self.machine.progress();
        let shown = (progress.phase, progress.posted, progress.post_is_out, progress.polls);
        (shown, progress.due, progress.deadline, progress.noted.len(), self.machine.now())
    }

    fn check_sent(&mut self, exchange: &Exchange) {
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
            self.memory.post_leaves(&self.settings);
        } else {
            assert!(request.method() == http::Method::GET && request.body().is_empty());
            let looks = self.machine.progress().phase == Phase::Watching;
            assert!(!looks || self.memory.earliest <= self.told, "a look before its time");
        }
        let call = request.headers().get("x-ms-client-request-id").map(|id| id.to_str().unwrap());
        assert_eq!(call, self.settings.call.as_deref());
        self.memory.look = None;
        self.ids.push(exchange.id);
        self.out = Some(Out { id: exchange.id, until: self.told.saturating_add(exchange.timeout), post, path });
    }

    /// Rules 1 and 4, of a request.
    fn check_token(&self, request: &http::Request<bytes::Bytes>) {
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

    /// The token that was handed in last.
    pub(super) fn token(&self) -> String {
        token_of(self.tokens)
    }

    pub(super) fn provide_token(&mut self) {
        self.tokens += 1;
        self.holds_token = true;
        self.machine.provide_token(BearerToken::new(self.token()).unwrap());
        self.check_over();
    }

    /// Hands in an answer to what is out or, when nothing is, to what was.
    pub(super) fn answer(&mut self, given: Duration, mut response: Response<Body>) {
        self.told = self.told.max(given);
        self.hears_echoes |= self.echo(&mut response);
        let Some(out) = self.out.take().filter(|_| self.over.is_none()) else {
            return self.check_misuse(given, &response);
        };
        let status = response.status().as_u16();
        let tree = match response.body() {
            Body::Complete(body) if body.len() <= self.settings.limit => tree(body),
            _ => None,
        };
        let list = out.path.ends_with("/submissions/");
        let word = tree.as_ref().and_then(status_in).map(str::to_owned);
        self.last = Some(Last { post: out.post, list, status, word: word.clone() });
        if out.post {
            self.memory.post_answered(status);
        }
        if status == 401 {
            (self.holds_token, self.was_rejected) = (false, true);
        }
        if matches!(status, 200 | 204) {
            let progressing = |(id, word): &(&str, &str)| (!is_end(word)).then(|| id.to_ascii_lowercase());
            let in_progress = tree.as_ref().and_then(list_in).map(|all| all.iter().filter_map(progressing).collect());
            self.memory.look = in_progress.filter(|_| list);
            let id = out.path.strip_prefix(&self.settings.path("operations/"));
            if let (Some(id), Some(word)) = (id, &word) {
                self.memory.saw(id, word);
            }
        }
        let asked = plain_wait(response.headers()).unwrap_or_default();
        self.machine.handle_response(given, out.id, response).expect("it is out");
        if self.machine.progress().phase == Phase::Watching && !list && status != 401 {
            self.memory.earliest = self.told.saturating_add(self.settings.poll.max(asked.min(HOUR)));
        }
        self.check_posted();
        self.check_over();
    }

    /// Hands in a failure of what is out or, when nothing is, of what was.
    pub(super) fn fail(&mut self, given: Duration, failure: Failure) {
        self.told = self.told.max(given);
        let Some(id) = self.out.as_ref().map(|out| out.id).filter(|_| self.over.is_none()) else {
            return self.check_misuse(given, &Response::new(Body::from("")));
        };
        self.hears_echoes |= failure.why().contains(CANARY);
        match failure {
            Failure::NotSent(_) => self.forget(|memory| memory.post_not_sent()),
            Failure::MaybeSent(_) | Failure::Abandoned => self.forget(|memory| memory.post_lost()),
        }
        self.machine.handle_failure(given, id, failure).expect("it is out");
        self.check_posted();
        self.check_over();
    }

    /// Nothing is out any more; and if it was a POST, this is what became of it.
    fn forget(&mut self, became: impl FnOnce(&mut Memory)) {
        if self.out.take().is_some_and(|out| out.post) {
            became(&mut self.memory);
        }
    }

    /// What is not out is not answered, by whatever id it was known or is known elsewhere.
    pub(super) fn check_misuse(&mut self, given: Duration, response: &Response<Body>) {
        let out = self.out.as_ref().map(|out| out.id).filter(|_| self.over.is_none());
        let before = format!("{:?}", self.machine);
        for id in self.ids.iter().rev().take(3).chain(strangers()).filter(|id| Some(**id) != out) {
            assert!(self.machine.handle_response(given, *id, response.clone()).is_err(), "{id} is not out");
            assert!(self.machine.handle_failure(given, *id, Failure::not_sent("late")).is_err(), "{id} is not out");
        }
        assert_eq!(before, format!("{:?}", self.machine), "a misuse has changed something");
    }

    /// The conversation written down, as it stands.
    pub(super) fn save(&self) -> Saved {
        let checkpoint = self.machine.checkpoint();
        let text = checkpoint.to_json();
        assert_eq!(Checkpoint::from_json(&text).unwrap(), checkpoint, "written and read again");
        self.check_silent("a checkpoint", &text);
        Saved { text, memory: self.memory.clone() }
    }

    /// Another process goes on from what was saved, at this time, or is refused; whatever of it has been rewritten.
    pub(super) fn resume(&mut self, now: Duration, saved: &Saved, rewritten: Option<&str>) -> bool {
        let text = rewritten.unwrap_or(&saved.text);
        let is_ours = text == saved.text;
        let value = read_again(text);
        let Some(machine) = resumed(&self.settings, text, now) else {
            // A year before or after, a clock makes nonsense of any time.
            let near = now.as_secs() < 1 << 24 && self.memory.deadline.as_secs() < 1 << 24;
            let may_fail = !is_ours || value["over"] == "outcome" || self.settings.dry || !near;
            assert!(may_fail, "our own checkpoint is refused: {text}");
            return false;
        };
        assert!(value["over"] != "outcome" && !self.settings.dry, "a run that is over goes on");
        let settings = if is_ours { self.settings.clone() } else { self.settings.of_stranger(&value) };
        let mut memory = saved.memory.clone();
        if is_ours {
            memory.resumed(&value, now, &settings);
        } else {
            memory = Memory::of_stranger(&value, now, &settings);
        }
        let tokens = self.tokens;
        *self = Self::of(machine, memory, settings, now);
        (self.tokens, self.foreign_tokens) = (tokens, tokens);
        self.check_posted();
        self.check_over();
        true
    }

    /// A referee of a run that begins with somebody's checkpoint.
    pub(super) fn of_checkpoint(settings: Settings, text: &str, now: Duration) -> Option<Self> {
        let machine = resumed(&settings, text, now)?;
        let value = read_again(text);
        let settings = settings.of_stranger(&value);
        let memory = Memory::of_stranger(&value, now, &settings);
        let referee = Self::of(machine, memory, settings, now);
        referee.check_posted();
        Some(referee)
    }

    /// Nobody answers any more: it ends all the same.
    pub(super) fn end(&mut self) {
        for _ in 0..200 {
            match self.step(self.now) {
                Wish::Token => self.provide_token(),
                Wish::Sent(_) => {}
                Wish::Answer(until) | Wish::Time(until) => self.now = until,
                Wish::Nothing => {
                    if self.hears_echoes {
                        self.check_secrets();
                    }
                    return;
                }
            }
        }
        panic!("it does not end");
    }

    pub(super) fn machine(&self) -> &Cancellation {
        &self.machine
    }

    /// Writes the tokens into an answer that asks for it: `$TOKEN` is the one that is held, `$OLD` the one before, and in a
    /// body `$JSON` is spelled with escapes.
    fn echo(&self, response: &mut Response<Body>) -> bool {
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

    fn check_secrets(&self) {
        self.check_silent("the machine", &format!("{:?}", self.machine));
        self.check_silent("the checkpoint", &self.machine.checkpoint().to_json());
        if let Some(Err(error)) = self.machine.result() {
            self.check_silent("the error", &error.to_string());
        }
    }

    fn check_silent(&self, what: &str, text: &str) {
        assert!(!text.contains(CANARY), "{what} shows a token: {text}");
    }
}

/// A token, with a character that JSON can spell in two ways.
fn token_of(number: u32) -> String {
    format!("{CANARY}{number}/0123456789+0123456789-0123456789")
}

/// A checkpoint as a tree, without what the reader has passed over.
pub(super) fn read_again(text: &str) -> Value {
    let known = Checkpoint::from_json(text).map(|checkpoint| checkpoint.to_json()).unwrap_or_default();
    serde_json::from_str(&known).unwrap_or_default()
}

fn resumed(settings: &Settings, text: &str, now: Duration) -> Option<Cancellation> {
    let resumed = Checkpoint::from_json(text)
        .and_then(|checkpoint| Cancellation::resume(settings.endpoint(), checkpoint, settings.policy(), now));
    match resumed {
        Ok(machine) => Some(machine),
        Err(error) => {
            super::expected::check_error(&error);
            assert_eq!(error.kind(), "checkpoint");
            None
        }
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
        while let Step::Send(exchange) = machine.step(Duration::ZERO) {
            ids.push(exchange.id);
            machine.handle_failure(Duration::ZERO, exchange.id, Failure::not_sent("")).unwrap();
        }
        ids
    })
}
