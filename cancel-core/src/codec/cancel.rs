//! The cancel (cancel page): one POST, and its two successful answers.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::location::{BaseUrl, OperationLocation};
use super::location_source::{NamedLocation, in_body, in_headers};
use super::request::{Call, of_offer};
use crate::error::{Answer, Error, ErrorKind, Posted};
use crate::values::{
    BearerToken, ClientRequestId, Endpoint, IfMatch, NotificationEmails, OfferId, OperationId, PublisherId,
};
use crate::wire::json;
use crate::wire::members::Name;
use crate::wire::retry_after::retry_after;

/// The call that cancels ([cancel page](crate::guide::wire#sources)): it stops whatever the service does with the
/// offer. It has no place for the id of an operation.
///
/// ```
/// use cancel_core::{
///     BearerToken, CancelRequest, Endpoint, NotificationEmails, OfferId, PublisherId,
/// };
///
/// # let (endpoint, token) = (Endpoint::default(), BearerToken::new("eyJ0eXAi")?);
/// let publisher = PublisherId::new("contoso")?;
/// let request = CancelRequest::new(publisher, OfferId::new("contoso-offer")?)
///     .notify(NotificationEmails::parse("a@contoso.com, b@contoso.com")?);
/// let http: http::Request<bytes::Bytes> = request.to_http(&endpoint, &token);
/// assert_eq!(http.method(), "POST");
/// assert!(http.uri().path().ends_with("/contoso/offers/contoso-offer/cancel"));
/// assert_eq!(
///     http.body(),
///     r#"{"metadata":{"notification-emails":"a@contoso.com,b@contoso.com"}}"#,
/// );
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
    /// A request without a body. It names no addresses to notify.
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

    /// Asks the service to notify these addresses of the operation's progress. Migrated offers ignore them.
    #[must_use]
    pub fn notify(mut self, emails: NotificationEmails) -> Self {
        self.notify = Some(emails);
        self
    }

    /// Sends `If-Match` with the POST ([concurrency page](crate::guide::wire#sources)). By default it is not sent.
    /// The service answers a stale version with the status 412.
    #[must_use]
    pub fn if_match(mut self, version: IfMatch) -> Self {
        self.if_match = Some(version);
        self
    }

    /// Sends `x-ms-client-request-id`. The machine sends it with every request of the conversation.
    #[must_use]
    pub fn client_request_id(mut self, id: ClientRequestId) -> Self {
        self.client_request_id = Some(id);
        self
    }

    /// Posts only if this operation is in progress and no other is: the POST would cancel the others too, unless
    /// [`even_with_others`](Self::even_with_others) allows that. Where the list does not show the operation, it is
    /// asked for itself.
    ///
    /// When the operation is not in progress, the outcome is
    /// [`Outcome::NothingRunning`](crate::Outcome::NothingRunning), or
    /// [`Outcome::OthersRunning`](crate::Outcome::OthersRunning) while others are. After the POST the operation alone
    /// decides the outcome.
    ///
    /// The machine finds this out from the list, which it reads with [`Until::Verified`](crate::Until::Verified) and
    /// in a [dry run](crate::Policy::dry_run). In the other modes it posts nothing, and ends at once with
    /// [`ErrorKind::InvalidInput`]. The call itself has no place for an id, so this does not change
    /// [`to_http`](Self::to_http).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use cancel_core::{CancelRequest, Cancellation, Endpoint, ErrorKind, OfferId};
    /// # use cancel_core::{OperationId, Policy, PublisherId, Step, Until};
    /// # let publisher = PublisherId::new("contoso")?;
    /// let operation = OperationId::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8")?;
    /// let request = CancelRequest::new(publisher, OfferId::new("contoso-offer")?)
    ///     .only_if_running(operation);
    /// # let (endpoint, policy) = (Endpoint::default(), Policy::default());
    /// # let policy = policy.until(Until::Accepted);
    /// # let cancellation = Cancellation::new(endpoint, request, policy, Duration::ZERO);
    /// # let error = cancellation.result().unwrap().as_ref().unwrap_err();
    /// # assert_eq!(error.kind(), ErrorKind::InvalidInput);
    /// # Ok::<(), cancel_core::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn only_if_running(mut self, operation: OperationId) -> Self {
        self.only_if_running = Some(operation);
        self
    }

    /// With [`only_if_running`](Self::only_if_running): posts although other operations are in progress too, and
    /// cancels them with it. They are reported beside the outcome, and do not decide it.
    #[must_use]
    pub fn even_with_others(mut self) -> Self {
        self.even_with_others = true;
        self
    }

    /// The publisher.
    #[must_use]
    pub fn publisher(&self) -> &PublisherId {
        &self.publisher
    }

    /// The offer.
    #[must_use]
    pub fn offer(&self) -> &OfferId {
        &self.offer
    }

    /// The request to send, with its `Content-Length`.
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
        // An empty body needs it too: Azure answers a POST without a length with 411.
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
/// # let endpoint = Endpoint::default();
/// # let called = "https://cloudpartner.azure.com/api/cancel".parse()?;
/// let answer = http::Response::builder()
///     .status(202)
///     .header("Location", "/api/operations/contoso$contoso-offer$2$preview")
///     .header("Retry-After", "5")
///     .body("")?;
/// match CancelResponse::from_http(&endpoint, &called, &answer)? {
///     CancelResponse::Canceled => println!("canceled, says the service"),
///     CancelResponse::Accepted { location, retry_after } => {
///         println!("poll {location} after {retry_after:?}");
/// #       assert_eq!(location.kind().as_str(), "non_migrated");
/// #       assert_eq!(retry_after, Some(std::time::Duration::from_secs(5)));
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelResponse {
    /// 200: "processed successfully". By every page this is the usual case. It is only the word of the service: a
    /// poll of the operation proves it.
    Canceled,
    /// 202: "is being canceled". The service says so whether or not there was anything to cancel.
    Accepted {
        /// The location to poll.
        location: OperationLocation,
        /// How long the service asks the client to wait before the first poll: at most an hour.
        retry_after: Option<Duration>,
    },
}

