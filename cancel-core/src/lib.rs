//! Cancels a publish on Microsoft's commercial marketplace, and says what is known of it afterwards.

mod codec;
mod error;
mod machine;
#[cfg(feature = "portal")]
pub mod portal;
mod report;
mod values;

pub use codec::{
    Answer, CancelRequest, CancelResponse, GetOfferStatus, GetOperation, ListOperations, LocationKind, Message,
    Operation, OperationDetails, OperationList, OperationLocation, OperationStep, ServiceError, State, Submission,
};
pub use error::Error;
pub use machine::{
    Body, Cancellation, Event, Exchange, ExchangeId, Failure, Misuse, Observer, Outcome, Phase, Policy, Posted,
    Progress, Proof, Step, TokenReason, Until,
};
pub use report::Report;
pub use values::{
    ApiVersion, BearerToken, ClientRequestId, Endpoint, IfMatch, InvalidInput, NotificationEmails, OfferId,
    OperationId, PublisherId,
};
