//! The cancel itself (cancel page): one POST, two good answers.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};

use super::answer::Answer;
use super::location::{Called, OperationLocation};
use super::named_location::{NamedLocation, in_body, in_headers};
use super::request::{Call, of_offer};
use super::retry_after::retry_after;
use crate::error::Error;
use crate::machine::Posted;
use crate::report::Problem;
use crate::values::{
    BearerToken, ClientRequestId, Endpoint, IfMatch, NotificationEmails, OfferId, OperationId, PublisherId,
};

/// "Stop what is being done with this offer." The call is for the whole offer: it has no place for an operation's id.
///
/// ```
/// # use cancel_core::{BearerToken, CancelRequest, Endpoint, NotificationEmails, OfferId, PublisherId};
/// # let (endpoint, token) = (Endpoint::default(), BearerToken::new("eyJ0eXAi")?);
/// let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?)
///     .notify(NotificationEmails::parse("a@contoso.com, b@contoso.com")?);
/// let http: http::Request<bytes::Bytes> = request.to_http(&endpoint, &token);
/// assert_eq!(
///     http.uri(),
///     "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31",
/// );
/// assert_eq!(http.body(), r#"{"metadata":{"notification-emails":"a@contoso.com,b@contoso.com"}}"#);
/// # Ok::<(), cancel_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelRequest {
    publisher: PublisherId,
    offer: OfferId,
    emails: Option<NotificationEmails>,
    if_match: Option<IfMatch>,
    client_request_id: Option<ClientRequestId>,
    only: Option<OperationId>,
}

impl CancelRequest {
    /// A request without a body: nobody in particular is told.
    #[must_use]
    pub fn new(publisher: PublisherId, offer: OfferId) -> Self {
        Self { publisher, offer, emails: None, if_match: None, client_request_id: None, only: None }
    }

    /// Asks the service to tell these addresses how the operation goes on. Migrated offers ignore them.
    #[must_use]
    pub fn notify(mut self, emails: NotificationEmails) -> Self {
        self.emails = Some(emails);
        self
    }

    /// Sends `If-Match` (concurrency page). A stale one is answered with 412.
    #[must_use]
    pub fn if_match(mut self, version: IfMatch) -> Self {
        self.if_match = Some(version);
        self
    }

    /// Sends `x-ms-client-request-id`; the machine sends it with every request of the conversation.
    #[must_use]
    pub fn client_request_id(mut self, id: ClientRequestId) -> Self {
        self.client_request_id = Some(id);
        self
    }

    /// Cancels only while this operation is the one in progress. The call itself has no place for an id: the machine looks
    /// at the list first, which it does with [`Until::Verified`](crate::Until::Verified).
    #[must_use]
    pub fn only(mut self, operation: OperationId) -> Self {
        self.only = Some(operation);
        self
    }

    /// Who publishes.
    #[must_use]
    pub fn publisher(&self) -> &PublisherId {
        &self.publisher
    }

    /// What is published.
    #[must_use]
    pub fn offer(&self) -> &OfferId {
        &self.offer
    }

    pub(crate) fn emails(&self) -> Option<&NotificationEmails> {
        self.emails.as_ref()
    }

    pub(crate) fn version(&self) -> Option<&IfMatch> {
        self.if_match.as_ref()
    }

    pub(crate) fn call_id(&self) -> Option<&ClientRequestId> {
        self.client_request_id.as_ref()
    }

    pub(crate) fn target(&self) -> Option<&OperationId> {
        self.only.as_ref()
    }

    /// The path that is called, without its query.
    pub(super) fn path(&self) -> String {
        format!("/api/publishers/{}/offers/{}/cancel", self.publisher, self.offer)
    }

    /// The request as it goes over the wire, its length set.
    #[must_use]
    pub fn to_http(&self, endpoint: &Endpoint, token: &BearerToken) -> Request<Bytes> {
        let body = self.body();
        let length = HeaderValue::from(body.len());
        let mut request = Call {
            method: Method::POST,
            uri: of_offer(endpoint, &self.publisher, &self.offer, "/cancel", ""),
            client_request_id: self.client_request_id.as_ref(),
            body,
        }
        .into_http(token);
        let headers = request.headers_mut();
        if self.emails.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        // Also of an empty body: without a length Azure answers a POST with 411.
        headers.insert(CONTENT_LENGTH, length);
        if let Some(version) = &self.if_match {
            headers.insert(IF_MATCH, version.header().clone());
        }
        request
    }

    fn body(&self) -> Bytes {
        match &self.emails {
            Some(emails) => [r#"{"metadata":{"notification-emails":""#, emails.as_str(), r#""}}"#].concat().into(),
            None => Bytes::new(),
        }
    }
}

/// The service's answer to a cancel (cancel page, "Response status codes").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelResponse {
    /// 200: "processed successfully", by every page the usual case. The word of the service; only a look at the
    /// operation proves it.
    Canceled,
    /// 202: "is being canceled". The service says so whether or not there was anything to cancel.
    Accepted {
        /// Where to see how it goes on.
        location: OperationLocation,
        /// How long to wait before the first look, where the service says.
        retry_after: Option<Duration>,
    },
}

impl CancelResponse {
    /// Reads the answer to a cancel. `called` is the URL that was called: a relative location resolves against it.
    ///
    /// # Errors
    ///
    /// By status, for every other than 200 and 202: [`Error::BadRequest`], [`Error::Forbidden`], …,
    /// [`Error::UnexpectedStatus`]. Of a 202: [`Error::MissingLocation`], [`Error::InvalidLocation`],
    /// [`Error::ForeignLocation`].
    pub fn from_http(endpoint: &Endpoint, called: &Uri, response: &Response<impl AsRef<[u8]>>) -> Result<Self, Error> {
        match response.status() {
            StatusCode::OK => Ok(Self::Canceled),
            StatusCode::ACCEPTED => {
                let named = accepted(endpoint, Called::Url(called), response.headers(), response.body().as_ref())
                    .and_then(|named| named.ok_or_else(|| Problem::new(Error::MissingLocation, "")))
                    .map_err(|problem| problem.answered(Answer::from_http(response)).posted(Posted::Yes))?;
                Ok(Self::Accepted { location: named.location, retry_after: retry_after(response.headers()) })
            }
            _ => Err(Answer::from_http(response).into_problem().posted(Posted::Yes).into()),
        }
    }
}

/// The location of a 202, where there is one: of the headers, else of the body.
pub(crate) fn accepted(
    endpoint: &Endpoint,
    called: Called<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<NamedLocation>, Problem> {
    match in_headers(endpoint, called, headers, |_| true)? {
        Some(named) => Ok(Some(named)),
        None => in_body(endpoint, called, body),
    }
}
