//! What each phase owns, and what a phase becomes.
//!
//! A phase holds only what it needs: a baseline is there from the list on, a location once one was named. What the
//! phases do stands in the files beside this one, a phase a file.

use std::time::Duration;

use super::list::KnownIds;
use crate::codec::{NamedLocation, OperationLocation};
use crate::error::Error;
use crate::machine::baseline::{Baseline, TrackedOperation};
use crate::machine::next::Next;
use crate::values::OperationId;

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) enum Phase {
    Listing(Listing),
    Asking(Asking),
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

/// An operation that the list does not show is asked for itself (`only_if_running`).
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Asking {
    pub(in crate::machine) operation: OperationId,
    /// What the list shows instead.
    pub(in crate::machine) others: Vec<TrackedOperation>,
}

/// The POST.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Posting {
    /// In `Until::Verified`.
    pub(in crate::machine) listed: Option<Listed>,
    /// An earlier POST may have been processed.
    pub(in crate::machine) in_doubt: bool,
    /// The list was read again because the driver kept this POST waiting. It is not read a third time.
    pub(in crate::machine) waited: bool,
}

/// The baseline, and what the list directly before the POST showed.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Listed {
    pub(in crate::machine) baseline: Baseline,
    /// When the list was asked for.
    pub(in crate::machine) at: Duration,
    /// Which operations there were, ended ones included.
    pub(in crate::machine) known: KnownIds,
}

/// The list is read again before another POST, or because the POST was refused.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct Rechecking {
    pub(in crate::machine) baseline: Baseline,
    pub(in crate::machine) why: Recheck,
    /// As in [`Posting`].
    pub(in crate::machine) waited: bool,
}

#[derive(Debug, Clone)]
pub(in crate::machine) enum Recheck {
    /// Another POST may follow. Nothing was processed.
    Unprocessed,
    /// Another POST may follow. An earlier one may have been processed.
    InDoubt,
    /// The POST was refused with this error: perhaps the baseline has just ended.
    Refused(Error),
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
    pub(in crate::machine) sent: Sent,
    /// The operation of the baseline that is polled next, or was polled last.
    pub(in crate::machine) current: OperationId,
    /// The last poll of the operation was refused, with this error: the list is asked for its state.
    pub(in crate::machine) poll_refused: Option<Error>,
    /// In a box: what waits is small, also where there is none.
    pub(in crate::machine) location: Option<Box<PolledLocation>>,
    pub(in crate::machine) location_is_next: bool,
    /// In a box: most cancels do not fail.
    pub(in crate::machine) cancel_failed: Option<Box<CancelFailed>>,
}

/// What is known of the POSTs, where the baseline is polled.
#[derive(Debug, Clone)]
pub(in crate::machine) enum Sent {
    /// Nothing was processed: another POST may follow a recheck.
    Unprocessed,
    /// The POST was refused with this error, and the list showed that the baseline had ended.
    Refused(Error),
    /// One may have been processed, the last at this time.
    InDoubt { since: Duration },
    /// The service has accepted one.
    Accepted,
}

impl Sent {
    pub(in crate::machine) fn may_be_processed(&self) -> bool {
        matches!(self, Self::InDoubt { .. } | Self::Accepted)
    }
}

/// The location of the cancel's own operation. It can only say that the cancel has failed.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(in crate::machine) struct PolledLocation {
    pub(in crate::machine) named: NamedLocation,
    /// When it was polled last, or named.
    pub(in crate::machine) polled: Duration,
    /// As of then, when the next poll of the baseline is due.
    pub(in crate::machine) tracked_due: Duration,
    /// In a row.
    pub(in crate::machine) failures: u8,
    /// Nothing more can be learned from it.
    pub(in crate::machine) is_done: bool,
}

/// The cancel's own operation has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) struct CancelFailed {
    pub(in crate::machine) since: Duration,
    /// Polls since then that found the baseline in progress.
    pub(in crate::machine) polls: u8,
    /// Which operations of the baseline were found in progress when a cancel has taken effect at the latest, a bit
    /// each.
    pub(in crate::machine) still_running: u64,
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
    /// Without a baseline.
    pub(in crate::machine) fn blind(in_doubt: bool) -> Self {
        Self { listed: None, in_doubt, waited: false }
    }

    pub(in crate::machine) fn after(listed: Listed) -> Self {
        Self { listed: Some(listed), in_doubt: false, waited: false }
    }
}

impl Rechecking {
    pub(in crate::machine) fn new(baseline: Baseline, why: Recheck) -> Self {
        Self { baseline, why, waited: false }
    }
}

impl Verifying {
    pub(in crate::machine) fn new(baseline: Baseline, sent: Sent) -> Self {
        let current = baseline.first().clone();
        Self {
            baseline,
            sent,
            current,
            poll_refused: None,
            location: None,
            location_is_next: false,
            cancel_failed: None,
        }
    }

    pub(in crate::machine) fn with_location(self, named: NamedLocation, now: Duration) -> Self {
        let location = PolledLocation { named, polled: now, tracked_due: Duration::ZERO, failures: 0, is_done: false };
        Self { location: Some(Box::new(location)), ..self }
    }

    /// While the location is polled: when the next poll of the baseline is due.
    pub(in crate::machine) fn tracked_due(&self) -> Option<Duration> {
        self.location.as_ref().filter(|_| self.location_is_next).map(|location| location.tracked_due)
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

into_phase!(Listing, Asking, Posting, Rechecking, Following, Verifying, Stuck);

impl Phase {
    pub(in crate::machine) fn baseline(&self) -> Option<&Baseline> {
        match self {
            Self::Posting(posting) => posting.listed.as_ref().map(|listed| &listed.baseline),
            Self::Rechecking(rechecking) => Some(&rechecking.baseline),
            Self::Verifying(verifying) => Some(&verifying.baseline),
            Self::Listing(_) | Self::Asking(_) | Self::Following(_) | Self::Stuck(_) => None,
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
