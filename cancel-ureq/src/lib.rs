//! Cancels a publish on Microsoft's commercial marketplace over a blocking [ureq] agent, and returns what is known of
//! it afterwards.
//!
//! ```no_run
//! use std::error::Error;
//! use std::time::Duration;
//!
//! use cancel_ureq::Driver;
//! use cancel_ureq::cancel_core::{
//!     BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy,
//!     PublisherId,
//! };
//!
//! fn main() -> Result<(), Box<dyn Error>> {
//!     let publisher = PublisherId::new("contoso")?;
//!     let request = CancelRequest::new(publisher, OfferId::new("contoso-offer")?);
//!     let endpoint = Endpoint::default();
//!     let mut cancellation =
//!         Cancellation::new(endpoint, request, Policy::default(), Duration::ZERO);
//!     let token = BearerToken::new(std::env::var("AZURE_TOKEN")?)?;
//!     let mut driver = Driver::new(cancel_ureq::agent(), token);
//!     let outcome = driver.drive(&mut cancellation)?;
//!     println!("{}", outcome.as_str());
//!     Ok(())
//! }
//! ```
//!
//! It needs these dependencies. TLS is the agent's: the feature `rustls` turns on ureq's own, or build the agent with
//! another.
//!
//! ```toml
//! cancel-ureq = { version = "0.1", features = ["rustls"] }
//! ureq = { version = "3.4.1", default-features = false }
//! ```
//!
//! # Why not a single POST
//!
//! The service answers the cancel with 202 whether or not it canceled anything. A cancel takes minutes, its result has
//! to be polled in several ways, and the service may name a host that must not get the token. [`cancel_core`] handles
//! all that without I/O. This crate sends its requests and sleeps between them.
//!
//! # Logs
//!
//! ureq logs whole requests at `TRACE`, the `Authorization` header included. Keep the targets `ureq` and `ureq_proto`
//! at `debug` or below.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod agent;
mod driver;
mod failure;
mod journal;
mod run;
mod tokens;
mod transport;

pub use agent::{agent, agent_with};
/// The protocol core, in the version that this crate drives.
pub use cancel_core;
pub use driver::Driver;
pub use journal::Journal;
pub use tokens::TokenSource;

/// The README's code is compiled: here, where both drivers are at hand.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
