//! Looking at one operation (operations page, "GET operation").

use std::borrow::Cow;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;

use super::location::OperationLocation;
use super::operation_details::OperationDetails;
use super::request::{get, of_offer};
use super::state::{self, State};
use crate::error::{Answer, Error, ErrorKind};
use crate::values::{BearerToken, ClientRequestId, Endpoint, OfferId, OperationId, PublisherId};
use crate::wire::json;
use crate::wire::words::is_word;

/// "How does this operation stand?" ([operations page](crate::guide::wire#sources).) [`Operation::from_http`] reads the answer.
///
/// ```
/// # use cancel_core::{BearerToken, Endpoint, GetOperation, OfferId, OperationId, PublisherId};
/// # let (endpoint, token) = (Endpoint::default(), BearerToken::new("eyJ0eXAi")?);
/// let get = GetOperation::new(PublisherId::new("contoso")?, OfferId::new("offer")?, OperationId::new("56615b67")?);
/// assert_eq!(
///     get.to_http(&endpoint, &token).uri(),
///     "https://cloudpartner.azure.com/api/publishers/contoso/offers/offer/operations/56615b67?api-version=2017-10-31",
/// );
/// # Ok::<(), cancel_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetOperation {
    target: Target,
    client_request_id: Option<ClientRequestId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Id { publisher: PublisherId, offer: OfferId, operation: OperationId },
    Location(OperationLocation),
}

impl GetOperation {
    /// The operation with this id.
    #[must_use]
    pub fn new(publisher: PublisherId, offer: OfferId, operation: OperationId) -> Self {
        Self { target: Target::Id { publisher, offer, operation }, client_request_id: None }
    }

    /// The operation at this location. It gets the endpoint's api-version where it has none of its own.
    #[must_use]
    pub fn at(location: OperationLocation) -> Self {
        Self { target: Target::Location(location), client_request_id: None }
    }

    /// Sends `x-ms-client-request-id`.
    #[must_use]
    pub fn client_request_id(mut self, id: ClientRequestId) -> Self {
        self.client_request_id = Some(id);
        self
    }

    /// The request as it goes over the wire. It goes to the given endpoint, whichever one a location was proven on.
    #[must_use]
    pub fn to_http(&self, endpoint: &Endpoint, token: &BearerToken) -> Request<Bytes> {
        let uri = match &self.target {
            Target::Id { publisher, offer, operation } => {
                of_offer(endpoint, publisher, offer, "/operations/", operation.as_str())
            }
            Target::Location(location) => location.to_call(endpoint),
        };
        get(uri, self.client_request_id.as_ref(), token)
    }
}

/// How an operation stands. Only its status has been read; the rest of the body waits for
/// [`details`](Operation::details).
///
/// ```
/// # use cancel_core::{Operation, State};
/// let body = r#"[{"status":"running","steps":[{"id":"live","progressPercentage":40}]}]"#;
/// let operation = Operation::from_http(&http::Response::new(body))?;
/// assert_eq!((operation.status(), operation.state()), ("running", State::InProgress));
/// assert_eq!(operation.details().steps[0].progress_percentage, Some(40));
/// # Ok::<(), cancel_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    status: Cow<'static, str>,
    body: Bytes,
}

impl Operation {
    /// Reads an operation: an object, or an array with one object in it.
    ///
    /// # Errors
    ///
    /// For any status but 200 the error of that status: [`ErrorKind::BadRequest`] (400), [`ErrorKind::Unauthorized`] (401), [`ErrorKind::Forbidden`]
    /// (403), [`ErrorKind::NotFound`] (404, 410), [`ErrorKind::Conflict`] (409), [`ErrorKind::PreconditionFailed`] (412), [`ErrorKind::Unprocessable`] (422),
    /// [`ErrorKind::Throttled`] (429), [`ErrorKind::Server`] (5xx), else [`ErrorKind::UnexpectedStatus`].
    ///
    /// That includes 202, which says that the operation still runs, and whose body need not hold one. (The machine takes it for "in
    /// progress".)
    ///
    /// [`ErrorKind::MalformedBody`] when there is no operation with a `status` in the body.
    pub fn from_http(response: &Response<impl AsRef<[u8]>>) -> Result<Self, Error> {
        if response.status() != StatusCode::OK {
            return Err(Error::of_answer(Answer::from_http(response)));
        }
        let body = response.body().as_ref();
        let status = Self::status_in(body).map_err(|error| error.with_answer(Answer::from_http(response)))?;
        Ok(Self::of(status, Bytes::copy_from_slice(body)))
    }

    /// An operation of which only a status is known.
    pub(crate) fn with_status(status: &str) -> Self {
        Self { status: state::kept(Cow::Borrowed(status)), body: Bytes::new() }
    }

    /// An operation whose status has been read.
    pub(crate) fn of(status: Cow<'static, str>, body: Bytes) -> Self {
        Self { status, body }
    }

    /// The status that a body tells, where there is an operation in it.
    pub(crate) fn status_in(body: &[u8]) -> Result<Cow<'static, str>, Error> {
        #[derive(Deserialize)]
        struct Head<'a> {
            #[serde(borrow)]
            status: Cow<'a, str>,
        }
        let head: Head<'_> = one(body)
            .map_err(|error| Error::new(ErrorKind::MalformedBody, format!("no operation with a status: {error}")))?;
        if is_word(&head.status, "") {
            return Err(Error::new(ErrorKind::MalformedBody, "no operation with a status: it is blank"));
        }
        Ok(state::kept(head.status))
    }

    /// The service's own word for where it stands.
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }

    /// What that word means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(&self.status)
    }

    /// Everything else that the service said of it. Reads the body anew at every call: keep the value.
    #[must_use]
    pub fn details(&self) -> OperationDetails {
        one(&self.body).map(|members| OperationDetails::of(&members)).unwrap_or_default()
    }
}

/// An object, or the object in an array of one.
fn one<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    if json::without_bom(body).trim_ascii_start().starts_with(b"[") {
        json::parse(body).map(|(json::Object(only),)| only)
    } else {
        json::parse(body).map(|json::Object(only)| only)
    }
}
