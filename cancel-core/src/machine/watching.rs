//! What an answer to a look at the location means.

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Uri};

use super::conversation::{Conversation, Stage, Verdict, problem};
use super::outcome::{Outcome, Proof};
use super::step::Body;
use crate::codec::{
    Answer, CancelRequest, GetOperation, NamedBy, NamedLocation, Operation, OperationLocation, State, in_headers,
    retry_after,
};
use crate::error::Error;
use crate::report::Problem;
use crate::values::{BearerToken, Endpoint};

/// A location may take some time to exist: so many looks may find nothing.
const LOOKS_BEFORE_IT_EXISTS: u32 = 3;

/// What is watched.
#[derive(Debug)]
pub(super) struct Watching {
    named: NamedLocation,
}

impl Watching {
    pub(super) fn new(named: NamedLocation) -> Self {
        Self { named }
    }

    pub(super) fn location(&self) -> &OperationLocation {
        &self.named.location
    }

    pub(super) fn to_http(&self, endpoint: &Endpoint, request: &CancelRequest, token: &BearerToken) -> Request<Bytes> {
        let get = GetOperation::at(self.named.location.clone());
        let get = match request.call_id() {
            Some(id) => get.client_request_id(id.clone()),
            None => get,
        };
        get.to_http(endpoint, token)
    }

    /// Follows a location that has moved: an `Operation-Location` always counts, a `Location` only while one is followed.
    fn follow(&mut self, endpoint: &Endpoint, called: &Uri, head: &Parts) -> Result<(), Problem> {
        let counts = |by| by == NamedBy::OperationLocation || by == self.named.by;
        if let Some(named) = in_headers(endpoint, called, &head.headers, counts)? {
            self.named = named;
        }
        Ok(())
    }
}

impl Conversation {
    pub(super) fn watching_answered(&mut self, called: &Uri, head: &Parts, body: Body) -> Verdict {
        let wait = retry_after(&head.headers);
        match head.status.as_u16() {
            200 | 204 => match operation(body) {
                Ok(operation) => self.saw(called, head, operation),
                Err((problem, body)) => self.try_again(problem.answered(Answer::of(head, body.bytes())), wait),
            },
            202 => self.still_running(called, head),
            404 if self.polls <= LOOKS_BEFORE_IT_EXISTS => {
                self.wait(wait);
                None
            }
            408 | 429 | 500..=599 => self.try_again(problem(head, &body), wait),
            _ => Some(Err(problem(head, &body))),
        }
    }

    fn saw(&mut self, called: &Uri, head: &Parts, operation: Operation) -> Verdict {
        let state = operation.state();
        self.operation = Some(operation.clone());
        let (proof, posted) = (Proof::Watched, self.posted);
        match state {
            State::Canceled => Some(Ok(Outcome::Canceled { proof, operation: Some(operation), posted })),
            State::Completed | State::Failed => Some(Ok(Outcome::Ended { proof, operation, posted })),
            State::InProgress => self.still_running(called, head),
        }
    }

    fn still_running(&mut self, called: &Uri, head: &Parts) -> Verdict {
        self.succeeded();
        if let Stage::Watching(watching) = &mut self.stage {
            if let Err(problem) = watching.follow(&self.endpoint, called, head) {
                return Some(Err(problem.answered(Answer::of(head, &[]))));
            }
        }
        self.wait(retry_after(&head.headers));
        None
    }
}

/// The operation in a body that arrived whole.
fn operation(body: Body) -> Result<Operation, (Problem, Body)> {
    match body {
        Body::Complete(bytes) => Operation::read(bytes.clone()).map_err(|problem| (problem, Body::Complete(bytes))),
        Body::CutOff(_) => Err((Problem::new(Error::Transport, "the answer was cut off"), body)),
        Body::TooLarge(_) => Err((Problem::new(Error::BodyTooLarge, "the answer is longer than the limit"), body)),
    }
}
