//! Cancels publishes on Microsoft's commercial marketplace over hyper, or over any other HTTP service, on any runtime.
//!
//! The service has one call for that, and answers it with 202 whether or not it canceled anything. It takes minutes, says where
//! to look in several ways, and may name a host that must not see the token. [`cancel_core`] knows all that; this
//! crate drives it, and what comes back is what is known.
//!
//! - [`Driver`] drives a [`Cancellation`](cancel_core::Cancellation) over any [`tower_service::Service`] of HTTP requests, with any
//!   [`hyper::rt::Timer`]. It spawns nothing, and its future may be dropped at any time.
//! - [`cancel_many`] drives a fleet: a [`Throttle`] holds all of it back when the service has had enough, and
//!   [`SharedTokens`] replace a rejected token once.
//! - `Client` is a service that is ready: hyper-util's pool, HTTP/1.1 and HTTP/2, rustls, the environment's proxy.
//!
//! ```no_run
//! # #[cfg(feature = "webpki-roots")]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use cancel_hyper::cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId};
//! use cancel_hyper::{Client, Driver};
//! use hyper_util::rt::TokioTimer;
//!
//! let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
//! let mut cancellation = Cancellation::new(Endpoint::default(), request, Policy::default(), std::time::Duration::ZERO);
//! let token = BearerToken::new(std::env::var("AZURE_TOKEN")?)?;
//! let outcome = Driver::new(Client::new()?, TokioTimer::new(), token).drive(&mut cancellation).await?;
//! println!("{}", outcome.as_str());
//! # Ok(())
//! # }
//! ```
//!
//! # Services of one's own
//!
//! A service must not follow redirects, try again by itself, make errors of statuses, or decompress bodies, and must reach this
//! machine without a proxy. It is asked whether it is ready before a request is committed, so that waiting for a permit or a connection costs
//! nothing. Its errors count as "perhaps sent", unless it was not ready, or their chain of sources holds a [`NotSent`] or (with the
//! feature `client`) a connect error of hyper-util's client. How long a call may take is an
//! extension of its request, [`ExchangeTimeout`].
//!
//! # Features
//!
//! None is on by default.
//!
//! - `client`: `Client`, over tokio. `webpki-roots` and `native-roots` turn it on, with the roots of Mozilla or of the
//!   platform for `Client::new`.
//! - `tracing`: a span per cancellation, an event per exchange, with request ids and without tokens.
//! - `portal`: the module `portal`, the simulated service on a loopback port. Outside the semver promise.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
mod client;
mod driver;
mod failure;
mod fleet;
mod journal;
#[cfg(feature = "testing")]
pub mod portal;
mod run;
mod tokens;
mod trace;
mod transport;

/// The protocol core, of the version that this crate drives.
pub use cancel_core;
#[cfg(feature = "client")]
pub use client::Client;
pub use driver::Driver;
pub use failure::{BoxError, NotSent};
pub use fleet::{Ended, SharedTokens, Throttle, Throttled, cancel_many};
pub use journal::Journal;
pub use tokens::TokenSource;
pub use transport::ExchangeTimeout;

/// The code of the README is compiled, and run where it can be.
#[cfg(all(doctest, any(feature = "native-roots", feature = "webpki-roots")))]
#[doc = include_str!("../README.md")]
struct Readme;
