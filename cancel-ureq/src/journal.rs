//! Where a conversation is written down, so that another process can go on with it.

use std::fmt;

use cancel_core::{Cancellation, Checkpoint};

/// Makes [checkpoints](Cancellation::checkpoint) durable. It is asked at first, before a POST leaves, and after every change
/// of state but the last, to an outcome; when it fails before a POST, the POST does not leave. Once the caller has the outcome, there is
/// nothing left to go on with.
///
/// A closure that takes a [`Checkpoint`] is a journal, and `()` is the one that keeps nothing.
pub trait Journal {
    /// Why it could not be written.
    type Error: fmt::Display;

    /// Writes the cancellation's checkpoint, and returns when it is durable.
    ///
    /// # Errors
    ///
    /// When it may be lost. The driver then stops with [`Error::Checkpoint`](cancel_core::Error::Checkpoint); the same
    /// cancellation can be driven on.
    fn write(&mut self, cancellation: &Cancellation) -> Result<(), Self::Error>;
}

impl Journal for () {
    type Error = std::convert::Infallible;

    fn write(&mut self, _: &Cancellation) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<F, E> Journal for F
where
    F: FnMut(Checkpoint) -> Result<(), E>,
    E: fmt::Display,
{
    type Error = E;

    fn write(&mut self, cancellation: &Cancellation) -> Result<(), E> {
        self(cancellation.checkpoint())
    }
}
