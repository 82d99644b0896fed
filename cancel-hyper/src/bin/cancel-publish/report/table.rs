//! The table of many results.

use cancel_core::{Error, Proof};

use super::{Report, Verdict};

const HEAD: [&str; 6] = ["offer", "outcome", "proof", "posted", "polls", "status"];

/// A line for each report, in their order.
pub(crate) fn table(reports: &[Report]) -> Vec<String> {
    let rows: Vec<_> = [HEAD.map(str::to_owned)].into_iter().chain(reports.iter().map(Report::row)).collect();
    let widths: [usize; HEAD.len()] = std::array::from_fn(|column| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    let line = |row: &[String; HEAD.len()]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

impl Report {
    /// The last cell is the status of the operation that decided, or the kind of the error.
    fn row(&self) -> [String; HEAD.len()] {
        let (outcome, proof, word) = match &self.verdict {
            Verdict::Outcome(outcome) => {
                (outcome.as_str(), outcome.proof().map(Proof::as_str), outcome.status().map(crate::text::plain))
            }
            Verdict::Error(error) => ("error", None, Some(Error::kind(error).to_string())),
            Verdict::Problem(problem) => ("error", None, Some(problem.kind().to_owned())),
        };
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        [
            or_dash(self.offer.as_ref().map(ToString::to_string)),
            outcome.to_owned(),
            proof.unwrap_or("-").to_owned(),
            self.posted().to_string(),
            or_dash(self.polls.map(|polls| polls.to_string())),
            or_dash(word),
        ]
    }
}
