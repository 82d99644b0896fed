//! The values that a caller passes. Each is checked once, when it is made, and cannot change the shape of a request.
//!
//! This folder must not use another folder of this crate. It knows no messages and no states.

pub(crate) mod as_text;
mod emails;
mod endpoint;
mod ids;
mod if_match;
mod invalid_input;
mod secret;
mod token;
mod word;

pub use emails::NotificationEmails;
pub use endpoint::{ApiVersion, Endpoint};
pub use ids::{ClientRequestId, OfferId, OperationId, PublisherId};
pub use if_match::IfMatch;
pub use invalid_input::InvalidInput;
pub(crate) use secret::{PART, Secret};
pub use token::BearerToken;
pub(crate) use word::words;
