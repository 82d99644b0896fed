//! What the list of operations means, before the POST and after one of which nobody knows what became.

use http::response::Parts;

use super::conversation::{Conversation, Stage, Verdict, problem};
use super::noted::Noted;
use super::outcome::Outcome;
use super::step::Body;
use super::watching::Watching;
use crate::codec::{Answer, OperationList, retry_after};
use crate::error::Error;
use crate::report::Problem;

impl Conversation {
    pub(super) fn list_answered(&mut self, head: &Parts, body: &Body) -> Verdict {
        let wait = retry_after(&head.headers);
        match head.status.as_u16() {
            200 | 204 => match in_progress(body) {
                Ok(running) => {
                    self.succeeded();
                    self.listed(running)
                }
                Err(problem) => self.try_again(problem.answered(Answer::of(head, body.bytes())), wait),
            },
            408 | 429 | 500..=599 => self.try_again(problem(head, body), wait),
            _ => Some(Err(problem(head, body))),
        }
    }

    fn listed(&mut self, running: Noted) -> Verdict {
        let wanted = |running: &Noted| self.request.target().is_none_or(|only| running.holds(only));
        let may_post = !running.is_empty() && wanted(&running);
        if matches!(self.stage, Stage::Listing) {
            if !may_post {
                return Some(Ok(Outcome::NothingRunning { instead: running.into_operations() }));
            }
            if self.policy.dry_run {
                return Some(Ok(Outcome::StillRunning { operations: running.into_operations(), posted: self.posted }));
            }
            self.noted = running;
            self.stage = Stage::Posting;
        } else if may_post && self.noted.first_not_held(&running).is_none() {
            if self.failed_posts >= self.policy.attempts {
                return Some(Err(Problem::new(Error::Ambiguous, "too many cancels led nowhere")));
            }
            self.stage = Stage::Posting;
        } else {
            // They are gone, or somebody has started another since, which a second POST would cancel.
            self.started_since = self.noted.first_not_held(&running);
            self.watch(Watching::noted_and(None));
        }
        None
    }
}

fn in_progress(body: &Body) -> Result<Noted, Problem> {
    Noted::in_progress(&OperationList::read(body.whole()?)?)
}
