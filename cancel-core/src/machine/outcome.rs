//! What is known of a cancel at its end.

use std::time::Duration;

use super::baseline::TrackedOperation;
use crate::codec::{Operation, OperationLocation};
use crate::error::{Error, Posted};
use crate::values::words;

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
        /// With [`Proof::Verified`] the baseline: every operation that decides, all of them canceled.
        operations: Vec<TrackedOperation>,
        /// What was in progress [beside](crate::CancelRequest::even_with_others) the one that decides, as the first
        /// list showed it.
        others: Vec<TrackedOperation>,
        /// Why the location that the service has named was not called, where it was not.
        refused_location: Option<Error>,
        /// Whether a POST went out.
        posted: Posted,
    },
    /// The service has accepted the cancel, whether or not there was anything to cancel. Only with
    /// [`Until::Accepted`](crate::Until::Accepted).
    #[non_exhaustive]
    Accepted {
        /// Where to poll: [`GetOperation::at`](crate::GetOperation::at) asks there. `None` where the service names no
        /// location that may be called.
        location: Option<OperationLocation>,
        /// How long to wait before the first poll, where the service says so; at most an hour.
        retry_after: Option<Duration>,
        /// Why there is no location.
        refused_location: Option<Error>,
        /// Always [`Posted::Yes`]: it is the answer to one.
        posted: Posted,
    },
    /// It is over, and it is not known to be canceled.
    ///
    /// - With [`Proof::Verified`]: every operation of the baseline has ended, and at least one of them says `completed`
    ///   or `failed`. The cancel came too late for that one.
    /// - With [`Proof::ByLocation`]: the location says `completed` or `failed`. By the [cancel
    ///   page](crate::guide::wire#sources) that is the cancel's own end; clients have also seen the publish's end
    ///   there. So what became of the publish is not proven.
    #[non_exhaustive]
    Ended {
        /// How it is known.
        proof: Proof,
        /// With [`Proof::Verified`] the first operation that a poll found not canceled at its end, with
        /// [`Proof::ByLocation`] what the location says; at its end.
        operation: Operation,
        /// With [`Proof::Verified`] the baseline.
        operations: Vec<TrackedOperation>,
        /// As of [`Canceled`](Self::Canceled).
        others: Vec<TrackedOperation>,
        /// As of [`Canceled`](Self::Canceled).
        refused_location: Option<Error>,
        /// Whether a POST went out.
        posted: Posted,
    },
    /// The cancel's own operation says that the cancel has failed, and polls over the time that a cancel takes found
    /// the baseline still in progress.
    #[non_exhaustive]
    StillRunning {
        /// The baseline, each operation with its last status.
        operations: Vec<TrackedOperation>,
        /// As of [`Canceled`](Self::Canceled).
        others: Vec<TrackedOperation>,
        /// As of [`Canceled`](Self::Canceled).
        refused_location: Option<Error>,
        /// Whether a POST went out.
        posted: Posted,
    },
    /// With [`only_if_running`](crate::CancelRequest::only_if_running): other operations are in progress. Nothing was
    /// posted.
    #[non_exhaustive]
    OthersRunning {
        /// The operation that was asked for, when it is in progress too. Otherwise empty.
        operations: Vec<TrackedOperation>,
        /// The others.
        others: Vec<TrackedOperation>,
    },
    /// Nothing was in progress. Nothing was posted.
    #[non_exhaustive]
    NothingRunning {},
    /// A [dry run](crate::Policy::dry_run): what a cancel would stop. Nothing was posted.
    #[non_exhaustive]
    WouldCancel {
        /// What would decide the outcome.
        operations: Vec<TrackedOperation>,
        /// As of [`Canceled`](Self::Canceled).
        others: Vec<TrackedOperation>,
    },
}

impl Outcome {
    /// One stable word for logs: `canceled`, `accepted`, `ended`, `still_running`, `others_running`, `nothing_running`
    /// or `would_cancel`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Canceled { .. } => "canceled",
            Self::Accepted { .. } => "accepted",
            Self::Ended { .. } => "ended",
            Self::StillRunning { .. } => "still_running",
            Self::OthersRunning { .. } => "others_running",
            Self::NothingRunning { .. } => "nothing_running",
            Self::WouldCancel { .. } => "would_cancel",
        }
    }

    /// How the end is known, for `Canceled` and `Ended`. `None` for the others.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        match self {
            Self::Canceled { proof, .. } | Self::Ended { proof, .. } => Some(*proof),
            _ => None,
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
            Self::OthersRunning { .. } | Self::NothingRunning { .. } | Self::WouldCancel { .. } => Posted::No,
        }
    }

    /// The operation that decided, where one was polled.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Canceled { operation, .. } => operation.as_ref(),
            Self::Ended { operation, .. } => Some(operation),
            _ => None,
        }
    }

    /// The service's word for the operation that decided: of the first that was not canceled, where there is one.
    /// Without one, of the first operation that still runs. `None` where no operation is known.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        let running = self.operations().iter().find(|tracked| !tracked.state().is_end()).map(TrackedOperation::status);
        self.operation().map(Operation::status).or(running)
    }

    /// The operations that decide, each with its last status: what was in progress when the list was read, or of that
    /// the one that was [asked for](crate::CancelRequest::only_if_running). Empty in the modes that read no list.
    #[must_use]
    pub fn operations(&self) -> &[TrackedOperation] {
        match self {
            Self::Canceled { operations, .. }
            | Self::Ended { operations, .. }
            | Self::StillRunning { operations, .. }
            | Self::OthersRunning { operations, .. }
            | Self::WouldCancel { operations, .. } => operations,
            Self::Accepted { .. } | Self::NothingRunning { .. } => &[],
        }
    }

    /// What was in progress beside the operation that was [asked for](crate::CancelRequest::only_if_running).
    #[must_use]
    pub fn others(&self) -> &[TrackedOperation] {
        match self {
            Self::Canceled { others, .. }
            | Self::Ended { others, .. }
            | Self::StillRunning { others, .. }
            | Self::OthersRunning { others, .. }
            | Self::WouldCancel { others, .. } => others,
            Self::Accepted { .. } | Self::NothingRunning { .. } => &[],
        }
    }

    /// Why the location that the service has named was not called, where it was not.
    #[must_use]
    pub fn refused_location(&self) -> Option<&Error> {
        match self {
            Self::Canceled { refused_location, .. }
            | Self::Accepted { refused_location, .. }
            | Self::Ended { refused_location, .. }
            | Self::StillRunning { refused_location, .. } => refused_location.as_ref(),
            _ => None,
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

words!(Proof, "proof": Acknowledged, ByLocation, Verified);
