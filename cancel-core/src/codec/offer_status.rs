//! The offer's own state (operations page, "Get offer status").

use bytes::Bytes;
use http::{Method, Request};

use super::request::{Call, of_offer};
use crate::values::{BearerToken, ClientRequestId, Endpoint, OfferId, PublisherId};

/// "How does the offer stand?" The answer has the form of an [`Operation`](crate::Operation), with words of its own such
/// as `neverPublished`.
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
        let client_request_id = self.client_request_id.as_ref();
        Call { method: Method::GET, uri, client_request_id, body: Bytes::new() }.into_http(token)
    }
}