impl CancelResponse {
    /// Reads the answer to a cancel. `called` is the URL of the request: a relative location resolves against it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MalformedBody`] for a 200 whose body is neither empty nor JSON: something between may have
    /// answered, such as a sign-in page. The same for JSON with an `error`, which says something else than the status.
    ///
    /// For any status but 200 and 202 the error of that status, as of
    /// [`Operation::from_http`](crate::Operation::from_http).
    ///
    /// For a 202: [`ErrorKind::MissingLocation`] when neither a header nor the body names a location;
    /// [`ErrorKind::InvalidLocation`] or [`ErrorKind::ForeignLocation`] when the location must not be called, as in
    /// [`OperationLocation::parse`]. The cancel was accepted all the same.
    pub fn from_http(endpoint: &Endpoint, called: &Uri, response: &Response<impl AsRef<[u8]>>) -> Result<Self, Error> {
        match response.status() {
            StatusCode::OK if is_acknowledgement(response.body().as_ref()) => Ok(Self::Canceled),
            StatusCode::OK => {
                let error = Error::new(ErrorKind::MalformedBody, NO_ACKNOWLEDGEMENT);
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

/// Of a 200 that says something else.
pub(crate) const NO_ACKNOWLEDGEMENT: &str = "a 200 whose body does not acknowledge the cancel";

/// Whether the body of a 200 says what the status says: it is empty, or JSON that names no error. A sign-in page of
/// something between is neither.
pub(crate) fn is_acknowledgement(body: &[u8]) -> bool {
    body.trim_ascii().is_empty() || json::parse::<IgnoredAny>(body).is_ok() && !names_error(body)
}

fn names_error(body: &[u8]) -> bool {
    struct NamesError;
    impl<'de> Visitor<'de> for NamesError {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
            let mut names_error = false;
            while let Some(name) = members.next_key_seed(Name(&["error"]))? {
                if name.is_some() {
                    let error = members.next_value::<Option<&RawValue>>()?;
                    names_error = error.is_some_and(|error| says_something(error.get()));
                } else {
                    members.next_value::<IgnoredAny>()?;
                }
            }
            Ok(names_error)
        }
    }
    let body = json::without_bom(body);
    let is_object = body.trim_ascii_start().starts_with(b"{");
    // An error that is no text is one all the same.
    is_object && serde_json::Deserializer::from_slice(body).deserialize_map(NamesError).unwrap_or(true)
}

fn says_something(value: &str) -> bool {
    let inside = value.strip_prefix(['{', '[']).and_then(|rest| rest.strip_suffix(['}', ']']));
    !matches!(value, "false" | "\"\"") && inside.is_none_or(|inside| !inside.trim_ascii().is_empty())
}

/// The location of a 202: from the headers, else from the body. `None` when neither names one.
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
