//! Where a conversation is written down, so that another process can resume it.

use std::fmt;

use cancel_core::{Cancellation, Checkpoint};

/// Makes [checkpoints](Cancellation::checkpoint) durable, so that another process can [resume](Cancellation::resume) the run.
///
/// A driver asks it
///
/// - when it begins to drive;
/// - after it was told to send a POST, and before the POST's first byte leaves. When the journal fails here, the POST does not leave;
/// - after each answer or failure of an exchange, and at the end with an error. After an outcome it is not asked: there is nothing to
///   resume then. Remove the checkpoint when you have acted on the outcome.
///
/// ```
/// use std::cell::RefCell;
/// use cancel_core::Checkpoint;
/// use cancel_ureq::Journal;
///
/// let written = RefCell::new(Vec::new());
/// let journal = |checkpoint: Checkpoint| {
///     written.borrow_mut().push(checkpoint.to_json()); // or into a file, synced before this returns
///     Ok::<(), std::io::Error>(())
/// };
/// # fn is_one(_: impl Journal) {}
/// # is_one(journal);
/// ```
///
/// A closure that takes a [`Checkpoint`] is a journal, and `()` is the one that keeps nothing.
pub trait Journal {
    /// Why it could not be written.
    type Error: fmt::Display;

    /// Writes the cancellation's checkpoint, and returns when it is durable.
    ///
    /// # Errors
    ///
    /// When it may be lost. The driver then stops with [`ErrorKind::Checkpoint`](cancel_core::ErrorKind::Checkpoint); the same
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
