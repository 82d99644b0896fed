//! How every request is put together.

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName};
use http::{Method, Request, Uri};

use crate::values::{BearerToken, ClientRequestId, Endpoint};

static CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// What a request of this crate is made of, whichever it is.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Begins with `/` and holds nothing but checked values.
    pub(super) path_and_query: String,
    pub(super) client_request_id: Option<&'a ClientRequestId>,
    pub(super) body: Bytes,
}

impl Call<'_> {
    /// The request, on the endpoint's origin and with the token.
    pub(super) fn into_http(self, endpoint: &Endpoint, token: &BearerToken) -> Request<Bytes> {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri(endpoint, self.path_and_query);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, token.header());
        if let Some(id) = self.client_request_id {
            headers.insert(&CLIENT_REQUEST_ID, id.header());
        }
        request
    }
}

#[expect(
    clippy::expect_used,
    reason = "ids, versions and locations are checked, and bounded far below the limit of a URI"
)]
fn uri(endpoint: &Endpoint, path_and_query: String) -> Uri {
    endpoint.uri(path_and_query).expect("checked values make a path and query")
}
