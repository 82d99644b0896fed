//! The whole conversation, as a machine that a transport drives.
//!
//! The caller says what time it is and what came back. [`Cancellation`] is the door; [`step`], [`body`], [`policy`],
//! [`outcome`], [`progress`] and [`observer`] are what goes through it. Behind it, [`conversation`] keeps the time and gives each
//! answer to the [`phase`] that it is for. [`checkpoint`] and [`resume`] write a conversation down and continue it in
//! another process.
//!
//! Nothing here performs I/O, reads a clock or uses randomness, and nothing here uses `testing` (the model check does).

mod baseline;
mod body;
mod cancellation;
mod checkpoint;
mod context;
mod conversation;
mod driven;
mod in_flight;
mod json;
#[cfg(all(test, feature = "testing"))]
mod model;
mod next;
mod observer;
mod outcome;
mod phase;
mod policy;
mod policy_json;
mod progress;
mod redact;
mod resume;
mod retries;
mod schedule;
mod step;
mod tokens;

pub use baseline::TrackedOperation;
pub use body::Body;
pub use cancellation::Cancellation;
pub use checkpoint::Checkpoint;
pub use driven::{Clock, Driven};
pub use observer::{Event, Observer};
pub use outcome::{Outcome, Proof};
pub use policy::{Policy, Until};
pub use progress::{Phase, Progress};
pub use step::{Exchange, ExchangeId, Failure, StaleExchange, Step, TokenReason};
