//! The result of a cancellation: a sentence, JSON, and an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use cancel_core::{CancelRequest, Cancellation, Error, Operation, OperationLocation, Outcome, Proof, TrackedOperation};
use serde::Serialize;

use super::Unusable;

/// One JSON object; members that do not apply are left out.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<String>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    posted: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operations: Vec<ReportedOperation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<ReportedOperation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    polls: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    #[serde(skip)]
    sentence: String,
    #[serde(skip)]
    exit_code: u8,
}

#[derive(Debug, Serialize)]
struct Location {
    url: String,
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct ReportedOperation {
    id: String,
    status: String,
}

#[derive(Debug, Serialize)]
struct Failure {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Report {
    /// Nothing was sent, because the arguments are not valid.
    pub(crate) fn unusable(publisher: Option<&str>, offer: Option<&str>, why: &Unusable) -> Self {
        Self {
            publisher: publisher.map(str::to_owned),
            offer: offer.map(str::to_owned),
            outcome: "error",
            posted: Some("no"),
            error: Some(Failure {
                kind: "invalid_input",
                status: None,
                code: None,
                message: why.to_string(),
                request_id: None,
            }),
            sentence: format!("error: {why}"),
            exit_code: 2,
            ..Self::default()
        }
    }

    /// The result of a cancellation.
    pub(crate) fn of(cancellation: &Cancellation, result: &Result<Outcome, Error>) -> Self {
        let request = cancellation.request();
        let progress = cancellation.progress();
        let about = Self {
            publisher: Some(request.publisher().to_string()),
            offer: Some(request.offer().to_string()),
            posted: Some(progress.posted.as_str()),
            location: progress.location.map(Location::of),
            operations: reported(progress.baseline),
            polls: Some(progress.polls),
            ..Self::default()
        };
        match result {
            Ok(outcome) => about.with_outcome(outcome),
            Err(error) => about.with_error(error),
        }
    }

    /// The cancellation could not be started or resumed.
    pub(crate) fn of_error(request: &CancelRequest, error: &Error) -> Self {
        let about = Self {
            publisher: Some(request.publisher().to_string()),
            offer: Some(request.offer().to_string()),
            ..Self::default()
        };
        about.with_error(error)
    }

    fn with_outcome(self, outcome: &Outcome) -> Self {
        let offer = format!("{}/{}", self.publisher.as_deref().unwrap_or(""), self.offer.as_deref().unwrap_or(""));
        let decided = outcome.operation().map(Operation::status);
        let status = decided.or_else(|| match outcome {
            Outcome::StillRunning { operations, .. } | Outcome::WouldCancel { operations, .. } => {
                operations.iter().find(|operation| !operation.state().is_end()).map(TrackedOperation::status)
            }
            _ => None,
        });
        let (sentence, exit_code) = sentence(outcome, status.unwrap_or_default());
        Self {
            outcome: outcome.as_str(),
            proof: outcome.proof().map(Proof::as_str),
            posted: Some(outcome.posted().as_str()),
            status: status.map(str::to_owned),
            location: match outcome {
                Outcome::Accepted { location, .. } => location.as_ref().map(Location::of),
                _ => self.location,
            },
            operations: reported(outcome.operations()),
            others: reported(outcome.others()),
            sentence: format!("{offer}: {sentence}"),
            exit_code,
            ..self
        }
    }

    fn with_error(self, error: &Error) -> Self {
        let answer = error.answer();
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            outcome: "error",
            posted: Some(error.posted().as_str()),
            error: Some(Failure {
                kind: error.kind().as_str(),
                status: answer.map(|answer| answer.status().as_u16()),
                code: text(answer.and_then(|answer| answer.code())),
                message: text(answer.and_then(|answer| answer.message())).unwrap_or_else(|| error.to_string()),
                request_id: text(answer.and_then(|answer| answer.request_id())),
            }),
            sentence: format!("error: {error}\n{} (A cancel went out: {}.)", error.advice(), error.posted()),
            exit_code: 2,
            ..self
        }
    }

    /// The exit code for this result.
    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    pub(crate) fn is_error(&self) -> bool {
        self.error.is_some()
    }

