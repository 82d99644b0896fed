//! Cancels a publish on Microsoft's commercial marketplace over a blocking [ureq] agent.
//!
//! The service has one call for that, and answers it with 202 whether or not it canceled anything. It takes minutes, says where
//! to look in several ways, and may name a host that must not see the token. [`cancel_core`] knows all that; this
//! crate drives it, and what comes back is what is known.
//!
//! ```no_run
//! use std::time::Duration;
//! use cancel_ureq::cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId};
//! use cancel_ureq::Driver;
//!
//! let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
//! let mut cancellation = Cancellation::new(Endpoint::default(), request, Policy::default(), Duration::ZERO);
//! let token = BearerToken::new(std::env::var("AZURE_TOKEN")?)?;
//! let outcome = Driver::new(ureq::Agent::new_with_defaults(), token).drive(&mut cancellation)?;
//! println!("{}", outcome.as_str());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! TLS is the agent's: enable this crate's feature `rustls` for one that works at once, or build the agent with what you
//! have.
//!
//! # Logs
//!
//! ureq writes the wire at `TRACE`, the `Authorization` header included. Keep the targets `ureq` and `ureq_proto` at `debug` or
//! below.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod driver;
mod failure;
mod journal;
mod run;
mod tokens;
mod transport;

/// The protocol core, of the version that this crate drives.
pub use cancel_core;
pub use driver::Driver;
pub use journal::Journal;
pub use tokens::TokenSource;
