//! Builds the requests.

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName};
use http::{Method, Request, Uri};

use crate::values::{BearerToken, ClientRequestId, Endpoint, OfferId, PublisherId};

static CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// The parts of a request that differ between calls.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// On the endpoint's origin.
    pub(super) uri: Uri,
    pub(super) client_request_id: Option<&'a ClientRequestId>,
    pub(super) body: Bytes,
}

/// A GET.
pub(super) fn get(uri: Uri, client_request_id: Option<&ClientRequestId>, token: &BearerToken) -> Request<Bytes> {
    Call { method: Method::GET, uri, client_request_id, body: Bytes::new() }.into_http(token)
}

impl Call<'_> {
    /// The request, with the token.
    pub(super) fn into_http(self, token: &BearerToken) -> Request<Bytes> {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, token.header());
        if let Some(id) = self.client_request_id {
            headers.insert(&CLIENT_REQUEST_ID, id.header());
        }
        request
    }
}

/// The URL of a call about an offer. The path ends with a constant such as `/cancel`, then with the id of an
/// operation, if the call has one.
pub(super) fn of_offer(endpoint: &Endpoint, publisher: &PublisherId, offer: &OfferId, end: &str, id: &str) -> Uri {
    let version = endpoint.api_version().as_str();
    let pieces =
        ["/api/publishers/", publisher.as_str(), "/offers/", offer.as_str(), end, id, "?api-version=", version];
    uri(endpoint, pieces.concat())
}

/// The path of an offer's cancel, without its query.
pub(super) fn cancel_path(publisher: &PublisherId, offer: &OfferId) -> String {
    format!("/api/publishers/{publisher}/offers/{offer}/cancel")
}

/// A URL on the endpoint's origin. The given text must begin with `/`, and must be made of checked values.
#[expect(
    clippy::expect_used,
    reason = "ids, versions and locations are checked, and bounded far below the limit of a URI"
)]
pub(super) fn uri(endpoint: &Endpoint, path_and_query: String) -> Uri {
    endpoint.uri(path_and_query).expect("checked values make a path and query")
}
