//! Cancels publishes on Microsoft's commercial marketplace over hyper or any other HTTP client, on any async runtime,
//! and returns what is known of each afterwards.
//!
//! ```no_run
//! use std::error::Error;
//! use std::time::Duration;
//!
//! use cancel_hyper::cancel_core::{
//!     BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy,
//!     PublisherId,
//! };
//! use cancel_hyper::{Client, Driver};
//! use hyper_util::rt::TokioTimer;
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn Error>> {
//!     let publisher = PublisherId::new("contoso")?;
//!     let request = CancelRequest::new(publisher, OfferId::new("contoso-offer")?);
//!     let endpoint = Endpoint::default();
//!     let mut cancellation =
//!         Cancellation::new(endpoint, request, Policy::default(), Duration::ZERO);
//!     let token = BearerToken::new(std::env::var("AZURE_TOKEN")?)?;
//!     let mut driver = Driver::new(Client::new()?, TokioTimer::new(), token);
//!     let outcome = driver.drive(&mut cancellation).await?;
//!     println!("{}", outcome.as_str());
//!     Ok(())
//! }
//! ```
//!
//! It needs these dependencies and features. `webpki-roots` turns on `client`; `native-roots` does so too.
//!
//! ```toml
//! cancel-hyper = { version = "0.1", features = ["webpki-roots"] }
//! hyper-util = { version = "0.1.18", features = ["tokio"] }
//! tokio = { version = "1.44", features = ["macros", "rt"] }
//! ```
//!
//! # Why not a single POST
//!
//! The service answers the cancel with 202 whether or not it canceled anything. A cancel takes minutes, its result has
//! to be polled in several ways, and the service may name a host that must not get the token. [`cancel_core`] handles
//! all that without I/O. This crate sends its requests and waits between them.
//!
//! # What is in it
//!
//! - [`Driver`] drives a [`Cancellation`](cancel_core::Cancellation) over any [`tower_service::Service`] of HTTP
//!   requests, with any [`hyper::rt::Timer`]. It spawns nothing, and its future may be dropped at any time.
//! - [`cancel_many`] drives a fleet. A [`Throttle`] holds all of it back when the service answers 429, and
//!   [`SharedTokens`] replace a rejected token once.
//! - `Client` is a ready-made service: hyper-util's pool, HTTP/1.1 and HTTP/2, rustls, the proxy of the environment.
//!
//! # Your own service
//!
//! A service must not follow redirects, retry, turn statuses into errors, or decompress bodies. It must reach this
//! machine without a proxy. How long a call may take is an extension of its request: [`ExchangeTimeout`].
//!
//! The driver asks whether the service is ready before it commits a request. So waiting for a permit or for a
//! connection in `poll_ready` takes none of the request's time. Every other error of the service counts as "maybe
//! sent", unless its chain of sources has a [`NotSent`] or, with the feature `client`, a connect error of hyper-util's
//! client.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `client`: `Client`, over tokio. `webpki-roots` and `native-roots` turn it on, and give `Client::new` the roots of
//!   Mozilla or of the platform.
//! - `tracing`: a span per cancellation and an event per exchange, with request ids and without tokens.
//! - `testing`: the module `portal`, the simulated service on a loopback port. Outside the semver promise.

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

/// The protocol core, in the version that this crate drives.
pub use cancel_core;
#[cfg(feature = "client")]
pub use client::{Client, ClientBody};
pub use driver::Driver;
pub use failure::{BoxError, NotSent};
pub use fleet::{Ended, SharedTokens, Throttle, Throttled, cancel_many};
pub use journal::Journal;
pub use tokens::TokenSource;
pub use transport::ExchangeTimeout;
