//! What is known of a cancel at its end.

use std::fmt;
use std::time::Duration;

use super::baseline::TrackedOperation;
use crate::codec::{Operation, OperationLocation};
use crate::error::Posted;

/// What is known of the cancel, and no more than that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is canceled, by the proof that is given.
    #[non_exhaustive]
    Canceled {
        /// How it is known.
        proof: Proof,
        /// The operation of the last poll, where there was one.
        operation: Option<Operation>,
        /// With [`Proof::Verified`] every operation that was in progress before the cancel, all of them canceled.
        operations: Vec<TrackedOperation>,
        /// Whether a POST went out.
        posted: Posted,
    },
    /// The service has accepted the cancel, whether or not there was anything to cancel. Only with
    /// [`Until::Accepted`](crate::Until::Accepted).
    #[non_exhaustive]
    Accepted {
        /// Where to poll: [`GetOperation::at`](crate::GetOperation::at) asks there.
        location: OperationLocation,
        /// How long to wait before the first poll, where the service says so; at most an hour.
        retry_after: Option<Duration>,
        /// Always [`Posted::Yes`]: it is the answer to one.
        posted: Posted,
    },
    /// It is over, and it is not known to be canceled.
    ///
    /// - With [`Proof::Verified`]: every operation that was in progress before has ended, and at least one of them says `completed` or
    ///   `failed`. The cancel came too late for that one.
    /// - With [`Proof::ByLocation`]: the location says `completed` or `failed`. By the [cancel page](crate::guide::wire#sources) that is the
    ///   cancel's own end; clients have also seen the publish's end there. So what became of the publish is not proven.
    #[non_exhaustive]
    Ended {
        /// How it is known.
        proof: Proof,
        /// With [`Proof::Verified`] the first operation that was not canceled, with [`Proof::ByLocation`] what the location says; at its end.
        operation: Operation,
        /// With [`Proof::Verified`] every operation that was in progress before the cancel.
        operations: Vec<TrackedOperation>,
        /// Whether a POST went out.
        posted: Posted,
    },
    /// The service says that the cancel has failed, and a later poll found an operation still in progress. Or, with
    /// [`Policy::dry_run`](crate::Policy::dry_run), what a cancel would stop.
    #[non_exhaustive]
    StillRunning {
        /// The baseline: every operation that was in progress at first, with its last status.
        operations: Vec<TrackedOperation>,
        /// Whether a POST went out.
        posted: Posted,
    },
    /// Nothing was in progress, or not the operation that was [asked for](crate::CancelRequest::only_if_running). Nothing was posted.
    #[non_exhaustive]
    NothingRunning {
        /// What is in progress instead, where one operation was [asked for](crate::CancelRequest::only_if_running). Empty where nothing is in
        /// progress.
        instead: Vec<TrackedOperation>,
    },
}

impl Outcome {
    /// One stable word for logs: `canceled`, `accepted`, `ended`, `still_running` or `nothing_running`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Canceled { .. } => "canceled",
            Self::Accepted { .. } => "accepted",
            Self::Ended { .. } => "ended",
            Self::StillRunning { .. } => "still_running",
            Self::NothingRunning { .. } => "nothing_running",
        }
    }

    /// How the end is known, for `Canceled` and `Ended`. `None` for the others.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        match self {
            Self::Canceled { proof, .. } | Self::Ended { proof, .. } => Some(*proof),
            Self::Accepted { .. } | Self::StillRunning { .. } | Self::NothingRunning { .. } => None,
        }
    }

    /// Whether a POST went out.
    #[must_use]
    pub fn posted(&self) -> Posted {
        match self {
            Self::Canceled { posted, .. }
            | Self::Accepted { posted, .. }
            | Self::Ended { posted, .. }
            | Self::StillRunning { posted, .. } => *posted,
            Self::NothingRunning { .. } => Posted::No,
        }
    }

    /// The operation that decided, where one was polled.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Canceled { operation, .. } => operation.as_ref(),
            Self::Ended { operation, .. } => Some(operation),
            Self::Accepted { .. } | Self::StillRunning { .. } | Self::NothingRunning { .. } => None,
        }
    }

    /// The operations that were in progress when the list was read, each with its last status. Empty without
    /// [`Until::Verified`](crate::Until::Verified).
    #[must_use]
    pub fn operations(&self) -> &[TrackedOperation] {
        match self {
            Self::Canceled { operations, .. }
            | Self::Ended { operations, .. }
            | Self::StillRunning { operations, .. } => operations,
            Self::NothingRunning { instead } => instead,
            Self::Accepted { .. } => &[],
        }
    }
}

/// How the end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// The service answered 200 to the cancel.
    Acknowledged,
    /// The location that the service named says so.
    ByLocation,
    /// The operations that were in progress before the cancel say so themselves.
    Verified,
}

impl Proof {
    /// One stable word for logs: `acknowledged`, `by_location` or `verified`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::ByLocation => "by_location",
            Self::Verified => "verified",
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
