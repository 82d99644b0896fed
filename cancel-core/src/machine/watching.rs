//! What is looked at after the POST, whose turn it is, and what an answer says of it.

use bytes::Bytes;
use http::Request;
use http::response::Parts;

use super::conversation::problem;
use super::noted::Noted;
use super::step::Body;
use crate::codec::{
    Answer, Called, CancelRequest, GetOperation, LocationKind, NamedBy, NamedLocation, Operation, State, in_headers,
};
use crate::report::Problem;
use crate::values::{BearerToken, Endpoint};

/// A location may take some time to exist: so many looks may find nothing.
const LOOKS_BEFORE_IT_EXISTS: u32 = 3;

/// What is looked at, one look at a time.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Watching {
    pub(super) location: Option<NamedLocation>,
    /// Nothing more is to be learned from the location.
    pub(super) location_is_done: bool,
    pub(super) turn: Turn,
    /// The noted operation whose turn it is, or was last.
    pub(super) index: usize,
    /// Failures of the location in a row, where it does not decide.
    pub(super) location_failures: u8,
    /// The cancel operation has failed: the next look at an operation in progress ends it.
    pub(super) cancel_failed: bool,
}

/// What the next look is at, or the one that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Location,
    Noted,
}

impl Watching {
    /// The location decides.
    pub(super) fn location(named: NamedLocation) -> Self {
        Self { turn: Turn::Location, ..Self::noted_and(Some(named)) }
    }

    /// The noted operations decide; a location, where there is one, is looked at in turn.
    pub(super) fn noted_and(location: Option<NamedLocation>) -> Self {
        Self {
            location,
            location_is_done: false,
            turn: Turn::Noted,
            index: 0,
            location_failures: 0,
            cancel_failed: false,
        }
    }

    /// The location, as long as there is something to be learned from it.
    pub(super) fn followed(&self) -> Option<&NamedLocation> {
        self.location.as_ref().filter(|_| !self.location_is_done)
    }

    pub(super) fn to_http(
        &self,
        endpoint: &Endpoint,
        request: &CancelRequest,
        noted: &Noted,
        token: &BearerToken,
    ) -> Option<Request<Bytes>> {
        let get = match self.turn {
            Turn::Location => GetOperation::at(self.followed()?.location.clone()),
            Turn::Noted => {
                let (publisher, offer) = (request.publisher().clone(), request.offer().clone());
                GetOperation::new(publisher, offer, noted.get(self.index)?.id().clone())
            }
        };
        let get = match request.call_id() {
            Some(id) => get.client_request_id(id.clone()),
            None => get,
        };
        Some(get.to_http(endpoint, token))
    }

    /// The other of the two is next: the location, or a noted operation that has not ended.
    pub(super) fn take_turns(&mut self, noted: &Noted) {
        if self.turn == Turn::Noted && self.location_adds_something(noted) {
            self.turn = Turn::Location;
        } else if let Some(index) = noted.next_after(self.index) {
            self.turn = Turn::Noted;
            self.index = index;
        }
    }

    /// A location that names a noted operation shows nothing that a look at that operation does not.
    fn location_adds_something(&self, noted: &Noted) -> bool {
        match self.followed().map(|named| named.location.kind()) {
            Some(LocationKind::Migrated { operation, .. }) => !noted.holds(&operation),
            Some(_) => true,
            None => false,
        }
    }

    /// Follows a location that has moved: an `Operation-Location` always counts, a `Location` only while one is followed.
    pub(super) fn follow(&mut self, endpoint: &Endpoint, head: &Parts) -> Result<(), Problem> {
        let Some(followed) = &mut self.location else {
            return Ok(());
        };
        let counts = |by| by == NamedBy::OperationLocation || by == followed.by;
        let called = Called::Url(followed.location.url());
        if let Some(named) = in_headers(endpoint, called, &head.headers, counts)? {
            *followed = named;
        }
        Ok(())
    }

    /// A look at the location, where the noted operations decide: it may say that the cancel has failed. A location that
    /// disappears or fails overrides nothing, and is not asked any more.
    pub(super) fn saw_beside(&mut self, seen: &Seen, attempts: u8) {
        match seen {
            Seen::StillRunning => self.location_failures = 0,
            Seen::Operation(operation) => {
                self.location_failures = 0;
                self.cancel_failed = operation.state() == State::Failed;
                if operation.state().is_end() {
                    self.location_is_done = true;
                }
            }
            Seen::NotYet => {}
            Seen::Transient(_) => {
                self.location_failures = self.location_failures.saturating_add(1);
                if self.location_failures >= attempts {
                    self.location_is_done = true;
                }
            }
            Seen::Refused(_) => self.location_is_done = true,
        }
    }
}

/// What the answer to a look says.
pub(super) enum Seen {
    /// An operation, and how it stands.
    Operation(Operation),
    /// 202: it goes on, whatever the body says.
    StillRunning,
    /// 404, early enough: it may not exist yet.
    NotYet,
    /// Nothing, for now.
    Transient(Problem),
    /// The look is refused.
    Refused(Problem),
}

impl Seen {
    /// Whether it says that something goes on.
    pub(super) fn goes_on(&self) -> bool {
        match self {
            Self::Operation(operation) => !operation.state().is_end(),
            Self::StillRunning => true,
            Self::NotYet | Self::Transient(_) | Self::Refused(_) => false,
        }
    }

    /// Reads the answer to the look with this number, counted from the POST.
    pub(super) fn read(head: &Parts, body: Body, look: u32) -> Self {
        match head.status.as_u16() {
            200 | 204 => match body.whole().and_then(|bytes| Operation::status_in(bytes)) {
                Ok(status) => Self::Operation(Operation::of(status, body.into_bytes())),
                Err(problem) => Self::Transient(problem.answered(Answer::of(head, body.bytes()))),
            },
            202 => Self::StillRunning,
            404 if look <= LOOKS_BEFORE_IT_EXISTS => Self::NotYet,
            408 | 429 | 500..=599 => Self::Transient(problem(head, &body)),
            _ => Self::Refused(problem(head, &body)),
        }
    }
}
