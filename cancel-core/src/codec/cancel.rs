//! The cancel itself (cancel page): one POST, two good answers.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::location::{BaseUrl, OperationLocation};
use super::location_source::{NamedLocation, in_body, in_headers};
use super::request::{Call, of_offer};
use crate::error::{Answer, Error, ErrorKind, Posted};
use crate::values::{
    BearerToken, ClientRequestId, Endpoint, IfMatch, NotificationEmails, OfferId, OperationId, PublisherId,
};
use crate::wire::json;
use crate::wire::retry_after::retry_after;

/// "Stop what is being done with this offer." ([cancel page](crate::guide::wire#sources).) The call is for the whole offer: it has no place
/// for an operation's id.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    pub(crate) publisher: PublisherId,
    pub(crate) offer: OfferId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notify: Option<NotificationEmails>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) if_match: Option<IfMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_request_id: Option<ClientRequestId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) only_if_running: Option<OperationId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) even_with_others: bool,
}

impl CancelRequest {
    /// A request without a body: nobody in particular is told.
    #[must_use]
    pub fn new(publisher: PublisherId, offer: OfferId) -> Self {
        Self {
            publisher,
            offer,
            notify: None,
            if_match: None,
            client_request_id: None,
            only_if_running: None,
            even_with_others: false,
        }
    }

    /// Asks the service to tell these addresses how the operation goes on. Migrated offers ignore them.
    #[must_use]
    pub fn notify(mut self, emails: NotificationEmails) -> Self {
        self.notify = Some(emails);
        self
    }

    /// Sends `If-Match` with the POST ([concurrency page](crate::guide::wire#sources)). A stale one is answered with 412. Without this call
    /// none is sent.
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

    /// Posts only if this operation is in progress and no other is: the POST would cancel the others too, unless
    /// [`even_with_others`](Self::even_with_others) allows that. Where the list does not show the operation, it is asked for itself.
    ///
    /// When the operation is not in progress, the outcome is [`Outcome::NothingRunning`](crate::Outcome::NothingRunning), or
    /// [`Outcome::OthersRunning`](crate::Outcome::OthersRunning) while others are. After the POST the operation alone decides the outcome.
    ///
    /// The call itself has no place for an id: [`to_http`](Self::to_http) is the same with and without. The machine looks at the list
    /// first, with [`Until::Verified`](crate::Until::Verified) and in a [dry run](crate::Policy::dry_run). In the other modes it posts
    /// nothing, and is over at once with [`ErrorKind::InvalidInput`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use cancel_core::{CancelRequest, Cancellation, Endpoint, ErrorKind, OfferId, OperationId, Policy, PublisherId, Step, Until};
    /// let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?)
    ///     .only_if_running(OperationId::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8")?);
    /// let blind = Policy::default().until(Until::Accepted);
    /// let mut cancellation = Cancellation::new(Endpoint::default(), request, blind, Duration::ZERO);
    /// assert!(matches!(cancellation.step(Duration::ZERO), Step::Done(Err(error)) if error.kind() == ErrorKind::InvalidInput));
    /// # Ok::<(), cancel_core::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn only_if_running(mut self, operation: OperationId) -> Self {
        self.only_if_running = Some(operation);
        self
    }

    /// With [`only_if_running`](Self::only_if_running): posts although other operations are in progress too, and cancels them with it. They
    /// are reported beside the outcome, and do not decide it.
    #[must_use]
    pub fn even_with_others(mut self) -> Self {
        self.even_with_others = true;
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
        if self.notify.is_some() {
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
        match &self.notify {
            Some(emails) => [r#"{"metadata":{"notification-emails":""#, emails.as_str(), r#""}}"#].concat().into(),
            None => Bytes::new(),
        }
    }
}

/// The service's answer to a cancel ([cancel page](crate::guide::wire#sources), "Response status codes").
///
/// ```
/// # use cancel_core::{CancelResponse, Endpoint};
/// let endpoint = Endpoint::default();
/// let called = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel".parse()?;
/// let answer = http::Response::builder()
///     .status(202)
///     .header("Location", "/api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31")
///     .header("Retry-After", "5")
///     .body("")?;
/// let CancelResponse::Accepted { location, retry_after } = CancelResponse::from_http(&endpoint, &called, &answer)? else {
///     panic!("202 is an acceptance")
/// };
/// assert_eq!(location.kind().as_str(), "non_migrated");
/// assert_eq!(retry_after, Some(std::time::Duration::from_secs(5)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelResponse {
    /// 200: "processed successfully", by every page the usual case. The word of the service; only a look at the
    /// operation proves it.
    Canceled,
    /// 202: "is being canceled". The service says so whether or not there was anything to cancel.
    Accepted {
        /// Where to see how it goes on.
        location: OperationLocation,
        /// How long to wait before the first look, where the service says; at most an hour.
        retry_after: Option<Duration>,
    },
}

impl CancelResponse {
    /// Reads the answer to a cancel. `called` is the URL that was called: a relative location resolves against it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MalformedBody`] for a 200 whose body is neither empty nor JSON: something between may have answered, such as a sign-in
    /// page.
    ///
    /// For any status but 200 and 202 the error of that status, as of [`Operation::from_http`](crate::Operation::from_http).
    ///
    /// Of a 202: [`ErrorKind::MissingLocation`] when neither a header nor the body names a location, [`ErrorKind::InvalidLocation`] or
    /// [`ErrorKind::ForeignLocation`] when the one that is named is not called. The cancel was accepted all the same.
    pub fn from_http(endpoint: &Endpoint, called: &Uri, response: &Response<impl AsRef<[u8]>>) -> Result<Self, Error> {
        match response.status() {
            StatusCode::OK if is_acknowledgement(response.body().as_ref()) => Ok(Self::Canceled),
            StatusCode::OK => {
                let error = Error::new(ErrorKind::MalformedBody, "a 200 whose body is not the service's");
                Err(error.with_answer(Answer::from_http(response)).with_posted(Posted::Yes))
            }
            StatusCode::ACCEPTED => {
                let named = accepted(endpoint, BaseUrl::Url(called), response.headers(), response.body().as_ref())
                    .and_then(|named| named.ok_or_else(|| Error::new(ErrorKind::MissingLocation, "")))
                    .map_err(|error| error.with_answer(Answer::from_http(response)).with_posted(Posted::Yes))?;
                Ok(Self::Accepted { location: named.location, retry_after: retry_after(response.headers()) })
            }
            _ => Err(Error::of_answer(Answer::from_http(response)).with_posted(Posted::Yes)),
        }
    }
}

/// Whether the body of a 200 can be the service's: it is empty, or JSON. A sign-in page of something between is neither.
pub(crate) fn is_acknowledgement(body: &[u8]) -> bool {
    body.trim_ascii().is_empty() || json::parse::<IgnoredAny>(body).is_ok()
}

/// The location of a 202, where there is one: of the headers, else of the body.
pub(crate) fn accepted(
    endpoint: &Endpoint,
    base: BaseUrl<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<NamedLocation>, Error> {
    match in_headers(endpoint, base, headers, |_| true)? {
        Some(named) => Ok(Some(named)),
        None => in_body(endpoint, base, body),
    }
}
