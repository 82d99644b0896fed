//! Where a conversation stands, for a person.

use std::fmt;
use std::time::Duration;

use super::noted::NotedOperation;
use super::outcome::Posted;
use crate::codec::{Operation, OperationLocation};

/// What the machine is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// What is in progress is being listed.
    Listing,
    /// The cancel is to be sent, or is out.
    Posting,
    /// It may or may not have been processed: what is in progress is listed again.
    Relisting,
    /// The cancel was accepted: its location, or what was in progress, is watched.
    Watching,
    /// It is over.
    Done,
}

impl Phase {
    /// One stable word for logs: `listing`, `posting`, `relisting`, `watching` or `done`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Posting => "posting",
            Self::Relisting => "relisting",
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
    /// Whether a POST is out, and nobody knows yet whether it was processed.
    pub post_is_out: bool,
    /// How many looks were taken: GETs of the location and of noted operations. The list and the POST do not count, and a look that is
    /// repeated (after a rejected token, or because it was given up) counts once.
    pub polls: u32,
    /// When the next exchange is due, on the clock of `now`: a driver gets ready for it before it asks for it. `None` while
    /// one is out and when it is over.
    pub due: Option<Duration>,
    /// When it ends at the latest, on the same clock.
    pub deadline: Duration,
    /// The location that the service has named.
    pub location: Option<&'a OperationLocation>,
    /// The last operation seen, with its steps and percentages.
    pub operation: Option<&'a Operation>,
    /// The operations that were in progress when the list was read, before the POST; each as it was last seen. Empty until then, and in
    /// the modes that read no list. They are kept to the end, also when they have ended.
    pub noted: &'a [NotedOperation],
}
