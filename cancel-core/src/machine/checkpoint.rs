//! A conversation as another process can resume it.
//!
//! A checkpoint holds no token. What is read is untrusted: ids and values pass the checks that a caller's pass, a
//! location those that one from the service passes. No operation's status is in it; it is polled again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::policy::Until;
use crate::codec::{CancelRequest, LocationSource, NamedLocation};
use crate::error::{Error, ErrorKind, Posted};
use crate::values::{ApiVersion, OperationId};

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

/// A conversation written down: JSON of a few hundred bytes, or any other format of serde. There is no token in it.
///
/// [`Cancellation::checkpoint`](crate::Cancellation::checkpoint) makes one, and
/// [`Cancellation::resume`](crate::Cancellation::resume) continues from it. It names the endpoint, the offer, the
/// addresses that are notified, and operations: keep it where others cannot write. The format has a version; one of
/// another version is refused.
///
/// ```
/// # use std::time::Duration;
/// # use cancel_core::*;
/// # let endpoint = Endpoint::default();
/// # let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
/// let cancellation = Cancellation::new(endpoint.clone(), request, Policy::default(), Duration::ZERO);
/// let text = cancellation.checkpoint().to_json();
/// // … in another process:
/// let checkpoint = Checkpoint::from_json(&text)?;
/// let resumed = Cancellation::resume(endpoint, checkpoint, Policy::default(), Duration::from_secs(5))?;
/// assert_eq!(resumed.request().offer().as_str(), "contoso-offer");
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub(super) version: u32,
    pub(super) endpoint: Box<str>,
    pub(super) api_version: ApiVersion,
    pub(super) request: CancelRequest,
    /// What the POST cancels beside the baseline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) others: Vec<OperationId>,
    pub(super) until: Until,
    pub(super) phase: SavedPhase,
    pub(super) posted: Posted,
    pub(super) polls: u32,
    /// As in [`Retries`](super::retries::Retries). A POST in flight counts as one that was lost.
    pub(super) failed_gets: u8,
    pub(super) failed_posts: u8,
    pub(super) resumes: u16,
    /// The last `now` that was seen, and times on the same clock.
    pub(super) now_ms: u64,
    /// From when on the schedule of its polls counts.
    pub(super) polling_since_ms: u64,
    pub(super) due_ms: u64,
    pub(super) deadline_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) over: Option<Over>,
}

/// What a resumed conversation goes on with.
///
/// Without a tag inside: `serde` buffers what has one, and overflows a small stack where that is deep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Hash))]
#[serde(rename_all = "snake_case")]
pub(super) enum SavedPhase {
    Listing,
    /// Without a baseline, and without an earlier POST in doubt.
    Posting,
    /// Nothing was processed: the list is read again before a POST.
    Rechecking {
        baseline: Baseline,
    },
    Following {
        location: SavedLocation,
    },
    Verifying {
        baseline: Baseline,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<SavedLocation>,
        sent: SavedSent,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cancel_failed: Option<SavedFailure>,
    },
    /// Without a baseline: a POST may have been processed.
    InDoubt,
    Unfollowed,
}

/// As in [`Sent`](super::phase::Sent), with times on the clock of `now_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SavedSent {
    Unprocessed,
    InDoubt { since_ms: u64 },
    Accepted,
}

/// For the model check, in which time does not count.
#[cfg(test)]
impl std::hash::Hash for SavedSent {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
    }
}

/// When the cancel's own operation failed, and how many polls have found the baseline in progress since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedFailure {
    pub(super) since_ms: u64,
    pub(super) polls: u8,
}

#[cfg(test)]
impl std::hash::Hash for SavedFailure {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.polls.hash(state);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Hash))]
pub(super) struct SavedLocation {
    pub(super) url: Box<str>,
    pub(super) source: LocationSource,
}

impl SavedLocation {
    pub(super) fn of(named: &NamedLocation) -> Self {
        Self { url: named.location.to_string().into(), source: named.source }
    }
}

/// How the conversation ended, when it was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Hash))]
#[serde(rename_all = "lowercase")]
pub(super) enum Over {
    /// With an outcome: there is nothing to resume.
    Outcome,
    /// With an error: another run may resume it, with a deadline and attempts of its own.
    Error,
}

impl Checkpoint {
    /// How long a text may be at most, in bytes: 64 KiB. No checkpoint of this crate is longer: do not read a longer
    /// file.
    pub const MAX_LEN: usize = 1 << 16;

    /// Reads what [`to_json`](Self::to_json) wrote. [`Cancellation::resume`](crate::Cancellation::resume) checks the
    /// rest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Checkpoint`] when the text is no checkpoint, is of a version that is not known, or is longer than
    /// [`MAX_LEN`](Self::MAX_LEN).
    pub fn from_json(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        if text.len() > Self::MAX_LEN {
            return Err(refused("is longer than 64 KiB"));
        }
        let Versioned { version } = serde_json::from_str(text).map_err(Self::unreadable)?;
        check_version(version)?;
        serde_json::from_str(text).map_err(Self::unreadable)
    }

    /// The error of a checkpoint that could not be fetched from where it was kept, for a driver to return.
    #[must_use]
    pub fn unreadable(why: impl std::fmt::Display) -> Error {
        refused(&format!("cannot be read: {why}"))
    }

    /// The checkpoint as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Texts and numbers always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(super) fn check_version(version: u32) -> Result<(), Error> {
    if version == VERSION {
        return Ok(());
    }
    Err(refused(&format!("is of version {version}, and only {VERSION} is known")))
}

/// The error of a checkpoint that is not resumed. It is not known whether the run before has posted.
pub(super) fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("the checkpoint {why}")).with_posted(Posted::Maybe)
}

pub(super) fn to_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
