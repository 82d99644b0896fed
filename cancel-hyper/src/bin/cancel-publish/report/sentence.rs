//! A result in words: what happened, what is proven, and what to do.

use cancel_core::{Outcome, Proof, TrackedOperation};

use super::{Report, Verdict};

impl Report {
    /// One line for an outcome; for an error two or three.
    pub(crate) fn lines(&self) -> Vec<String> {
        let name = match (&self.publisher, &self.offer) {
            (Some(publisher), Some(offer)) => format!("{publisher}/{offer}: "),
            _ => String::new(),
        };
        let simulated = if self.simulated { "(simulated) " } else { "" };
        let (what, advice) = match &self.verdict {
            Verdict::Outcome(outcome) => return vec![format!("{simulated}{name}{}", of_outcome(outcome))],
            // The library's error names the offer itself.
            Verdict::Error(error) => {
                let name = if error.offer().is_some() { "" } else { &name };
                (format!("error: {simulated}{name}{error}"), error.advice().to_owned())
            }
            Verdict::Problem(problem) => (format!("error: {simulated}{name}{problem}"), problem.advice().to_owned()),
        };
        let mut lines = vec![what, format!("{advice} (A cancel went out: {}.)", self.posted())];
        lines.extend(self.next.clone());
        lines
    }
}

fn of_outcome(outcome: &Outcome) -> String {
    let mut said = first_sentence(outcome);
    if !outcome.others().is_empty() && !matches!(outcome, Outcome::OthersRunning { .. }) {
        said += &format!(" In progress beside it before the cancel: {}.", ids(outcome.others()));
    }
    if let Some(why) = outcome.refused_location() {
        said += &format!(" The location that the service named was not called: {why}.");
    }
    said
}

fn first_sentence(outcome: &Outcome) -> String {
    let status = outcome.status().unwrap_or_default();
    match outcome {
        Outcome::Canceled { proof: Proof::Acknowledged, .. } => {
            "canceled. The service said so at once; nothing was polled.".to_owned()
        }
        Outcome::Canceled { proof: Proof::Verified, operations, .. } => {
            let (what, confirms) = match operations.len() {
                1 => ("operation that was", "confirms"),
                _ => ("operations that were", "confirm"),
            };
            format!("canceled. The {what} in progress {confirms} it: {}.", ids(operations))
        }
        Outcome::Canceled { .. } => format!("canceled. The location that the service named says {status:?}."),
        Outcome::Accepted { .. } => {
            "accepted. Whether anything is canceled is not known yet: --dry-run shows what still runs.".to_owned()
        }
        Outcome::Ended { proof: Proof::Verified, operations, .. } => {
            let what = if operations.len() == 1 { "operation that was" } else { "operations that were" };
            format!("not canceled, the cancel came too late. The {what} in progress: {}.", ids(operations))
        }
        Outcome::Ended { .. } => format!(
            "ended, not proven. The location that the service named says {status:?}, of the cancel or of the publish. \
             Look at the offer's operations, or use --until verified."
        ),
        Outcome::StillRunning { operations, .. } => format!(
            "not canceled. The service says that the cancel has failed, and polls confirm it: {}. Look at the offer in \
             the portal before you try again.",
            ids(operations)
        ),
        Outcome::OthersRunning { operations, others, .. } if operations.is_empty() => {
            format!("that operation is not in progress, and nothing was posted. In progress: {}.", ids(others))
        }
        Outcome::OthersRunning { others, .. } => format!(
            "nothing was posted: a cancel would also stop what is in progress beside that operation: {}.",
            ids(others)
        ),
        Outcome::NothingRunning { .. } => "nothing is in progress, and nothing was posted.".to_owned(),
        Outcome::WouldCancel { operations, .. } => {
            format!("a cancel would stop {}. Nothing was posted.", ids(operations))
        }
        _ => outcome.as_str().to_owned(),
    }
}

fn ids(operations: &[TrackedOperation]) -> String {
    let shown: Vec<_> = operations.iter().map(|one| format!("{} ({})", one.id(), one.status())).collect();
    shown.join(", ")
}
