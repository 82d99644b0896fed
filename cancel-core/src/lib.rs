//! Cancels a publish on Microsoft's commercial marketplace, and says what is known of it afterwards.
//!
//! The service has one call for it, and answers it with 202 *whether or not it canceled anything*. This crate is a sans-IO
//! client that tells the difference as far as it can be told: it builds [`http::Request`] values, reads [`http::Response`]
//! values, and leaves sockets, clocks and threads to its caller.
//!
//! There are two levels:
//!
//! - **The codec**, one value per message: [`CancelRequest`] and [`CancelResponse`], [`GetOperation`] and [`Operation`],
//!   [`ListOperations`] and [`OperationList`], [`GetOfferStatus`]; an [`OperationLocation`] is proven to be on the
//!   endpoint's origin.
//! - **The machine**, the whole conversation: [`Cancellation`], which is told what came back by whatever transport there
//!   is, and ends with an [`Outcome`] or an [`Error`]. [`Policy`] says how far it goes and how patiently.
//!
//! What a caller passes is checked once: [`Endpoint`], [`BearerToken`], [`PublisherId`], [`OfferId`] and the rest can
//! change nothing about a request but what they say.
//!
//! ```
//! use std::time::Duration;
//! use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId, Step};
//!
//! let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
//! let mut cancellation = Cancellation::new(Endpoint::default(), request, Policy::default(), Duration::ZERO);
//! assert!(matches!(cancellation.step(Duration::ZERO), Step::Authenticate(_)));
//! cancellation.provide_token(BearerToken::new("eyJ0eXAi")?);
//! let Step::Send(exchange) = cancellation.step(Duration::ZERO) else { panic!("there is something to ask") };
//! assert!(exchange.request.uri().path().ends_with("/submissions/"), "what is in progress comes first");
//! let answer = http::Response::new("[]");
//! cancellation.handle_response(Duration::from_secs(2), exchange.id, answer)?;
//! let Step::Done(Ok(outcome)) = cancellation.step(Duration::from_secs(2)) else { panic!("nothing is in progress") };
//! assert_eq!(outcome.as_str(), "nothing_running");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The manual has pages on [what an outcome proves](guide::outcomes), [adapters](guide::adapters), [durable runs](guide::durability),
//! [hostile servers](guide::hostile_servers), [the wire](guide::wire) and [smaller builds](guide::smaller_builds).
//!
//! # Sources
//!
//! Where the documentation names a page ("operations page"), it is one of the service's public reference:
//! [their titles and addresses](guide::wire#sources).
//!
//! # Features
//!
//! - `portal`: the module `portal`, the service's side of the contract, to test against; and `conformance`, conversations
//!   that every adapter must have in the same way. Outside the semver promise.

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
    Body, Cancellation, Checkpoint, Event, Exchange, ExchangeId, Failure, Observer, Outcome, Phase, Policy, Progress,
    Proof, StaleExchange, Step, TokenReason, TrackedOperation, Until,
};
pub use values::{
    ApiVersion, BearerToken, ClientRequestId, Endpoint, IfMatch, InvalidInput, NotificationEmails, OfferId,
    OperationId, PublisherId,
};
