//! Whether what a machine says of itself, or ends with, agrees with the books. Nothing but a baseline is entered here.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Response;

use super::Ledger;
use super::known::LastPost;
use super::rules::{Rule, Verdict, must};
use super::words::{check_outcome, is_end};
use crate::error::{Error, ErrorKind, Posted};
use crate::machine::{Body, Cancellation, ExchangeId, Failure, Outcome, Until};

impl Ledger {
    /// What the machine says of itself, after each input.
    ///
    /// # Errors
    ///
    /// When it says of its POSTs what is not so.
    pub fn check(&mut self, machine: &Cancellation) -> Verdict {
        // Which list it could read is for the machine to say. Its baseline is what that list has shown.
        if self.known.baseline.is_none() && !machine.progress().baseline.is_empty() {
            self.known.baseline.clone_from(&self.list);
        }
        let ended = machine.result().map(|result| result.as_ref().map_or_else(Error::posted, Outcome::posted));
        for posted in [Some(machine.posted()), Some(machine.progress().posted), ended].into_iter().flatten() {
            let expected = self.known.posted;
            must(Rule::Posted, posted == expected, || format!("posted {posted} instead of {expected}"))?;
            must(Rule::Posted, posted != Posted::No || !self.left, || "posted no, and one has left".to_owned())?;
            must(Rule::Posted, posted != Posted::Yes || self.answered, || {
                "posted yes, and none was answered".to_owned()
            })?;
        }
        Ok(())
    }

    /// Whether a POST may have been processed, in the mode that finds out what became of the baseline.
    #[must_use]
    pub fn must_know(&self) -> bool {
        let is_taken = self.known.last_post == LastPost::Taken;
        self.terms.until == Until::Verified && (self.known.in_doubt || is_taken)
    }

    /// Once a POST may have been processed, a verified run ends with the truth. Only the deadline, tokens and the
    /// access can prevent that.
    ///
    /// # Errors
    ///
    /// When it ended with another error.
    pub fn check_error(&self, error: &Error) -> Verdict {
        let must_know = self.must_know();
        let is_allowed = matches!(error.kind(), ErrorKind::Deadline | ErrorKind::Unauthorized | ErrorKind::Forbidden);
        must(Rule::Liveness, !must_know || is_allowed, || {
            format!("it does not know what became of the baseline: {error}")
        })
    }

    /// What a person or a file can get of the machine.
    ///
    /// # Errors
    ///
    /// When a token is in it.
    pub fn check_secrecy(&self, machine: &Cancellation) -> Verdict {
        self.check_silent("a checkpoint", &machine.checkpoint().to_json())?;
        self.check_silent("the progress", &format!("{:?}", machine.progress()))?;
        match machine.result() {
            Some(Err(error)) => self.check_silent("an error", &format!("{error} {error:?}")),
            Some(Ok(outcome)) => self.check_silent("an outcome", &format!("{outcome:?}")),
            None => Ok(()),
        }
    }

    /// A text that must show no token.
    ///
    /// # Errors
    ///
    /// When it does.
    pub fn check_silent(&self, what: &str, text: &str) -> Verdict {
        must(Rule::Secrecy, !text.contains(self.terms.canary), || format!("{what} shows a token: {text}"))
    }

    /// An answer to an exchange that is not in flight is refused and changes nothing. `print` tells two states of a
    /// machine apart.
    ///
    /// # Errors
    ///
    /// When it is taken.
    pub fn check_stale<P: PartialEq>(
        machine: &mut Cancellation,
        now: Duration,
        id: ExchangeId,
        response: &Response<Body>,
        print: impl Fn(&Cancellation) -> P,
    ) -> Verdict {
        let before = print(machine);
        let refused = machine.handle_response(now, id, response.clone()).is_err()
            && machine.handle_failure(now, id, Failure::not_sent("late")).is_err();
        must(Rule::SecondPost, refused && before == print(machine), || format!("a late answer to {id} is taken"))
    }

    /// An outcome is what became of the operations. `truth` is the portal's, of the time of its last answer.
    ///
    /// # Errors
    ///
    /// When it is not.
    pub fn check_truth(&self, outcome: &Outcome, truth: &[(String, &str)]) -> Verdict {
        check_outcome(outcome, truth)?;
        let must = |holds, why: &str| must(Rule::Truth, holds, || format!("{}: {why}: {truth:?}", outcome.as_str()));
        let ids = outcome.operations().iter().map(|tracked| tracked.id().as_str().to_ascii_lowercase());
        let shown: BTreeSet<_> = ids.collect();
        let only = self.terms.only_if_running.as_ref();
        let is_wanted = |id: &str| only.is_none_or(|only| only.eq_ignore_ascii_case(id));
        match outcome {
            // Something else may have been started since the list, before the operation was asked for.
            Outcome::NothingRunning { .. } => {
                must(truth.iter().all(|(id, word)| is_end(word) || !is_wanted(id)), "something is in progress")?;
                return must(!self.left, "a POST has left");
            }
            // The others may have ended since the list that showed them.
            Outcome::OthersRunning { operations, others } => {
                let is_running = truth.iter().any(|(id, word)| !is_end(word) && is_wanted(id));
                must(is_running != operations.is_empty() && !others.is_empty(), "it is not what was asked for")?;
                return must(!self.left, "a POST has left");
            }
            _ => {}
        }
        let verified = self.terms.until == Until::Verified;
        let is_expected = self.baseline().filter(|_| verified).is_none_or(|baseline| {
            let wanted = baseline.iter().filter(|id| is_wanted(id));
            wanted.eq(&shown)
        });
        must(is_expected, "it is of other operations than the baseline")
    }
}
