//! Where checkpoints are stored, so that another process can resume a run.

use std::fmt;

use cancel_core::{Cancellation, Checkpoint};

/// Stores [checkpoints](Cancellation::checkpoint) durably, so that another process can [resume](Cancellation::resume)
/// the run.
///
/// A driver writes to it
///
/// - when it starts to drive;
/// - before the first byte of a POST leaves. If the journal fails then, the POST is not sent;
/// - after each answer or failure of an exchange, and when the run ends with an error.
///
/// An outcome is not written, because there is nothing left to resume. Remove the checkpoint when you have acted on the
/// outcome.
///
/// ```
/// use std::cell::RefCell;
/// use cancel_core::Checkpoint;
/// use cancel_ureq::Journal;
///
/// let written = RefCell::new(Vec::new());
/// let journal = |checkpoint: Checkpoint| {
///     // Or into a file, synced before this returns.
///     written.borrow_mut().push(checkpoint.to_json());
///     Ok::<(), std::io::Error>(())
/// };
/// # fn is_one(_: impl Journal) {}
/// # is_one(journal);
/// ```
///
/// A closure that takes a [`Checkpoint`] is a journal. `()` is the journal that stores nothing.
pub trait Journal {
    /// Why a checkpoint could not be stored.
    type Error: fmt::Display;

    /// Stores the cancellation's checkpoint, and returns when it is durable.
    ///
    /// # Errors
    ///
    /// When the checkpoint may be lost. The driver then stops with
    /// [`ErrorKind::Checkpoint`](cancel_core::ErrorKind::Checkpoint). The same cancellation can be driven on.
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
