//! The offer's own state (offer status page).

use bytes::Bytes;
use http::Request;

use super::request::{get, of_offer};
use crate::values::{BearerToken, ClientRequestId, Endpoint, OfferId, PublisherId};

/// "How does the offer stand?" ([offer status page](crate::guide::wire#sources).)
///
/// The answer has the form of an operation: [`Operation::from_http`](crate::Operation::from_http) reads it. It has words of its own, such as
/// `neverPublished`, which count as [`State::InProgress`](crate::State::InProgress): this tells no end of an operation. The machine does not
/// ask for it.
///
/// ```
/// # use cancel_core::{BearerToken, Endpoint, GetOfferStatus, OfferId, Operation, PublisherId};
/// # let (endpoint, token) = (Endpoint::default(), BearerToken::new("eyJ0eXAi")?);
/// let get = GetOfferStatus::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
/// assert_eq!(get.to_http(&endpoint, &token).uri().path(), "/api/publishers/contoso/offers/contoso-offer/status");
/// let answer = Operation::from_http(&http::Response::new(r#"{"status":"neverPublished"}"#))?;
/// assert_eq!(answer.status(), "neverPublished");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetOfferStatus {
    publisher: PublisherId,
    offer: OfferId,
    client_request_id: Option<ClientRequestId>,
}

impl GetOfferStatus {
    /// The state of an offer.
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

    /// The request as it goes over the wire.
    #[must_use]
    pub fn to_http(&self, endpoint: &Endpoint, token: &BearerToken) -> Request<Bytes> {
        let uri = of_offer(endpoint, &self.publisher, &self.offer, "/status", "");
        get(uri, self.client_request_id.as_ref(), token)
    }
}
