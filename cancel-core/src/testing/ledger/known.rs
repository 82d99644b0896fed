//! What a process knows of its POSTs. It is the part of the books that a crash leaves.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::words::is_acknowledgement;
use crate::error::Posted;

/// Ids, in lower case.
pub(super) type Ids = Arc<BTreeSet<String>>;

/// What is known of the last POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LastPost {
    None,
    InFlight,
    /// 401, 429: not processed.
    NotProcessed,
    /// Another 4xx.
    Refused,
    /// 200 or 202.
    Taken,
    /// Any other answer, or none.
    InDoubt,
}

impl LastPost {
    /// The body is `None` when it is not whole.
    pub(super) fn of_answer(status: u16, body: Option<&[u8]>) -> Self {
        match status {
            200 if body.is_some_and(is_acknowledgement) => Self::Taken,
            202 => Self::Taken,
            401 | 429 => Self::NotProcessed,
            400..=407 | 409..=499 => Self::Refused,
            _ => Self::InDoubt,
        }
    }
}

/// What a process knows, and what the next one has of it from a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Known {
    pub(super) last_post: LastPost,
    /// One of the POSTs may have been processed.
    pub(super) in_doubt: bool,
    pub(super) posted: Posted,
    /// What was in progress before the first POST.
    pub(super) baseline: Option<Ids>,
}

impl Default for Known {
    /// Nothing was posted.
    fn default() -> Self {
        Self { last_post: LastPost::None, in_doubt: false, posted: Posted::No, baseline: None }
    }
}

impl Known {
    /// What a checkpoint of a stranger's says.
    #[must_use]
    pub fn of_stranger<'a>(
        posted: Posted,
        in_doubt: bool,
        is_taken: bool,
        baseline: impl Iterator<Item = &'a str>,
    ) -> Self {
        let last_post = match (is_taken, in_doubt) {
            (true, _) => LastPost::Taken,
            (false, true) => LastPost::InDoubt,
            (false, false) => LastPost::None,
        };
        let baseline: BTreeSet<_> = baseline.map(str::to_ascii_lowercase).collect();
        Self { last_post, in_doubt, posted, baseline: (!baseline.is_empty()).then(|| Arc::new(baseline)) }
    }
}
