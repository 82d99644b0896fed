//! One value per message of the service, in both directions, without state.
//!
//! For people who have their own loop or SDK: build an `http::Request`, send it with whatever they have, and hand the
//! `http::Response` to the matching reader. Nothing here waits, retries or remembers.

mod answer;
mod cancel;
mod json;
mod location;
mod named_location;
mod offer_status;
mod operation;
mod operation_details;
mod operation_list;
mod request;
mod retry_after;
mod state;
mod words;

pub use answer::Answer;
pub(crate) use cancel::accepted;
pub use cancel::{CancelRequest, CancelResponse};
pub(crate) use json::legible;
pub(crate) use location::Called;
pub use location::{LocationKind, OperationLocation};
pub(crate) use named_location::{NamedBy, NamedLocation, in_headers};
pub use offer_status::GetOfferStatus;
pub use operation::{GetOperation, Operation};
pub use operation_details::{Message, OperationDetails, OperationStep, ServiceError};
pub use operation_list::{ListOperations, OperationList, Submission};
pub(crate) use retry_after::retry_after;
pub use state::State;
