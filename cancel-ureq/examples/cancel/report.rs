//! What came of it: for a person, as JSON, and as an exit code.

use std::process::ExitCode;

use cancel_core::{Cancellation, Error, OperationLocation, Outcome, Proof};
use serde::Serialize;

use crate::arguments::Unusable;

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
    /// Nothing was sent, because of what the caller passed.
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

    /// What came of a cancellation.
    pub(crate) fn of(cancellation: &Cancellation, result: &Result<Outcome, Error>) -> Self {
        let request = cancellation.request();
        let progress = cancellation.progress();
        let about = Self {
            publisher: Some(request.publisher().to_string()),
            offer: Some(request.offer().to_string()),
            posted: Some(progress.posted.as_str()),
            location: progress.location.map(Location::of),
            polls: Some(progress.polls),
            ..Self::default()
        };
        match result {
            Ok(outcome) => about.with_outcome(outcome),
            Err(error) => about.with_error(error),
        }
    }

    fn with_outcome(self, outcome: &Outcome) -> Self {
        let offer = format!("{}/{}", self.publisher.as_deref().unwrap_or(""), self.offer.as_deref().unwrap_or(""));
        let status = outcome.operation().map(|operation| operation.status().to_owned());
        let word = status.as_deref().unwrap_or_default();
        let (sentence, exit_code) = match outcome {
            Outcome::Canceled { proof: Proof::Answered, .. } => {
                (format!("{offer}: canceled. The service answered so at once."), 0)
            }
            Outcome::Canceled { .. } => {
                (format!("{offer}: canceled. The location that the service named says {word:?}."), 0)
            }
            Outcome::Accepted { .. } => {
                (format!("{offer}: accepted. Whether anything is canceled is not known yet."), 0)
            }
            Outcome::Ended { .. } => (
                format!(
                    "{offer}: over, but not proven. The location that the service named says {word:?}, and that may be \
                     the cancel's word or the publish's: look at the offer's operations."
                ),
                3,
            ),
            _ => (format!("{offer}: {}", outcome.as_str()), 3),
        };
        Self {
            outcome: outcome.as_str(),
            proof: outcome.proof().map(Proof::as_str),
            posted: Some(outcome.posted().as_str()),
            location: match outcome {
                Outcome::Accepted { location, .. } => Some(Location::of(location)),
                _ => self.location,
            },
            status,
            sentence,
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
                kind: error.kind(),
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

    /// Prints it: the JSON on stdout, errors on stderr.
    pub(crate) fn print(&self, json: bool) -> ExitCode {
        if json {
            match serde_json::to_string(self) {
                Ok(line) => println!("{line}"),
                Err(error) => eprintln!("error: {error}"),
            }
        }
        match &self.error {
            Some(_) => eprintln!("{}", self.sentence),
            None if json => {}
            None => println!("{}", self.sentence),
        }
        ExitCode::from(self.exit_code)
    }
}

impl Location {
    fn of(location: &OperationLocation) -> Self {
        Self { url: location.to_string(), kind: location.kind().as_str() }
    }
}
