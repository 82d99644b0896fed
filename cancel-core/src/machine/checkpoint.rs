//! A conversation written down, to be resumed by another process.
//!
//! What is written holds no token. What is read is untrusted: everything in it is checked as if a server had sent it, and
//! nothing in it is taken for the state of an operation; that is looked at again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::outcome::Posted;
use crate::error::Error;
use crate::report::Problem;

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;
/// A conversation written down: JSON of a few hundred bytes, or any other format of serde. There is no token in it.
///
/// [`Cancellation::checkpoint`](crate::Cancellation::checkpoint) makes one, and [`Cancellation::resume`](crate::Cancellation::resume)
/// continues from it. It names the endpoint, the offer, the addresses that are notified, and operations: keep it where others cannot
/// write. The format has a version; one of another version is refused.
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
    pub(super) api_version: Box<str>,
    pub(super) publisher: Box<str>,
    pub(super) offer: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) notification_emails: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) if_match: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client_request_id: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) only: Option<Box<str>>,
    pub(super) until: Box<str>,
    pub(super) stage: SavedStage,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) noted: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<SavedLocation>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) cancel_failed: bool,
    pub(super) posted: Posted,
    pub(super) polls: u32,
    pub(super) waited: u32,
    pub(super) failures: u8,
    pub(super) failed_posts: u8,
    pub(super) resumes: u32,
    /// The last `now` that was seen, and times on the same clock.
    pub(super) now_ms: u64,
    pub(super) due_ms: u64,
    pub(super) deadline_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) over: Option<Over>,
}

/// What is next when the conversation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SavedStage {
    Listing,
    Posting,
    Relisting,
    Watching,
    Doubtful,
    Unfollowed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedLocation {
    pub(super) url: Box<str>,
    pub(super) by: SavedBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SavedBy {
    OperationLocation,
    Location,
    Body,
}

/// How the conversation ended, when it was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Over {
    /// With an outcome: there is nothing to resume.
    Outcome,
    /// With an error: another run may resume it, with a deadline and tries of its own.
    Error,
}

impl Checkpoint {
    /// How long a text may be at most, in bytes. One of ours is far shorter: whoever reads a file need not read further.
    pub const MAX_LEN: usize = 1 << 20;

    /// Reads what [`to_json`](Self::to_json) wrote. Its content is checked by [`Cancellation::resume`](crate::Cancellation::resume).
    ///
    /// # Errors
    ///
    /// [`Error::Checkpoint`] when the text is no checkpoint, is of a version that is not known, or is longer than [`MAX_LEN`](Self::MAX_LEN).
    pub fn from_json(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        if text.len() > Self::MAX_LEN {
            return Err(refused("is longer than 1 MiB").into());
        }
        let unreadable = |error: serde_json::Error| refused(&format!("cannot be read: {error}"));
        let Versioned { version } = serde_json::from_str(text).map_err(unreadable)?;
        check_version(version)?;
        Ok(serde_json::from_str(text).map_err(unreadable)?)
    }

    /// The error of a checkpoint that could not be fetched from where it was kept, for a driver to return.
    #[must_use]
    pub fn unreadable(why: &str) -> Error {
        refused(&format!("cannot be read: {why}")).into()
    }

    /// The checkpoint as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Texts and numbers always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(super) fn check_version(version: u32) -> Result<(), Problem> {
    if version == VERSION {
        return Ok(());
    }
    Err(refused(&format!("is of version {version}, and only {VERSION} is known")))
}

/// The error of a checkpoint that is not resumed. Whether the run before has posted is as good as unknown.
pub(super) fn refused(why: &str) -> Problem {
    Problem::new(Error::Checkpoint, format!("the checkpoint {why}")).posted(Posted::Maybe)
}

pub(super) fn to_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
