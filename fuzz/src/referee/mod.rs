//! Drives a machine and judges all that it does, from outside: by what it sends, and by what it was told.
//!
//! The rules are those that are never broken: the token goes to one origin, a second POST needs a reason, an input that does
//! not fit changes nothing, a step is stable, what is over stays over, it ends by the deadline, and no secret is shown.

mod exchanges;
mod memory;
mod resuming;
mod secrets;
mod verdict;

use std::fmt;
use std::time::Duration;

use self::memory::Memory;
pub(super) use self::resuming::{Saved, read_again};
use super::origin::Origin;
use super::settings::Settings;
use crate::machine::{Cancellation, Exchange, ExchangeId, Step, TokenReason};

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
            self.forget(Memory::post_lost);
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
        // Without any patience it is lost at once, and that is the next step.
        if matches!(first, Wish::Sent(exchange) if exchange.timeout.is_zero()) {
            return;
        }
        let before = self.looks();
        let same = match (self.machine.step(self.told), first) {
            (Step::Authenticate(_), Wish::Token) | (Step::Done(_), Wish::Nothing) => true,
            (Step::Await { id, .. }, Wish::Sent(exchange)) => id == exchange.id,
            (Step::Await { until, .. }, Wish::Answer(again)) => until == *again,
            (Step::WaitUntil(when), Wish::Time(again)) => when == *again,
            _ => false,
        };
        assert!(same, "another step for the same time");
        assert_eq!(before, self.looks(), "a step has changed something");
    }

    /// How the machine looks from outside.
    fn looks(&self) -> impl PartialEq + fmt::Debug + use<> {
        let progress = self.machine.progress();
        let shown = (progress.phase, progress.posted, progress.post_in_flight, progress.polls);
        (shown, progress.due, progress.deadline, progress.noted.len(), self.machine.now())
    }

    /// Nothing is out any more; and if it was a POST, this is what became of it.
    fn forget(&mut self, became: impl FnOnce(&mut Memory)) {
        if self.out.take().is_some_and(|out| out.post) {
            became(&mut self.memory);
        }
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
}
