//! What a caller passes in, parsed once at the edge.
//!
//! After these constructors an id is an id and a token is a token: nothing here can change the shape of a request.
//! Nothing in this folder knows a message or a state.

mod emails;
mod endpoint;
mod ids;
mod invalid_input;
mod precondition;
mod token;

pub use emails::NotificationEmails;
pub use endpoint::{ApiVersion, Endpoint};
pub use ids::{ClientRequestId, OfferId, OperationId, PublisherId};
pub use invalid_input::InvalidInput;
pub use precondition::IfMatch;
pub use token::BearerToken;
