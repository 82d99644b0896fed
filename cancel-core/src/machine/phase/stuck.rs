//! Nothing is left to ask for.

use super::state::{Phase, Stuck, Transition};
use crate::error::{Error, ErrorKind};
use crate::machine::next::Next;

/// What a run ends with that is resumed here.
pub(in crate::machine) fn nothing_to_ask_for() -> Error {
    Error::new(ErrorKind::Ambiguous, "an earlier run sent it, and its answer is not known or cannot be followed")
}

impl Stuck {
    pub(super) fn end(self) -> Transition {
        Phase::from(self).with(Next::error(nothing_to_ask_for()))
    }
}
