//! Drives a machine and judges all that it does from outside: by what it sends, and by what it was told.
//!
//! The rules are those that are never broken: the token goes to one origin, a second POST needs a reason, an input that
//! does not fit changes nothing, a step is stable, what is over stays over, it ends by the deadline, and no secret is
//! shown.

mod bounds;
mod exchanges;
mod resume;
mod secrets;
mod verdict;
mod waits;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use cancel_core::testing::ledger::Ledger;
use cancel_core::{Cancellation, Exchange, Phase, Step, TokenReason};

use self::exchanges::{Heard, InFlight, Kind};
pub(crate) use self::resume::{Saved, read_again, saved_phase};
use self::waits::Waits;
use crate::origin::Origin;
use crate::settings::Settings;
use crate::token::Pieces;

pub(crate) struct Referee {
    machine: Cancellation,
    settings: Settings,
    place: Origin,
    /// The driver's clock, and the latest time that the machine was told.
    pub(crate) now: Duration,
    told: Duration,
    ledger: Ledger,
    waits: Waits,
    /// How many tokens were handed in, and how many of them to the process before. The machine holds the last one, if
    /// any.
    tokens: u32,
    earlier_tokens: u32,
    holds_token: bool,
    was_rejected: bool,
    in_flight: Option<InFlight>,
    /// The number of the last exchange that was handed out.
    last_id: u64,
    /// The last answer that was taken.
    last: Option<(Kind, Heard)>,
    /// What was in progress by the last list, in lower case.
    listed: BTreeSet<String>,
    /// The most that a list has shown in progress, and the length of the longest text that was read.
    most_listed: usize,
    longest: u64,
    /// Whether the machine was ever sent a token back, or a part of one.
    hears_echoes: bool,
    pieces: Pieces,
    /// How it ended, once it has.
    over: Option<String>,
}

/// What a machine asks for: a [`Step`] that does not borrow it.
pub(crate) enum Next {
    Authenticate,
    Send(Box<Exchange>),
    Await(Duration),
    WaitUntil(Duration),
    Done,
}

impl Referee {
    pub(crate) fn new(settings: Settings, now: Duration) -> Self {
        let machine = Cancellation::new(settings.endpoint(), settings.request(), settings.policy(), now);
        let (ledger, waits) = (Ledger::new(settings.terms()), Waits::new(&settings, now));
        Self::of(machine, ledger, waits, settings, now)
    }

    fn of(machine: Cancellation, ledger: Ledger, waits: Waits, settings: Settings, now: Duration) -> Self {
        Self {
            machine,
            place: settings.place(),
            settings,
            now,
            told: now,
            ledger,
            waits,
            tokens: 0,
            earlier_tokens: 0,
            holds_token: false,
            was_rejected: false,
            in_flight: None,
            last_id: 0,
            last: None,
            listed: BTreeSet::new(),
            most_listed: 0,
            longest: 0,
            hears_echoes: false,
            pieces: Pieces::default(),
            over: None,
        }
    }

    pub(crate) fn machine(&self) -> &Cancellation {
        &self.machine
    }

    /// Whether the machine is polling, so that its next GET is a poll.
    fn is_polling(&self) -> bool {
        matches!(self.machine.progress().phase, Phase::Following | Phase::Verifying)
    }

    /// The next step, at the driver's time or, by a clock that goes back, before it.
    pub(crate) fn step(&mut self, given: Duration) -> Next {
        self.told = self.told.max(given);
        if self.in_flight.as_ref().is_some_and(|exchange| self.told >= exchange.until) && self.over.is_none() {
            self.in_flight = None;
            self.ledger.lost();
        }
        let next = match self.machine.step(given) {
            Step::Authenticate(why) => {
                assert!(!self.holds_token && self.in_flight.is_none(), "a token is asked for, and there is one");
                assert_eq!(why == TokenReason::Rejected, self.was_rejected);
                Next::Authenticate
            }
            Step::Send(exchange) => Next::Send(Box::new(exchange)),
            Step::Await { id, until } => {
                let in_flight = self.in_flight.as_ref().map(|exchange| (exchange.id, exchange.until));
                assert_eq!(in_flight, Some((id, until)));
                Next::Await(until)
            }
            Step::WaitUntil(when) => {
                let in_time = self.told < when && when <= self.waits.deadline;
                assert!(self.in_flight.is_none() && in_time, "a wait until {when:?}");
                Next::WaitUntil(when)
            }
            Step::Done(_) => Next::Done,
        };
        assert!(self.told < self.waits.deadline || matches!(next, Next::Done), "the deadline has passed");
        if let Next::Send(exchange) = &next {
            self.check_sent(exchange);
        }
        self.check_stable(&next);
        self.check_posted();
        self.check_over();
        next
    }

    /// A step with what a driver does for it: it hands in a token, or lets the time pass.
    pub(crate) fn drive(&mut self) -> Next {
        let next = self.step(self.now);
        match next {
            Next::Authenticate => self.provide_token(),
            Next::Await(until) | Next::WaitUntil(until) => self.now = until,
            Next::Send(_) | Next::Done => {}
        }
        next
    }

    /// Nothing is answered any more: it ends all the same, by the deadline at the latest.
    pub(crate) fn end(&mut self) {
        for number in 0..400 {
            if number == 200 {
                self.now = self.now.max(self.waits.deadline);
            }
            if matches!(self.drive(), Next::Done) {
                return self.check_secrets();
            }
        }
        panic!("it does not end");
    }

    /// Asked again, it says the same; what it has sent it does not send again.
    fn check_stable(&mut self, first: &Next) {
        // Without any patience it is lost at once, and that is the next step.
        if matches!(first, Next::Send(exchange) if exchange.timeout.is_zero()) {
            return;
        }
        let before = self.appearance();
        let same = match (self.machine.step(self.told), first) {
            (Step::Authenticate(_), Next::Authenticate) | (Step::Done(_), Next::Done) => true,
            (Step::Await { id, .. }, Next::Send(exchange)) => id == exchange.id,
            (Step::Await { until, .. }, Next::Await(again)) => until == *again,
            (Step::WaitUntil(when), Next::WaitUntil(again)) => when == *again,
            _ => false,
        };
        assert!(same, "another step for the same time");
        assert_eq!(before, self.appearance(), "a step has changed something");
    }

    /// What the machine shows of itself.
    fn appearance(&self) -> impl PartialEq + fmt::Debug + use<> {
        let progress = self.machine.progress();
        let shown = (progress.phase, progress.posted, progress.post_in_flight, progress.polls);
        (shown, progress.due, progress.deadline, progress.baseline.len(), self.machine.now())
    }
}
