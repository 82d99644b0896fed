//! Where a conversation is written down, so that another process can go on with it.

use std::fmt;
use std::future::Future;

use cancel_core::{Cancellation, Checkpoint};

/// Makes [checkpoints](Cancellation::checkpoint) durable. It is asked at first, before a POST leaves, and after every change
/// of state but the last, to an outcome; when it fails before a POST, the POST does not leave. Once the caller has the outcome, there is
/// nothing left to go on with.
///
/// A closure that takes a [`Checkpoint`] and returns a future is a journal, and `()` is the one that keeps nothing.
pub trait Journal {
    /// Why it could not be written.
    type Error: fmt::Display;

    /// Writes the cancellation's checkpoint, and is done when it is durable.
    ///
    /// # Errors
    ///
    /// When it may be lost. The driver then stops with [`Error::Checkpoint`](cancel_core::Error::Checkpoint); the same
    /// cancellation can be driven on.
    fn write(&mut self, cancellation: &Cancellation) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

impl Journal for () {
    type Error = std::convert::Infallible;

    async fn write(&mut self, _: &Cancellation) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<W, F, E> Journal for W
where
    W: FnMut(Checkpoint) -> F,
    F: Future<Output = Result<(), E>> + Send,
    E: fmt::Display,
{
    type Error = E;

    fn write(&mut self, cancellation: &Cancellation) -> impl Future<Output = Result<(), E>> + Send {
        self(cancellation.checkpoint())
    }
}
