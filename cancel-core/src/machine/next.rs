//! What follows an answer or a failure: when the next exchange is due, or how it ended.

use std::time::Duration;

use super::outcome::Outcome;
use crate::error::Error;

#[derive(Debug)]
pub(super) enum Next {
    /// The next exchange is due at once.
    Now,
    /// The same exchange is due again at once, and this attempt does not count.
    Again,
    /// The next exchange is due at this time.
    At(Duration),
    Over(Box<Result<Outcome, Error>>),
}

impl Next {
    pub(super) fn outcome(outcome: Outcome) -> Self {
        Self::Over(Box::new(Ok(outcome)))
    }

    pub(super) fn error(error: Error) -> Self {
        Self::Over(Box::new(Err(error)))
    }

    /// The same, but where it is over, with this error.
    pub(super) fn or_end_with(self, error: &Error) -> Self {
        match self {
            Self::Over(_) => Self::error(error.clone()),
            next => next,
        }
    }
}
