//! One operation (operations page, "GET operation").

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::location::OperationLocation;
use super::operation_details::OperationDetails;
use super::request::{get, of_offer};
use super::state::{self, State};
use crate::error::{Answer, Error, ErrorKind};
use crate::values::{BearerToken, ClientRequestId, Endpoint, OfferId, OperationId, PublisherId};
use crate::wire::json::{self, refuse_texts_and_fractions};
use crate::wire::members::{Name, Text, once};
use crate::wire::words::is_word;

/// Polls one operation ([operations page](crate::guide::wire#sources)). [`Operation::from_http`] reads the answer.
///
/// ```
/// # use cancel_core::{BearerToken, Endpoint, GetOperation, OfferId};
/// # use cancel_core::{OperationId, PublisherId};
/// # let (endpoint, token) = (Endpoint::default(), BearerToken::new("eyJ0eXAi")?);
/// let (publisher, offer) = (PublisherId::new("contoso")?, OfferId::new("offer")?);
/// let get = GetOperation::new(publisher, offer, OperationId::new("56615b67")?);
/// let request = get.to_http(&endpoint, &token);
/// assert_eq!(
///     request.uri().path(),
///     "/api/publishers/contoso/offers/offer/operations/56615b67",
/// );
/// # Ok::<(), cancel_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetOperation {
    target: Target,
    client_request_id: Option<ClientRequestId>,
}

/// The longest body that a conversation keeps while it waits, in bytes. Those of the service have some 2 KiB.
const LONGEST_KEPT: usize = 32 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Id { publisher: PublisherId, offer: OfferId, operation: OperationId },
    Location(OperationLocation),
}

impl GetOperation {
    /// Polls the operation with this id.
    #[must_use]
    pub fn new(publisher: PublisherId, offer: OfferId, operation: OperationId) -> Self {
        Self { target: Target::Id { publisher, offer, operation }, client_request_id: None }
    }

    /// Polls the operation at this location. The URL gets the endpoint's api-version when it has none.
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

    /// The request to send. It goes to this endpoint, even when the location was read for another one.
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

/// An operation, as the service describes it. Its status is read at once. [`details`](Operation::details) reads the
/// rest of the body.
///
/// ```
/// # use cancel_core::{Operation, State};
/// let body = r#"{"status":"running","steps":[{"progressPercentage":40}]}"#;
/// let operation = Operation::from_http(&http::Response::new(body))?;
/// assert_eq!(operation.status(), "running");
/// assert_eq!(operation.state(), State::InProgress);
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
    /// For a status other than 200:
    ///
    /// | status | kind |
    /// |--:|---|
    /// | 400 | [`ErrorKind::BadRequest`] |
    /// | 401 | [`ErrorKind::Unauthorized`] |
    /// | 403 | [`ErrorKind::Forbidden`] |
    /// | 404, 410 | [`ErrorKind::NotFound`] |
    /// | 409 | [`ErrorKind::Conflict`] |
    /// | 412 | [`ErrorKind::PreconditionFailed`] |
    /// | 422 | [`ErrorKind::Unprocessable`] |
    /// | 429 | [`ErrorKind::Throttled`] |
    /// | 5xx | [`ErrorKind::Server`] |
    /// | any other | [`ErrorKind::UnexpectedStatus`] |
    ///
    /// A 202 is such an error too: its body need not have an operation. It says that the operation still runs, and
    /// the machine takes it so.
    ///
    /// For a 200: [`ErrorKind::MalformedBody`] when the body has no operation with a `status`.
    pub fn from_http(response: &Response<impl AsRef<[u8]>>) -> Result<Self, Error> {
        if response.status() != StatusCode::OK {
            return Err(Error::of_answer(Answer::from_http(response)));
        }
        let body = response.body().as_ref();
        let status = Self::status_in(body).map_err(|error| error.with_answer(Answer::from_http(response)))?;
        Ok(Self { status, body: Bytes::copy_from_slice(body) })
    }

    /// An operation of which only a status is known.
    pub(crate) fn with_status(status: Cow<'static, str>) -> Self {
        Self { status, body: Bytes::new() }
    }

    /// An operation whose status has been read, to be kept for long: without a body that is longer than any of the
    /// service.
    pub(crate) fn kept(status: Cow<'static, str>, body: &Bytes) -> Self {
        let body = if body.len() > LONGEST_KEPT { Bytes::new() } else { body.clone() };
        Self { status, body }
    }

    /// Its status, to be kept without it.
    pub(crate) fn word(&self) -> Cow<'static, str> {
        self.status.clone()
    }

    /// Whether it has ended in another way than `canceled`.
    pub(crate) fn ended_uncanceled(&self) -> bool {
        matches!(self.state(), State::Completed | State::Failed)
    }

    /// The status of the operation in a body.
    pub(crate) fn status_in(body: &[u8]) -> Result<Cow<'static, str>, Error> {
        let head: Head<'_> = one(body)
            .map_err(|error| Error::new(ErrorKind::MalformedBody, format!("no operation with a status: {error}")))?;
        if is_word(&head.0.0, "") {
            return Err(Error::new(ErrorKind::MalformedBody, "no operation with a status: it is blank"));
        }
        Ok(state::stored(&head.0.0))
    }

    /// The service's word for the status: at most 256 characters, and U+FFFD for each that a person would not see.
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }

    /// What that word means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(&self.status)
    }

    /// Everything else that the service says about it. Each call reads the body again: keep the value.
    #[must_use]
    pub fn details(&self) -> OperationDetails {
        one(&self.body).map(|members| OperationDetails::of(&members)).unwrap_or_default()
    }
}

/// The status of an operation. Its other members are skipped.
struct Head<'a>(Text<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Head<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadMembers)
    }
}

struct HeadMembers;

impl<'de> Visitor<'de> for HeadMembers {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    refuse_texts_and_fractions!();

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut status = None;
        while let Some(name) = members.next_key_seed(Name(&["status"]))? {
            match name {
                Some(_) => once(&mut status, &mut members)?,
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        status.map(Head).ok_or_else(|| A::Error::missing_field("status"))
    }
}

/// Reads an object, or an array with one object.
fn one<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    if json::without_bom(body).trim_ascii_start().starts_with(b"[") {
        json::parse(body).map(|(json::Object(only),)| only)
    } else {
        json::parse(body).map(|json::Object(only)| only)
    }
}
