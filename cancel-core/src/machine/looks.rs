//! What is concluded from a look: from one at the location, and from one at a noted operation.

use std::time::Duration;

use http::response::Parts;

use super::conversation::{Conversation, Stage, Verdict};
use super::outcome::{Outcome, Posted, Proof};
use super::policy::Until;
use super::step::Body;
use super::watching::{Seen, Turn, Watching};
use crate::codec::{Answer, Operation, State, retry_after};
use crate::report::Problem;

impl Conversation {
    pub(super) fn look_answered(&mut self, head: &Parts, body: Body) -> Verdict {
        let seen = Seen::read(head, body, self.polls);
        let goes_on = seen.goes_on();
        let verdict = self.saw(seen).or_else(|| if goes_on { self.follow(head) } else { None });
        verdict.or_else(|| self.look_again(retry_after(&head.headers)))
    }

    pub(super) fn look_failed(&mut self, problem: Problem) -> Verdict {
        self.saw(Seen::Transient(problem)).or_else(|| self.look_again(None))
    }

    fn saw(&mut self, seen: Seen) -> Verdict {
        let Stage::Watching(watching) = &mut self.stage else {
            return None;
        };
        match (watching.turn, self.policy.until) {
            (Turn::Noted, _) => self.saw_noted(seen),
            (Turn::Location, Until::Verified) => {
                watching.saw_beside(&seen, self.policy.attempts);
                None
            }
            (Turn::Location, Until::Accepted | Until::Settled) => self.saw_location(seen),
        }
    }

    fn look_again(&mut self, retry_after: Option<Duration>) -> Verdict {
        if let Stage::Watching(watching) = &mut self.stage {
            watching.take_turns(&self.noted);
        }
        self.wait(retry_after);
        None
    }

    /// A look at a noted operation: it decides.
    fn saw_noted(&mut self, seen: Seen) -> Verdict {
        match seen {
            Seen::Operation(operation) => {
                self.succeeded();
                self.operation = Some(operation.clone());
                let ended = operation.state().is_end();
                if let Stage::Watching(watching) = &self.stage {
                    self.noted.saw(watching.index, operation);
                }
                if ended { self.have_all_ended() } else { self.goes_on() }
            }
            Seen::StillRunning => {
                self.succeeded();
                self.goes_on()
            }
            Seen::NotYet => None,
            Seen::Transient(problem) => self.failed(problem),
            Seen::Refused(problem) => Some(Err(problem)),
        }
    }

    fn have_all_ended(&self) -> Verdict {
        if !self.noted.have_all_ended() {
            return None;
        }
        let (proof, posted) = (Proof::Verified, self.posted);
        let operations = self.noted.operations().to_vec();
        Some(Ok(match self.noted.not_canceled().cloned() {
            Some(operation) => Outcome::Ended { proof, operation, operations, posted },
            None => Outcome::Canceled { proof, operation: self.operation.clone(), operations, posted },
        }))
    }

    /// A noted operation is in progress. If the cancel is known to have failed before, it is not going to end by that.
    fn goes_on(&self) -> Verdict {
        match &self.stage {
            Stage::Watching(Watching { cancel_failed: true, .. }) => {
                Some(Ok(Outcome::StillRunning { operations: self.noted.operations().to_vec(), posted: self.posted }))
            }
            _ => None,
        }
    }

    /// A look at the location, where nothing else decides.
    fn saw_location(&mut self, seen: Seen) -> Verdict {
        match seen {
            Seen::Operation(operation) => {
                self.succeeded();
                let operation = self.operation.insert(operation);
                watched_end(operation, self.posted)
            }
            Seen::StillRunning => {
                self.succeeded();
                None
            }
            Seen::NotYet => None,
            Seen::Transient(problem) => self.failed(problem),
            Seen::Refused(problem) => Some(Err(problem)),
        }
    }

    /// The location may move, when it was the location that was looked at; a new one passes the same checks.
    fn follow(&mut self, head: &Parts) -> Verdict {
        match &mut self.stage {
            Stage::Watching(watching) if watching.turn == Turn::Location => {
                let problem: Problem = watching.follow(&self.endpoint, head).err()?;
                Some(Err(problem.answered(Answer::of(head, &[]))))
            }
            _ => None,
        }
    }
}

/// What the location's operation means, where nothing else decides.
fn watched_end(operation: &Operation, posted: Posted) -> Verdict {
    let (proof, operations) = (Proof::Watched, Vec::new());
    match operation.state() {
        State::InProgress => None,
        State::Canceled => {
            let operation = Some(operation.clone());
            Some(Ok(Outcome::Canceled { proof, operation, operations, posted }))
        }
        State::Completed | State::Failed => {
            let operation = operation.clone();
            Some(Ok(Outcome::Ended { proof, operation, operations, posted }))
        }
    }
}
