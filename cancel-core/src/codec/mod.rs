//! One value for each message of the service, in both directions, without state.
//!
//! It is for people who have a loop or an SDK of their own. They build an `http::Request` here, send it, and give the
//! `http::Response` to the matching reader. Nothing here waits, retries or keeps a state. This folder uses `values`,
//! `wire` and `error`. It must not use `machine` or `testing`.

mod cancel;
mod location;
mod location_source;
mod offer_status;
mod operation;
mod operation_details;
mod operation_list;
mod request;
mod state;

pub use cancel::{CancelRequest, CancelResponse};
pub(crate) use cancel::{NO_ACKNOWLEDGEMENT, accepted, is_acknowledgement};
pub(crate) use location::BaseUrl;
pub use location::{LocationKind, OperationLocation};
pub(crate) use location_source::{LocationSource, NamedLocation, in_headers};
pub use offer_status::GetOfferStatus;
pub use operation::{GetOperation, Operation};
pub use operation_details::{Message, OperationDetails, OperationStep, ServiceError};
pub(crate) use operation_list::Entry;
pub use operation_list::{ListOperations, OperationList, Submission};
pub use state::State;
pub(crate) use state::stored;
