//! What each phase owns, and what a phase becomes.
//!
//! A phase holds only what it needs: a baseline is there from the list on, a location once one was named. What the phases do stands
//! in the files beside this one, a phase a file.

use crate::codec::{NamedLocation, OperationLocation};
use crate::machine::baseline::Baseline;
use crate::machine::next::Next;
use crate::values::OperationId;

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) enum Phase {
    Listing(Listing),
    Posting(Posting),
    Rechecking(Rechecking),
    Following(Following),
    Verifying(Verifying),
    Stuck(Stuck),
}

/// The list is read, to know what is in progress before anything is posted.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Listing;

/// The POST.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Posting {
    /// In `Until::Verified`.
    pub(in crate::machine) baseline: Option<Baseline>,
    /// The list was read again because the driver kept this POST waiting. It is not read a third time.
    pub(in crate::machine) waited: bool,
}

/// The list is read again, to know whether another POST would cancel the baseline and nothing else.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Rechecking {
    pub(in crate::machine) baseline: Baseline,
    /// As in [`Posting`].
    pub(in crate::machine) waited: bool,
}

/// The location is polled, and decides (`Until::Settled`).
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Following {
    pub(in crate::machine) location: NamedLocation,
}

/// The baseline is polled, and decides (`Until::Verified`).
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Verifying {
    pub(in crate::machine) baseline: Baseline,
    /// The operation of the baseline that is polled next, or was polled last.
    pub(in crate::machine) current: OperationId,
    /// Polled in turn with the baseline, to learn whether the cancel itself has failed.
    pub(in crate::machine) location: Option<PolledLocation>,
    pub(in crate::machine) location_is_next: bool,
    pub(in crate::machine) cancel_failed: bool,
    /// An operation that somebody else has started: no other POST is sent because of it.
    pub(in crate::machine) unrelated: Option<OperationId>,
}

/// A location that does not decide.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct PolledLocation {
    pub(in crate::machine) named: NamedLocation,
    /// In a row.
    pub(in crate::machine) failures: u8,
    /// Nothing more can be learned from it.
    pub(in crate::machine) is_done: bool,
}

/// There is nothing to ask for: the conversation is over, and so is one that is resumed from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) enum Stuck {
    /// A POST may have been processed, and the mode reads no list.
    InDoubt,
    /// A POST was accepted, and there is no location to follow.
    Unfollowed,
}

/// What a phase makes of an answer or a failure: the phase to go on with, and when.
pub(in crate::machine) struct Transition {
    pub(in crate::machine) phase: Phase,
    pub(in crate::machine) next: Next,
}

impl Phase {
    pub(super) fn with(self, next: Next) -> Transition {
        Transition { phase: self, next }
    }
}

impl Posting {
    pub(in crate::machine) fn new(baseline: Option<Baseline>) -> Self {
        Self { baseline, waited: false }
    }
}

impl Rechecking {
    pub(in crate::machine) fn new(baseline: Baseline) -> Self {
        Self { baseline, waited: false }
    }
}

impl Verifying {
    pub(in crate::machine) fn new(baseline: Baseline, location: Option<NamedLocation>) -> Self {
        let location = location.map(|named| PolledLocation { named, failures: 0, is_done: false });
        let current = baseline.first().clone();
        Self { baseline, current, location, location_is_next: false, cancel_failed: false, unrelated: None }
    }

    /// The location, as long as something can be learned from it.
    pub(in crate::machine) fn live_location(&self) -> Option<&NamedLocation> {
        self.location.as_ref().filter(|location| !location.is_done).map(|location| &location.named)
    }
}

macro_rules! into_phase {
    ($($name:ident),*) => {$(
        impl From<$name> for Phase {
            fn from(phase: $name) -> Self {
                Self::$name(phase)
            }
        }
    )*};
}

into_phase!(Listing, Posting, Rechecking, Following, Verifying, Stuck);

impl Phase {
    pub(in crate::machine) fn baseline(&self) -> Option<&Baseline> {
        match self {
            Self::Posting(posting) => posting.baseline.as_ref(),
            Self::Rechecking(rechecking) => Some(&rechecking.baseline),
            Self::Verifying(verifying) => Some(&verifying.baseline),
            Self::Listing(_) | Self::Following(_) | Self::Stuck(_) => None,
        }
    }

    /// The operation that somebody else has started, so that no other POST is sent.
    pub(in crate::machine) fn unrelated(&self) -> Option<&OperationId> {
        match self {
            Self::Verifying(verifying) => verifying.unrelated.as_ref(),
            _ => None,
        }
    }

    /// The location that the service has named.
    pub(in crate::machine) fn location(&self) -> Option<&OperationLocation> {
        match self {
            Self::Following(following) => Some(&following.location.location),
            Self::Verifying(verifying) => verifying.location.as_ref().map(|location| &location.named.location),
            _ => None,
        }
    }
}
