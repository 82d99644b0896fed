//! The list of an offer's operations (operations page, "Get operations"). The service also calls them submissions.

use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::request::{get, of_offer};
use super::state::State;
use crate::error::{Answer, Error, ErrorKind};
use crate::values::{BearerToken, ClientRequestId, Endpoint, OfferId, OperationId, PublisherId};
use crate::wire::json::{self, Leniently, Members, refuse_texts_and_fractions};
use crate::wire::members::{Name, Text, once};
use crate::wire::words::is_word;

/// Asks for all operations of an offer, those that have ended included
/// ([operations page](crate::guide::wire#sources), "GET operations"). [`OperationList::from_http`] reads the answer.
///
/// ```
/// # use cancel_core::{BearerToken, Endpoint, ListOperations, OfferId, PublisherId};
/// # let (endpoint, token) = (Endpoint::default(), BearerToken::new("eyJ0eXAi")?);
/// let publisher = PublisherId::new("contoso")?;
/// let list = ListOperations::new(publisher, OfferId::new("contoso-offer")?);
/// assert_eq!(
///     list.to_http(&endpoint, &token).uri().path(),
///     "/api/publishers/contoso/offers/contoso-offer/submissions/",
/// );
/// # Ok::<(), cancel_core::InvalidInput>(())
/// ```
///
/// The request has no filter. The page documents one (`status=`), but a client writes it in another way
/// (`submissionState=`). And the filter `running` hides operations that have not started yet, or that wait for the
/// publisher. Filter the answer with [`OperationList::in_progress`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOperations {
    publisher: PublisherId,
    offer: OfferId,
    client_request_id: Option<ClientRequestId>,
}

impl ListOperations {
    /// Asks for the operations of this offer.
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
        let uri = of_offer(endpoint, &self.publisher, &self.offer, "/submissions/", "");
        get(uri, self.client_request_id.as_ref(), token)
    }
}

/// The members of a list entry that the machine needs. The others are skipped.
pub(crate) struct Entry<'a> {
    /// An operation that has ended may have none.
    id: Option<Text<'a>>,
    submission_state: Text<'a>,
    submission_type: Leniently<'a>,
    state: State,
}

impl<'a> Entry<'a> {
    /// Hands every entry of a list to `take`, one after the other, so that none is kept that nobody needs. If one entry
    /// cannot be read, the list cannot be read, and what was taken does not count: the missing entry could be in
    /// progress.
    pub(crate) fn each(body: &'a [u8], take: impl FnMut(Self)) -> Result<(), Error> {
        let mut list = serde_json::Deserializer::from_slice(json::without_bom(body));
        let read = list.deserialize_any(Entries(take)).and_then(|()| list.end());
        read.map_err(|error| Error::new(ErrorKind::MalformedBody, format!("no list of operations: {error}")))
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_ref().map(|id| &*id.0).unwrap_or_default()
    }

    pub(crate) fn word(&self) -> &str {
        &self.submission_state.0
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Whether it is a cancel, by its type. What has no type, or another one, may be a publish.
    pub(crate) fn is_cancel(&self) -> bool {
        let word = self.submission_type.0.as_deref().unwrap_or_default();
        ["cancel", "cancellation", "cancelation"].iter().any(|known| is_word(word, known))
    }

    fn problem(&self) -> Option<&'static str> {
        match self.state {
            State::InProgress if is_word(self.word(), "") => Some("an operation has a blank state"),
            State::InProgress if self.id.is_none() => Some("an operation in progress has no id"),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryMembers)
    }
}

struct EntryMembers;

impl<'de> Visitor<'de> for EntryMembers {
    type Value = Entry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    refuse_texts_and_fractions!();

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut id, mut state, mut submission_type) = (None, None, None);
        while let Some(name) = members.next_key_seed(Name(&["id", "submissionState", "submissionType"]))? {
            match name {
                Some(0) => once(&mut id, &mut members)?,
                Some(1) => once(&mut state, &mut members)?,
                Some(_) => once(&mut submission_type, &mut members)?,
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        let submission_state: Text<'de> = state.ok_or_else(|| A::Error::missing_field("submissionState"))?;
        let state = State::of_word(&submission_state.0);
        Ok(Entry { id: id.flatten(), submission_state, submission_type: submission_type.unwrap_or_default(), state })
    }
}

struct Entries<F>(F);

impl<'de, F: FnMut(Entry<'de>)> Visitor<'de> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    refuse_texts_and_fractions!();

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Entry<'de>>()? {
            if let Some(problem) = entry.problem() {
                return Err(A::Error::custom(problem));
            }
            (self.0)(entry);
        }
        Ok(())
    }
}

