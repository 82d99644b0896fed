//! Where a conversation stands, for a person.

use std::time::Duration;

use super::baseline::TrackedOperation;
use crate::codec::{Operation, OperationLocation};
use crate::error::{Error, Posted};
use crate::values::words;

/// What the machine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// It reads the list: what is in progress before the POST.
    Listing,
    /// The POST is due or in flight.
    Posting,
    /// It reads the list again: whether another POST would cancel the baseline and nothing else.
    Rechecking,
    /// It polls the location, which decides ([`Until::Settled`](crate::Until::Settled)).
    Following,
    /// It polls the baseline, which decides ([`Until::Verified`](crate::Until::Verified)).
    Verifying,
    /// It is over.
    Done,
}

impl Phase {
    /// One stable word for logs: `listing`, `posting`, `rechecking`, `following`, `verifying` or `done`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Posting => "posting",
            Self::Rechecking => "rechecking",
            Self::Following => "following",
            Self::Verifying => "verifying",
            Self::Done => "done",
        }
    }
}

words!(Phase, "phase": Listing, Posting, Rechecking, Following, Verifying, Done);

/// Where a conversation stands. There is no secret in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// What the machine is doing.
    pub phase: Phase,
    /// Whether a POST went out so far. One in flight counts as [`Posted::Maybe`].
    pub posted: Posted,
    /// Whether a POST is in flight: it is not known yet whether it was processed.
    pub post_in_flight: bool,
    /// How many polls there were: GETs of the location and of operations of the baseline. The list and the POST do not
    /// count. A poll that is repeated (after a rejected token, or because it was dropped) counts once.
    pub polls: u32,
    /// When the next exchange is due, on the clock of `now`. A driver gets ready for it before it asks for it. `None`
    /// while an exchange is in flight, and when it is over.
    pub due: Option<Duration>,
    /// When it ends at the latest, on the same clock.
    pub deadline: Duration,
    /// The location that the service has named.
    pub location: Option<&'a OperationLocation>,
    /// Why the location that the service has named is not called. With [`Until::Verified`](crate::Until::Verified) the
    /// baseline decides without it.
    pub refused_location: Option<&'a Error>,
    /// The operation of the last poll, with its steps and percentages; with several, the first that ended without being
    /// canceled. A body of more than 32 KiB is not kept: its details are empty.
    pub operation: Option<&'a Operation>,
    /// The operations that were in progress when the list was read, before the POST; each as it was last seen. Empty
    /// until then, and in the modes that read no list. Operations that have ended stay in it.
    pub baseline: &'a [TrackedOperation],
}
