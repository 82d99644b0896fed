//! Where a conversation stands, for a person.

use std::fmt;

use super::outcome::Posted;
use crate::codec::{Operation, OperationLocation};

/// What the machine is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The cancel is to be sent, or is out.
    Posting,
    /// The cancel was accepted; its location is watched.
    Watching,
    /// It is over.
    Done,
}

impl Phase {
    /// One stable word for logs: `posting`, `watching` or `done`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posting => "posting",
            Self::Watching => "watching",
            Self::Done => "done",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a conversation stands. There is no secret in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// What the machine is at.
    pub phase: Phase,
    /// Whether a POST went out so far; one that is out counts as [`Posted::Maybe`].
    pub posted: Posted,
    /// How many looks were taken. One that is repeated because of a rejected token counts once.
    pub polls: u32,
    /// What is watched.
    pub location: Option<&'a OperationLocation>,
    /// The last operation seen, with its steps and percentages.
    pub operation: Option<&'a Operation>,
}
