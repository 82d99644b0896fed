//! How many exchanges failed, and how the last one did.

use super::policy::Policy;
use crate::error::Error;

/// The failures of one conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Retries {
    /// Failures of GETs in a row.
    pub(super) gets: u8,
    /// POSTs that were lost, or that the service did not carry out.
    pub(super) posts: u8,
    /// For a person. It decides nothing.
    pub(super) last_error: Option<Error>,
}

impl Retries {
    /// Keeps what a failure says, but for its details: they can have 40 KiB.
    pub(super) fn remember(&mut self, error: Error) {
        self.last_error = Some(error.without_details());
    }

    /// An exchange led to what it was for: earlier failures do not count any more.
    pub(super) fn succeeded(&mut self) {
        self.gets = 0;
        self.last_error = None;
    }

    /// Counts a failed GET. Returns whether there were too many in a row.
    pub(super) fn get_failed(&mut self, policy: &Policy) -> bool {
        self.gets = self.gets.saturating_add(1);
        self.gets >= policy.attempts
    }

    /// Counts a failed POST. Returns whether there were too many.
    pub(super) fn post_failed(&mut self, policy: &Policy) -> bool {
        self.posts = self.posts.saturating_add(1);
        self.no_post_is_left(policy)
    }

    pub(super) fn no_post_is_left(&self, policy: &Policy) -> bool {
        self.posts >= policy.attempts
    }
}
