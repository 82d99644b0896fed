//! The exchange that is in flight, or the one that is due. At any time it is one of the two.

use std::time::Duration;

use super::step::ExchangeId;

#[derive(Debug, Clone)]
pub(super) struct Exchanges {
    /// The last that was handed out.
    last: ExchangeId,
    state: State,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    /// The next exchange may leave from this time on.
    Due { at: Duration, is_repeat: bool },
    /// The last exchange was handed out, and times out then.
    InFlight { until: Duration },
}

impl Exchanges {
    /// None was handed out yet; the first is due then.
    pub(super) fn due_first(at: Duration) -> Self {
        Self { last: ExchangeId::NONE, state: State::Due { at, is_repeat: false } }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn in_flight(&self) -> Option<ExchangeId> {
        matches!(self.state, State::InFlight { .. }).then_some(self.last)
    }

    /// When the one in flight times out.
    pub(super) fn until(&self) -> Option<Duration> {
        match self.state {
            State::InFlight { until } => Some(until),
            State::Due { .. } => None,
        }
    }

    /// When the next is due; `None` while one is in flight.
    pub(super) fn due(&self) -> Option<Duration> {
        match self.state {
            State::InFlight { .. } => None,
            State::Due { at, .. } => Some(at),
        }
    }

    /// The last is completed, and the next is due then.
    pub(super) fn due_at(&mut self, at: Duration, is_repeat: bool) {
        self.state = State::Due { at, is_repeat };
    }

    /// Commits to the next exchange, which is handed out now.
    pub(super) fn hand_out(&mut self, until: Duration) -> ExchangeId {
        self.last = self.last.next();
        self.state = State::InFlight { until };
        self.last
    }
}