    /// A row of the table: offer, outcome, proof, whether a POST went out, polls, and the operation's status or the
    /// kind of error.
    pub(crate) fn row(&self) -> [String; 6] {
        let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let word = self.error.as_ref().map(|error| error.kind).or(self.status.as_deref());
        [
            text(self.offer.as_deref()),
            self.outcome.to_owned(),
            text(self.proof),
            text(self.posted),
            self.polls.map_or_else(|| "-".to_owned(), |polls| polls.to_string()),
            super::plain(word.unwrap_or("-")),
        ]
    }

    /// Prints the JSON on stdout and errors on stderr. If they are closed, the exit code still tells.
    pub(crate) fn print(&self, json: bool) -> ExitCode {
        let (mut out, mut err) = (io::stdout(), io::stderr());
        if json {
            if let Ok(line) = serde_json::to_string(self) {
                let _ = writeln!(out, "{line}");
            }
        }
        let _ = match &self.error {
            Some(_) => writeln!(err, "{}", self.sentence),
            None if json => Ok(()),
            None => writeln!(out, "{}", self.sentence),
        };
        ExitCode::from(self.exit_code)
    }
}

/// What is said of an outcome, and its exit code.
fn sentence(outcome: &Outcome, status: &str) -> (String, u8) {
    let (mut said, exit_code) = first_sentence(outcome, status);
    if !outcome.others().is_empty() && !matches!(outcome, Outcome::OthersRunning { .. }) {
        said += &format!(" In progress beside it before the cancel: {}.", ids(outcome.others()));
    }
    if let Some(why) = outcome.refused_location() {
        said += &format!(" The location that the service named was not called: {why}.");
    }
    (said, exit_code)
}

fn first_sentence(outcome: &Outcome, status: &str) -> (String, u8) {
    match outcome {
        Outcome::Canceled { proof: Proof::Acknowledged, .. } => {
            ("canceled. The service confirmed it at once.".to_owned(), 0)
        }
        Outcome::Canceled { proof: Proof::Verified, operations, .. } => {
            (format!("canceled. The operations that were in progress confirm it: {}.", ids(operations)), 0)
        }
        Outcome::Canceled { .. } => (format!("canceled. The status at the service's location is {status:?}."), 0),
        Outcome::Accepted { .. } => ("accepted. It is not known yet whether anything is canceled.".to_owned(), 0),
        Outcome::Ended { proof: Proof::Verified, operations, .. } => {
            (format!("not canceled. The operations that were in progress have ended: {}.", ids(operations)), 1)
        }
        Outcome::Ended { .. } => (
            format!(
                "ended, not proven. The status at the service's location is {status:?}, which may be that of the \
                 cancel or of the publish. Check the offer's operations, or use --until verified."
            ),
            3,
        ),
        Outcome::StillRunning { operations, .. } => {
            (format!("not canceled. The service reports that the cancel has failed: {}.", ids(operations)), 1)
        }
        Outcome::OthersRunning { operations, others, .. } if operations.is_empty() => {
            (format!("that operation is not in progress, and nothing was posted. In progress: {}.", ids(others)), 1)
        }
        Outcome::OthersRunning { others, .. } => {
            (format!("nothing was posted: a cancel would also stop what is in progress beside it: {}.", ids(others)), 1)
        }
        Outcome::NothingRunning { .. } => ("nothing is in progress, and nothing was posted.".to_owned(), 0),
        Outcome::WouldCancel { operations, .. } => {
            (format!("a cancel would stop {}. Nothing was posted.", ids(operations)), 1)
        }
        _ => (outcome.as_str().to_owned(), 3),
    }
}

fn ids(operations: &[TrackedOperation]) -> String {
    let shown: Vec<_> = operations.iter().map(|one| format!("{} ({})", one.id(), super::plain(one.status()))).collect();
    shown.join(", ")
}

fn reported(operations: &[TrackedOperation]) -> Vec<ReportedOperation> {
    let reported =
        |one: &TrackedOperation| ReportedOperation { id: one.id().to_string(), status: one.status().to_owned() };
    operations.iter().map(reported).collect()
}

impl Location {
    fn of(location: &OperationLocation) -> Self {
        Self { url: location.to_string(), kind: location.kind().as_str() }
    }
}
