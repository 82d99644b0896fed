//! The rules, and what breaks one.

use std::fmt;

/// The rules that the ledger and the model check judge by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// An outcome says what became of the operations.
    Truth,
    /// A second POST needs a reason, and an answer counts for its own exchange only.
    SecondPost,
    /// Requests go to one origin, and nothing shows a token.
    Secrecy,
    /// It ends, within its bounds.
    Bounds,
    /// A verified run that may have posted ends with what became of the baseline.
    Liveness,
    /// A checkpoint of this crate is resumed.
    Resume,
    /// [`Posted`](crate::Posted) says what left and what was answered.
    Posted,
}

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub rule: Rule,
    /// What was seen.
    pub why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.why)
    }
}

impl std::error::Error for Violation {}

/// Whether a rule holds.
pub type Verdict = Result<(), Violation>;

/// The rule holds, or this is why it does not.
///
/// # Errors
///
/// When it does not hold.
pub fn must(rule: Rule, holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Violation { rule, why: why() }) }
}
