//! What an answer to the list says.

use crate::codec::Entry;
use crate::error::Error;
use crate::machine::baseline::{TrackedOperation, in_progress};
use crate::machine::context::Received;

pub(super) enum ListAnswer<'a> {
    Read(List<'a>),
    /// Nothing, for now.
    Transient(Error),
    /// The list is refused.
    Refused(Error),
}

pub(super) struct List<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) running: Vec<TrackedOperation>,
}

impl<'a> ListAnswer<'a> {
    pub(super) fn read(received: &'a Received) -> Self {
        match received.status() {
            200 | 204 => match List::read(received) {
                Ok(list) => Self::Read(list),
                Err(error) => Self::Transient(error.with_answer(received.answer())),
            },
            408 | 429 | 500..=599 => Self::Transient(received.error()),
            _ => Self::Refused(received.error()),
        }
    }
}

impl<'a> List<'a> {
    fn read(received: &'a Received) -> Result<Self, Error> {
        let entries = Entry::all(received.body.whole()?)?;
        let running = in_progress(&entries)?;
        Ok(Self { entries, running })
    }
}
