//! A client for one call of Microsoft's commercial marketplace: the call that cancels the publish of an offer.
//!
//! The service answers this call with 202 *whether or not it canceled anything*, and a cancel takes minutes. This
//! crate makes the call and finds out what became of the publish. It is sans-IO: it builds [`http::Request`] values
//! and reads [`http::Response`] values. Sockets, clocks and threads are the caller's.
//!
//! This is a complete program over a transport that blocks:
//!
//! ```
//! use std::time::{Duration, Instant};
//! use cancel_core::{
//!     BearerToken, Body, CancelRequest, Cancellation, Endpoint, ErrorKind, Exchange,
//!     Failure, InvalidInput, OfferId, Policy, PublisherId, Step,
//! };
//!
//! /// Sends the request once, and reads the answer within `exchange.timeout`.
//! fn transport(exchange: &Exchange) -> Result<http::Response<Body>, Failure> {
//!     // Your HTTP client goes here.
//! #   Ok(http::Response::new(Body::from("[]")))
//! }
//!
//! /// Gives a token of Microsoft Entra ID for https://cloudpartner.azure.com.
//! fn token() -> Result<BearerToken, InvalidInput> {
//!     // Your identity library goes here.
//! #   BearerToken::new("eyJ0eXAi")
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let publisher = PublisherId::new("contoso")?;
//!     let request = CancelRequest::new(publisher, OfferId::new("contoso-offer")?);
//!     let (endpoint, policy) = (Endpoint::default(), Policy::default());
//!     let mut cancellation =
//!         Cancellation::new(endpoint, request, policy, Duration::ZERO);
//!
//!     let start = Instant::now();
//!     let result = loop {
//!         let now = start.elapsed();
//!         match cancellation.step(now) {
//!             Step::Authenticate(_) => cancellation.provide_token(token()?),
//!             Step::Send(exchange) => {
//!                 let answer = transport(&exchange);
//!                 let (now, id) = (start.elapsed(), exchange.id);
//!                 match answer {
//!                     Ok(answer) => cancellation.handle_response(now, id, answer)?,
//!                     Err(failure) => cancellation.handle_failure(now, id, failure)?,
//!                 }
//!             }
//!             // An earlier loop sent this exchange, and did not hand in its answer.
//!             Step::Await { id, .. } => {
//!                 cancellation.handle_failure(now, id, Failure::Dropped)?;
//!             }
//!             Step::WaitUntil(time) => std::thread::sleep(time - now),
//!             Step::Done(result) => break result.clone(),
//!         }
//!     };
//!
//!     match result {
//!         Ok(outcome) => {
//!             // Such as "canceled, posted: yes".
//!             println!("{}, posted: {}", outcome.as_str(), outcome.posted());
//!         }
//!         Err(error) => match error.kind() {
//!             ErrorKind::Unauthorized => println!("get another token: {error}"),
//!             ErrorKind::Ambiguous => println!("it may be canceled: {error}"),
//!             _ => println!("{error}. {}", error.advice()),
//!         },
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The crates `cancel-ureq` (blocking) and `cancel-hyper` (async) are this loop over an HTTP client.
//!
//! # Two levels
//!
//! - **The codec** has one value for each message, and no state: [`CancelRequest`] and [`CancelResponse`],
//!   [`GetOperation`] and [`Operation`], [`ListOperations`] and [`OperationList`], [`GetOfferStatus`]. An
//!   [`OperationLocation`] is a URL that is proven to be on the endpoint's origin.
//! - **The machine** is the whole conversation: [`Cancellation`]. The loop above drives it. It ends with an
//!   [`Outcome`] or an [`Error`]. A [`Policy`] says how far it goes and how long it waits. A [`Checkpoint`] lets
//!   another process resume it.
//!
//! # Values
//!
//! Whatever a caller passes is checked once, when the value is made: [`Endpoint`], [`BearerToken`], [`PublisherId`],
//! [`OfferId`] and the others. After that, no value can change the shape of a request.
//!
//! # Manual
//!
//! - [What an outcome proves](guide::outcomes), and the words that this documentation uses
//! - [How to write an adapter](guide::adapters) for another HTTP client
//! - [How to use the core from another language](guide::embedding)
//! - [How to resume a run](guide::durability) after a crash
//! - [What a hostile server can do](guide::hostile_servers)
//! - [What outcomes and errors are in JSON](guide::json)
//! - [What is sent and read](guide::wire)
//! - [How to make a program smaller](guide::smaller_builds)
//!
//! # Sources
//!
//! A name such as "operations page" stands for a page of the service's public reference. [The manual lists these
//! pages](guide::wire#sources) with their titles and addresses.
//!
//! # Features
//!
//! - `testing`: the module `testing`. It has `portal`, a simulated service to test against, and `conformance`,
//!   conversations that test an adapter. It is outside of the semver promise.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod codec;
mod error;
#[cfg(any(doc, doctest))]
pub mod guide;
mod machine;
#[cfg(feature = "testing")]
pub mod testing;
mod values;
mod wire;

pub use codec::{
    CancelRequest, CancelResponse, GetOfferStatus, GetOperation, ListOperations, LocationKind, Message, Operation,
    OperationDetails, OperationList, OperationLocation, OperationStep, ServiceError, State, Submission,
};
pub use error::{Answer, Error, ErrorKind, Posted};
pub use machine::{
    Body, Cancellation, Checkpoint, Clock, Driven, Event, Exchange, ExchangeId, Failure, Observer, Outcome, Phase,
    Policy, Progress, Proof, StaleExchange, Step, TokenReason, TrackedOperation, Until,
};
pub use values::{
    ApiVersion, BearerToken, ClientRequestId, Endpoint, IfMatch, InvalidInput, NotificationEmails, OfferId,
    OperationId, PublisherId,
};
