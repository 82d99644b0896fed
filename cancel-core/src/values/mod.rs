//! What a caller passes in, parsed once at the edge.
//!
//! After these constructors an id is an id and a token is a token: nothing here can change the shape of a request.
//! Nothing here knows a message or a state, and nothing here uses another folder of this crate.

mod as_text;
mod emails;
mod endpoint;
mod ids;
mod if_match;
mod invalid_input;
mod token;

pub use emails::NotificationEmails;
pub use endpoint::{ApiVersion, Endpoint};
pub use ids::{ClientRequestId, OfferId, OperationId, PublisherId};
pub use if_match::IfMatch;
pub use invalid_input::InvalidInput;
pub use token::BearerToken;
