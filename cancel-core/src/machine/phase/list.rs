//! What an answer to the list says.

use crate::error::Error;
use crate::machine::baseline::{TrackedOperation, in_progress};
use crate::machine::context::Received;

pub(super) enum ListAnswer {
    /// What is in progress.
    InProgress(Vec<TrackedOperation>),
    /// Nothing, for now.
    Transient(Error),
    /// The list is refused.
    Refused(Error),
}

impl ListAnswer {
    pub(super) fn read(received: &Received) -> Self {
        match received.status() {
            200 | 204 => match received.body.whole().and_then(|body| in_progress(body)) {
                Ok(running) => Self::InProgress(running),
                Err(error) => Self::Transient(error.with_answer(received.answer())),
            },
            408 | 429 | 500..=599 => Self::Transient(received.error()),
            _ => Self::Refused(received.error()),
        }
    }
}
