//! What is known at the end.

use std::fmt;
use std::time::Duration;

use crate::codec::{Operation, OperationLocation};

/// What is *known* of the cancel, never more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is canceled, by the proof that is given.
    #[non_exhaustive]
    Canceled {
        /// How it is known.
        proof: Proof,
        /// The last operation that was seen, where one was.
        operation: Option<Operation>,
        /// Whether a POST went out.
        posted: Posted,
    },
    /// The service has accepted the cancel, whether or not there was anything to cancel. Only with
    /// [`Until::Accepted`](crate::Until::Accepted).
    #[non_exhaustive]
    Accepted {
        /// Where to see how it goes on.
        location: OperationLocation,
        /// How long to wait before the first look, where the service says.
        retry_after: Option<Duration>,
        /// Whether a POST went out.
        posted: Posted,
    },
    /// What was watched has ended in another way than `canceled`. With [`Proof::Watched`] what became of the publish is
    /// not proven: the pages call the location that of the cancel operation, and clients have seen both words there.
    #[non_exhaustive]
    Ended {
        /// How it is known.
        proof: Proof,
        /// The operation at its end.
        operation: Operation,
        /// Whether a POST went out.
        posted: Posted,
    },
}

impl Outcome {
    /// One stable word for logs: `canceled`, `accepted` or `ended`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Canceled { .. } => "canceled",
            Self::Accepted { .. } => "accepted",
            Self::Ended { .. } => "ended",
        }
    }

    /// How it is known. An acceptance proves nothing.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        match self {
            Self::Canceled { proof, .. } | Self::Ended { proof, .. } => Some(*proof),
            Self::Accepted { .. } => None,
        }
    }

    /// Whether a POST went out.
    #[must_use]
    pub fn posted(&self) -> Posted {
        match self {
            Self::Canceled { posted, .. } | Self::Accepted { posted, .. } | Self::Ended { posted, .. } => *posted,
        }
    }

    /// The operation that decided.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Canceled { operation, .. } => operation.as_ref(),
            Self::Ended { operation, .. } => Some(operation),
            Self::Accepted { .. } => None,
        }
    }
}

/// How the end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// The service answered 200 to the cancel.
    Answered,
    /// The location that the service named says so.
    Watched,
}

impl Proof {
    /// One stable word for logs: `answered` or `watched`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Watched => "watched",
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a POST went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Posted {
    /// None left.
    No,
    /// One was handed to the transport, and no answer came back: the service may have seen it.
    Maybe,
    /// The service answered one, whatever it said.
    Yes,
}

impl Posted {
    /// One stable word for logs: `no`, `maybe` or `yes`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Maybe => "maybe",
            Self::Yes => "yes",
        }
    }
}

impl fmt::Display for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
