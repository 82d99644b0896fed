//! The offer's own state (offer status page).

use bytes::Bytes;
use http::Request;

use super::request::{get, of_offer};
use crate::values::{BearerToken, ClientRequestId, Endpoint, OfferId, PublisherId};

/// Asks for the state of an offer ([offer status page](crate::guide::wire#sources)). The machine does not send it.
///
/// The answer has the form of an operation: [`Operation::from_http`](crate::Operation::from_http) reads it. Its
/// status can be a word that operations do not have, such as `neverPublished`. Such a word counts as
/// [`State::InProgress`](crate::State::InProgress), so it does not tell whether an operation has ended.
///
/// ```
/// # use cancel_core::{BearerToken, Endpoint, GetOfferStatus, OfferId};
/// # use cancel_core::{Operation, PublisherId};
/// # let (endpoint, token) = (Endpoint::default(), BearerToken::new("eyJ0eXAi")?);
/// let publisher = PublisherId::new("contoso")?;
/// let get = GetOfferStatus::new(publisher, OfferId::new("contoso-offer")?);
/// let request = get.to_http(&endpoint, &token);
/// assert!(request.uri().path().ends_with("/offers/contoso-offer/status"));
///
/// let answer = http::Response::new(r#"{"status":"neverPublished"}"#);
/// assert_eq!(Operation::from_http(&answer)?.status(), "neverPublished");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetOfferStatus {
    publisher: PublisherId,
    offer: OfferId,
    client_request_id: Option<ClientRequestId>,
}

impl GetOfferStatus {
    /// Asks for the state of this offer.
    #[must_use]
    pub fn new(publisher: PublisherId, offer: OfferId) -> Self {
        Self { publisher, offer, client_request_id: None }
    }

    /// Sends `x-ms-client-request-id`.
    #[must_use]
    pub fn client_request_id(mut self, id: ClientRequestId) -> Self {
        self.client_request_id = Some(id);
        self
    }

    /// The request to send.
    #[must_use]
    pub fn to_http(&self, endpoint: &Endpoint, token: &BearerToken) -> Request<Bytes> {
        let uri = of_offer(endpoint, &self.publisher, &self.offer, "/status", "");
        get(uri, self.client_request_id.as_ref(), token)
    }
}
