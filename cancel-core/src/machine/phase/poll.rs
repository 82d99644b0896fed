//! What an answer to a poll says: to one of the location, or of an operation of the baseline.

use crate::codec::{BaseUrl, LocationSource, NamedLocation, Operation, in_headers};
use crate::error::{Error, ErrorKind};
use crate::machine::context::{Context, Received};

pub(super) enum PollAnswer {
    /// An operation, and its status.
    Operation(Operation),
    /// 202: it is still running, whatever the body says.
    StillRunning,
    /// 404, early enough: it may not exist yet.
    NotYet,
    /// Nothing, for now.
    Transient(Error),
    /// The poll is refused.
    Refused(Error),
}

impl PollAnswer {
    /// Reads the answer to a poll. `may_not_exist_yet` says that it is early enough for a 404.
    pub(super) fn read(received: &Received, may_not_exist_yet: bool) -> Self {
        match received.status() {
            200 => match received.body.whole().and_then(|bytes| Operation::status_in(bytes)) {
                Ok(status) => Self::Operation(Operation::kept(status, received.body.bytes())),
                // It would be as long again.
                Err(error) if error.kind() == ErrorKind::BodyTooLarge => {
                    Self::Refused(error.with_answer(received.answer()))
                }
                Err(error) => Self::Transient(error.with_answer(received.answer())),
            },
            202 => Self::StillRunning,
            404 if may_not_exist_yet => Self::NotYet,
            408 | 429 | 500..=599 => Self::Transient(received.error()),
            _ => Self::Refused(received.error()),
        }
    }

    /// Whether it says that something is in progress.
    pub(super) fn is_running(&self) -> bool {
        match self {
            Self::Operation(operation) => !operation.state().is_end(),
            Self::StillRunning => true,
            Self::NotYet | Self::Transient(_) | Self::Refused(_) => false,
        }
    }
}

/// Where a followed location has moved to: an `Operation-Location` always counts, a `Location` only while one is
/// followed.
pub(super) fn moved(
    cx: &Context,
    followed: &NamedLocation,
    received: &Received,
) -> Result<Option<NamedLocation>, Error> {
    let counts = |source| source == LocationSource::OperationLocation || source == followed.source;
    let base = BaseUrl::Url(followed.location.url());
    in_headers(&cx.asked.endpoint, base, &received.head.headers, counts)
        .and_then(|named| match named {
            // The answer's own texts are redacted, but this one may begin in an earlier answer.
            Some(named) if cx.tokens.are_in(&named.location.to_string()) => {
                Err(Error::new(ErrorKind::InvalidLocation, "it holds the token once it is joined to the called URL"))
            }
            named => Ok(named),
        })
        .map_err(|error| error.with_answer(received.answer_without_body()))
}
