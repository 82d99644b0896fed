//! The result for an offer: JSON, sentences, a row of the table, and an exit code.

mod output;
mod sentence;
mod table;

use cancel_core::{
    CancelRequest, Cancellation, Error, OfferId, OperationLocation, Outcome, Posted, Proof, PublisherId,
    TrackedOperation,
};
use serde::Serialize;

pub(crate) use self::output::{Output, note};
pub(crate) use self::table::table;
use crate::problem::Problem;
use crate::watch;

pub(crate) struct Report {
    publisher: Option<PublisherId>,
    pub(crate) offer: Option<OfferId>,
    simulated: bool,
    polls: Option<u32>,
    /// Of a run that did not end with an outcome: what it has learned.
    location: Option<OperationLocation>,
    baseline: Vec<TrackedOperation>,
    verdict: Verdict,
    /// How to go on, for a person: a path or a command.
    next: Option<String>,
}

enum Verdict {
    Outcome(Outcome),
    Error(Error),
    Problem(Problem),
}

impl Report {
    /// Nothing was begun, for any offer.
    pub(crate) fn of_problem(problem: Problem) -> Self {
        Self {
            publisher: None,
            offer: None,
            simulated: false,
            polls: None,
            location: None,
            baseline: Vec::new(),
            verdict: Verdict::Problem(problem),
            next: None,
        }
    }

    /// The run of one offer could not begin, or was stopped.
    pub(crate) fn stopped(request: &CancelRequest, problem: Problem, simulated: bool, polls: Option<u32>) -> Self {
        Self { simulated, polls, ..Self::of_problem(problem).about(request) }
    }

    /// The run of one offer could not be resumed.
    pub(crate) fn refused(request: &CancelRequest, error: Error) -> Self {
        let nothing = Self::of_problem(Problem::invalid(""));
        Self { verdict: Verdict::Error(error), ..nothing.about(request) }
    }

    /// The result of a run. `next` says how to go on after an error.
    pub(crate) fn of(
        cancellation: &Cancellation,
        result: Result<Outcome, Error>,
        simulated: bool,
        next: impl FnOnce(Posted) -> Option<String>,
    ) -> Self {
        let progress = cancellation.progress();
        let (verdict, next, baseline) = match result {
            Ok(outcome) => (Verdict::Outcome(outcome), None, Vec::new()),
            Err(error) => {
                let next = next(error.posted());
                (Verdict::Error(error), next, progress.baseline.to_vec())
            }
        };
        // An accepted cancel tells its location itself.
        let tells = matches!(verdict, Verdict::Outcome(Outcome::Accepted { .. }));
        let location = progress.location.filter(|_| !tells).cloned();
        let nothing = Self::of_problem(Problem::invalid(""));
        let polls = Some(progress.polls);
        Self { simulated, polls, location, baseline, verdict, next, ..nothing.about(cancellation.request()) }
    }

    fn about(self, request: &CancelRequest) -> Self {
        let (publisher, offer) = (request.publisher().clone(), request.offer().clone());
        Self { publisher: Some(publisher), offer: Some(offer), ..self }
    }

    /// 0 canceled, accepted or nothing running; 1 verified that it is not canceled; 2 an error; 3 over, not proven; 4
    /// an error after which a cancel may have gone out.
    pub(crate) fn exit_code(&self) -> u8 {
        match &self.verdict {
            Verdict::Outcome(outcome) => match outcome {
                Outcome::Canceled { .. } | Outcome::Accepted { .. } | Outcome::NothingRunning { .. } => 0,
                Outcome::Ended { proof: Proof::Verified, .. }
                | Outcome::StillRunning { .. }
                | Outcome::OthersRunning { .. }
                | Outcome::WouldCancel { .. } => 1,
                _ => 3,
            },
            Verdict::Error(_) | Verdict::Problem(_) => watch::exit_code(self.posted()),
        }
    }

    fn posted(&self) -> Posted {
        match &self.verdict {
            Verdict::Outcome(outcome) => outcome.posted(),
            Verdict::Error(error) => error.posted(),
            Verdict::Problem(problem) => problem.posted(),
        }
    }

    pub(crate) fn is_error(&self) -> bool {
        !matches!(self.verdict, Verdict::Outcome(_))
    }
}

/// One line of the JSON: what the library says of an outcome or an error, and for whom.
impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            publisher: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            offer: Option<&'a str>,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            simulated: bool,
            #[serde(flatten)]
            verdict: Said<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            location: Option<&'a OperationLocation>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            operations: &'a [TrackedOperation],
            #[serde(skip_serializing_if = "Option::is_none")]
            polls: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            next: Option<&'a str>,
        }
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Said<'a> {
            Outcome(&'a Outcome),
            Error(&'a Error),
            Problem(&'a Problem),
        }
        let line = Line {
            publisher: self.publisher.as_ref().map(PublisherId::as_str),
            offer: self.offer.as_ref().map(OfferId::as_str),
            simulated: self.simulated,
            verdict: match &self.verdict {
                Verdict::Outcome(outcome) => Said::Outcome(outcome),
                Verdict::Error(error) => Said::Error(error),
                Verdict::Problem(problem) => Said::Problem(problem),
            },
            location: self.location.as_ref(),
            operations: &self.baseline,
            polls: self.polls,
            next: self.next.as_deref(),
        };
        line.serialize(serializer)
    }
}
