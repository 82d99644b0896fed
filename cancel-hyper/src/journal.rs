//! Where checkpoints are stored, so that another process can resume a run.

use std::fmt;
use std::future::Future;

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
/// use cancel_core::Checkpoint;
/// use cancel_hyper::Journal;
///
/// # async fn store(_: String) -> std::io::Result<()> { Ok(()) }
/// let journal = |checkpoint: Checkpoint| {
///     let text = checkpoint.to_json();
///     async move { store(text).await } // in a database
/// };
/// # fn is_one(_: impl Journal) {}
/// # is_one(journal);
/// ```
///
/// A closure that takes a [`Checkpoint`] and returns a future is a journal. `()` is the journal that stores nothing.
pub trait Journal {
    /// Why a checkpoint could not be stored.
    type Error: fmt::Display;

    /// Stores the cancellation's checkpoint. The future is ready when it is durable.
    ///
    /// # Errors
    ///
    /// When the checkpoint may be lost. The driver then stops with
    /// [`ErrorKind::Checkpoint`](cancel_core::ErrorKind::Checkpoint). The same cancellation can be driven on.
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