/// The operations of an offer.
///
/// ```
/// # use cancel_core::{OperationList, OperationId};
/// let body = r#"[
///     {"id":"56615b67","submissionState":"notStarted"},
///     {"id":"a1","submissionState":"canceled"}
/// ]"#;
/// let list = OperationList::from_http(&http::Response::new(body))?;
/// for submission in list.in_progress() {
///     assert_eq!(submission.operation(), Some(OperationId::new("56615b67")?));
/// }
/// # Ok::<(), cancel_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationList {
    submissions: Vec<Submission>,
}

impl OperationList {
    /// Reads a list of submissions.
    ///
    /// # Errors
    ///
    /// For a status other than 200: the error of that status, as in
    /// [`Operation::from_http`](crate::Operation::from_http). 202 and 204 are [`ErrorKind::UnexpectedStatus`].
    ///
    /// [`ErrorKind::MalformedBody`] when the body is not an array of objects that each have an `id` and a
    /// `submissionState` that is not blank: half a list would hide what is running. Only an operation that has ended
    /// may lack its `id`.
    pub fn from_http(response: &Response<impl AsRef<[u8]>>) -> Result<Self, Error> {
        if response.status() != StatusCode::OK {
            return Err(Error::of_answer(Answer::from_http(response)));
        }
        let list = Self::read(response.body().as_ref());
        list.map_err(|error| error.with_answer(Answer::from_http(response)))
    }

    fn read(body: &[u8]) -> Result<Self, Error> {
        let mut entries = Vec::new();
        Entry::each(body, |entry| entries.push(entry))?;
        // An entry counts, whatever its other members are. Where one of them is no text, all are absent.
        let members: Vec<Members<'_>> = json::parse(body).unwrap_or_default();
        let members = members.into_iter().chain(std::iter::repeat_with(Members::default));
        let submissions = entries.into_iter().zip(members).map(|(entry, members)| Submission {
            id: entry.id().to_owned(),
            submission_state: entry.submission_state.0.into_owned(),
            offer_id: members.get("offerId"),
            offer_type_id: members.get("offerTypeId"),
            publisher_id: members.get("publisherId"),
            submission_type: members.get("submissionType"),
            slot: members.get("slot"),
            offer_version: members.number("offerVersion"),
            publishing_version: members.number("publishingVersion"),
            version: members.number("version"),
            changed_time: members.get("changedTime"),
            definition: members.raw("definition").map(|json| json.get().into()),
        });
        Ok(Self { submissions: submissions.collect() })
    }

    /// Every submission, in the service's order.
    #[must_use]
    pub fn submissions(&self) -> &[Submission] {
        &self.submissions
    }

    /// The submissions that have not ended.
    pub fn in_progress(&self) -> impl Iterator<Item = &Submission> {
        self.submissions.iter().filter(|submission| !submission.state().is_end())
    }
}

/// One operation in the list. A member other than `id` and `submissionState` is `None` when it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submission {
    /// The operation's id, as the service wrote it. Empty where an operation that has ended has none.
    pub id: String,
    /// The service's word for the status: `running`, `canceled`, …
    pub submission_state: String,
    /// The offer.
    pub offer_id: Option<String>,
    /// The kind of the offer, such as `microsoft-azure-virtualmachines`.
    pub offer_type_id: Option<String>,
    /// The publisher.
    pub publisher_id: Option<String>,
    /// What the operation does. The page has only `publish`. Another word is kept as it is.
    pub submission_type: Option<String>,
    /// Where the offer is published: `staging` or `production`.
    pub slot: Option<String>,
    /// The version of the offer.
    pub offer_version: Option<i64>,
    /// The version of the offer that is being published. The example on the page has 2 here, and 1 as the offer's
    /// version.
    pub publishing_version: Option<i64>,
    /// The version of this entry. It needs 64 bits, such as 636576975611768314.
    pub version: Option<i64>,
    /// The time of its last change, in the service's own form: ISO 8601 in UTC, such as
    /// `2018-03-26T21:46:01.179948Z`.
    pub changed_time: Option<String>,
    /// The offer as it was submitted, as JSON text.
    pub definition: Option<Box<str>>,
}

impl Submission {
    /// What its status means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(&self.submission_state)
    }

    /// Its id, for a poll. `None` when [`OperationId`] refuses it.
    #[must_use]
    pub fn operation(&self) -> Option<OperationId> {
        OperationId::new(&self.id).ok()
    }
}
