//! The whole conversation, as a machine that a transport drives.
//!
//! Nothing here performs I/O, reads a clock or rolls dice: the caller says what time it is and what came back.
//! [`Cancellation`] is the door; [`conversation`] keeps the state; [`listing`], [`posting`] and [`looks`] say what an answer
//! means in that state.

mod cancellation;
mod checkpoint;
mod concealment;
mod conversation;
mod flight;
mod listing;
mod looks;
#[cfg(all(test, feature = "portal"))]
mod model;
mod noted;
mod observer;
mod outcome;
mod pace;
mod policy;
mod posting;
mod progress;
mod resume;
mod step;
mod watching;

pub use cancellation::Cancellation;
pub use checkpoint::Checkpoint;
pub use noted::NotedOperation;
pub use observer::{Event, Observer};
pub use outcome::{Outcome, Posted, Proof};
pub use policy::{Policy, Until};
pub use progress::{Phase, Progress};
pub use step::{Body, Exchange, ExchangeId, Failure, Misuse, Step, TokenReason};
