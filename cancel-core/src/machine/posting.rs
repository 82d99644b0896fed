//! What an answer to the POST means, and what it means that there is none.

use std::time::Duration;

use http::response::Parts;

use super::conversation::{Conversation, Stage, Verdict, problem};
use super::outcome::{Outcome, Proof};
use super::policy::Until;
use super::step::Body;
use super::watching::Watching;
use crate::codec::{Answer, Called, NamedLocation, accepted, retry_after};
use crate::error::Error;
use crate::report::Problem;

impl Conversation {
    pub(super) fn post_answered(&mut self, head: &Parts, body: &Body) -> Verdict {
        let wait = retry_after(&head.headers);
        match head.status.as_u16() {
            200 => self.canceled(wait),
            202 => self.accepted(head, body, wait),
            // Not processed, and the service says so.
            408 | 429 => self.post_again(problem(head, body), wait),
            // A gateway's, perhaps, behind which the service did its work.
            500..=599 => self.may_be_processed(problem(head, body), wait),
            // Refused.
            400..=499 => Some(Err(problem(head, body))),
            // Who knows what the service did: a run that goes on from here does not post as if nothing had happened.
            _ => {
                self.doubt();
                Some(Err(problem(head, body)))
            }
        }
    }

    fn canceled(&mut self, wait: Option<Duration>) -> Verdict {
        if self.policy.until == Until::Verified {
            self.watch_after(Watching::noted_and(None), wait);
            return None;
        }
        let (operation, operations) = (None, Vec::new());
        Some(Ok(Outcome::Canceled { proof: Proof::Answered, operation, operations, posted: self.posted }))
    }

    fn accepted(&mut self, head: &Parts, body: &Body, wait: Option<Duration>) -> Verdict {
        // From here on nothing is posted again, whatever else is wrong with the answer.
        self.stage = match self.policy.until {
            Until::Verified => Stage::Watching(Watching::noted_and(None)),
            Until::Accepted | Until::Settled => Stage::Unfollowed,
        };
        match (self.policy.until, self.location_of_accepted(head, body)) {
            (Until::Verified, Ok(named)) => self.watch_after(Watching::noted_and(named), wait),
            (_, Err(problem)) => return Some(Err(problem.answered(Answer::of(head, body.bytes())))),
            (_, Ok(None)) => {
                let problem = no_location(body).answered(Answer::of(head, body.bytes()));
                return Some(Err(problem));
            }
            (Until::Settled, Ok(Some(named))) => self.watch_after(Watching::location(named), wait),
            (Until::Accepted, Ok(Some(named))) => {
                let location = named.location;
                return Some(Ok(Outcome::Accepted { location, retry_after: wait, posted: self.posted }));
            }
        }
        None
    }

    fn location_of_accepted(&self, head: &Parts, body: &Body) -> Result<Option<NamedLocation>, Problem> {
        let called = Called::Cancel(&self.request);
        accepted(&self.endpoint, called, &head.headers, body.whole().map_or(&[], |bytes| bytes))
    }

    /// Nobody knows whether the POST was processed. A second one would cancel what was started since.
    pub(super) fn may_be_processed(&mut self, problem: Problem, wait: Option<Duration>) -> Verdict {
        let problem = problem.renamed(Error::Ambiguous, "");
        self.doubt();
        match self.stage {
            Stage::Doubtful => Some(Err(problem)),
            _ => self.post_again(problem, wait),
        }
    }

    /// What is next when nobody knows: a look, where the mode has one; another POST, where the caller wants that; nothing.
    pub(super) fn doubt(&mut self) {
        self.stage = match self.policy.until {
            Until::Verified => Stage::Relisting,
            Until::Accepted | Until::Settled if self.policy.retry_ambiguous => Stage::Posting,
            Until::Accepted | Until::Settled => Stage::Doubtful,
        };
    }

    /// Sends another POST after a wait; with a look directly before it, where the mode has one.
    pub(super) fn post_again(&mut self, problem: Problem, wait: Option<Duration>) -> Verdict {
        self.failed_posts = self.failed_posts.saturating_add(1);
        if self.policy.until == Until::Verified {
            self.stage = Stage::Relisting;
        }
        if self.failed_posts >= self.policy.attempts {
            return Some(Err(problem));
        }
        self.last_failure = Some(problem);
        self.wait(wait);
        None
    }
}

/// Why there is no location: it may have stood in a body that did not arrive.
fn no_location(body: &Body) -> Problem {
    match body.whole() {
        Ok(_) => Problem::new(Error::MissingLocation, ""),
        Err(problem) => problem.explained("the cancel was accepted, and no header says where to look"),
    }
}
