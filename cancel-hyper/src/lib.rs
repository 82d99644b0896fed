//! Cancels publishes on Microsoft's commercial marketplace over hyper, or over any other HTTP service, on any runtime.

#[cfg(feature = "client")]
mod client;
mod driver;
mod failure;
mod fleet;
mod journal;
#[cfg(feature = "portal")]
pub mod portal;
mod run;
mod tokens;
mod trace;
mod transport;

/// The protocol core, of the version that this crate drives.
pub use cancel_core as core;
#[cfg(feature = "client")]
pub use client::Client;
pub use driver::Driver;
pub use failure::{BoxError, NotSent};
pub use fleet::{Ended, SharedTokens, Throttle, Throttled, cancel_many};
pub use journal::Journal;
pub use tokens::TokenSource;
