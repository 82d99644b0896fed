//! What an answer to the POST means.

use std::time::Duration;

use http::Uri;
use http::response::Parts;

use super::conversation::{Conversation, Stage, Verdict, problem};
use super::outcome::{Outcome, Proof};
use super::policy::Until;
use super::step::Body;
use super::watching::Watching;
use crate::codec::{Answer, accepted, retry_after};
use crate::error::Error;
use crate::report::Problem;

impl Conversation {
    pub(super) fn posting_answered(&mut self, called: &Uri, head: &Parts, body: &Body) -> Verdict {
        let wait = retry_after(&head.headers);
        match head.status.as_u16() {
            200 => Some(Ok(Outcome::Canceled { proof: Proof::Answered, operation: None, posted: self.posted })),
            202 => self.accepted(called, head, body, wait),
            // Not processed, and the service says so.
            408 | 429 => self.try_again(problem(head, body), wait),
            // A gateway's, perhaps, behind which the service did its work.
            500..=599 => self.may_be_processed(problem(head, body), wait),
            _ => Some(Err(problem(head, body))),
        }
    }

    fn accepted(&mut self, called: &Uri, head: &Parts, body: &Body, wait: Option<Duration>) -> Verdict {
        self.succeeded();
        let named = accepted(&self.endpoint, called, &head.headers, readable(body));
        let named = match named.and_then(|named| named.ok_or_else(|| no_location(body))) {
            Ok(named) => named,
            Err(problem) => return Some(Err(problem.answered(Answer::of(head, body.bytes())))),
        };
        match self.policy.until {
            Until::Accepted => {
                Some(Ok(Outcome::Accepted { location: named.location, retry_after: wait, posted: self.posted }))
            }
            Until::Settled => {
                self.stage = Stage::Watching(Watching::new(named));
                self.pace.restart();
                self.wait(wait);
                None
            }
        }
    }

    /// Nobody knows whether the POST was processed. A second one would cancel what was started since (rule 5).
    pub(super) fn may_be_processed(&mut self, problem: Problem, wait: Option<Duration>) -> Verdict {
        let problem = problem.renamed(Error::Ambiguous, "");
        if self.policy.retry_ambiguous { self.try_again(problem, wait) } else { Some(Err(problem)) }
    }
}

/// What of a body may be read: all or nothing.
fn readable(body: &Body) -> &[u8] {
    match body {
        Body::Complete(bytes) => bytes,
        Body::CutOff(_) | Body::TooLarge(_) => &[],
    }
}

/// Why there is no location: it may have stood in a body that did not arrive.
fn no_location(body: &Body) -> Problem {
    match body {
        Body::Complete(_) => Problem::new(Error::MissingLocation, ""),
        Body::CutOff(_) => {
            Problem::new(Error::Transport, "the cancel was accepted, and the rest of the answer was cut off")
        }
        Body::TooLarge(_) => {
            Problem::new(Error::BodyTooLarge, "the cancel was accepted, and no header says where to look")
        }
    }
}
