//! The one error of everything after the constructors, and what the service said.
//!
//! Nothing here decides whether something *is* an error: the codec and the machine do. This folder uses `values` and `wire`, and
//! neither of those two.

mod answer;
mod kind;
mod posted;

use std::fmt;

pub use answer::Answer;
use http::StatusCode;
pub use kind::ErrorKind;
pub use posted::Posted;

use crate::values::InvalidInput;
use crate::wire::text::sanitize;

/// The longest detail that is kept, in characters: a parser's message can hold all that it was given.
const MAX_DETAIL: usize = 1024;

/// Why there is no outcome: what happened, to which offer, what the service said, and whether a POST went out.
///
/// [`kind`](Self::kind) is for programs, [`advice`](Self::advice) for people.
///
/// ```
/// # use cancel_core::{CancelResponse, Endpoint, ErrorKind, Posted};
/// # let called = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel".parse()?;
/// let answer = http::Response::builder().status(403).header("x-ms-request-id", "7f2e").body("")?;
/// let error = CancelResponse::from_http(&Endpoint::default(), &called, &answer).unwrap_err();
/// match error.kind() {
///     ErrorKind::Forbidden => println!("{error}. {}", error.advice()),
///     other => panic!("{other}"),
/// }
/// assert_eq!((error.posted(), error.is_transient()), (Posted::Yes, false));
/// assert_eq!(error.answer().and_then(|answer| answer.request_id()), Some("7f2e"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    offer: Option<Box<str>>,
    posted: Posted,
    detail: Box<str>,
    answer: Option<Answer>,
}

impl Error {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether a POST went out before this error. The codec knows only of the call whose answer it read, and says [`Posted::No`] for
    /// calls other than the cancel.
    #[must_use]
    pub fn posted(&self) -> Posted {
        self.0.posted
    }

    /// The publisher and the offer, as `contoso/contoso-offer`. The codec alone does not know them.
    #[must_use]
    pub fn offer(&self) -> Option<&str> {
        self.0.offer.as_deref()
    }

    /// What happened, in words: bounded, and on one line. Empty where the answer says it all.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What the service said, where it said something.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        self.0.answer.as_ref()
    }

    /// What a person can try next: one or two sentences in English, without a secret. It depends on the [`kind`](Self::kind), and for
    /// [`ErrorKind::Deadline`] on whether a POST may have gone out. It may change in any release.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match (self.kind(), self.posted()) {
            (ErrorKind::Deadline, Posted::Maybe) => kind::READ_OPERATIONS_FIRST,
            (kind, _) => kind.advice(),
        }
    }

    /// Whether trying the same again later can help, by the table at [`ErrorKind::as_str`]. It does not say that it is safe to post again:
    /// [`posted`](Self::posted) does, and a [resumed](crate::Cancellation::resume) run reads the list first.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            ErrorKind::TokenSource
            | ErrorKind::Throttled
            | ErrorKind::Server
            | ErrorKind::MalformedBody
            | ErrorKind::Deadline
            | ErrorKind::Transport => true,
            ErrorKind::UnexpectedStatus => {
                self.answer().is_some_and(|answer| answer.status() == StatusCode::REQUEST_TIMEOUT)
            }
            _ => false,
        }
    }

    pub(crate) fn new(kind: ErrorKind, detail: impl AsRef<str>) -> Self {
        let detail = sanitize(detail.as_ref(), MAX_DETAIL);
        Self(Box::new(Inner { kind, offer: None, posted: Posted::No, detail, answer: None }))
    }

    /// The error that an answer is by its status.
    pub(crate) fn of_answer(answer: Answer) -> Self {
        Self::new(ErrorKind::of_status(answer.status()), "").with_answer(answer)
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    pub(crate) fn with_posted(mut self, posted: Posted) -> Self {
        self.0.posted = posted;
        self
    }

    pub(crate) fn with_offer(mut self, offer: impl Into<Box<str>>) -> Self {
        self.0.offer = Some(offer.into());
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same facts, after a further explanation.
    pub(crate) fn explained(mut self, why: &str) -> Self {
        self.0.detail = match &*self.0.detail {
            "" => why.into(),
            detail => format!("{why}: {detail}").into_boxed_str(),
        };
        self
    }
}

impl From<InvalidInput> for Error {
    fn from(invalid: InvalidInput) -> Self {
        Self::new(ErrorKind::InvalidInput, invalid.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(offer) = self.offer() {
            write!(f, "{offer}: ")?;
        }
        f.write_str(self.kind().phrase())?;
        if !self.detail().is_empty() {
            write!(f, ": {}", self.detail())?;
        }
        match self.answer() {
            Some(answer) => write!(f, " ({answer})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, offer, posted, detail, answer } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("offer", offer)
            .field("posted", posted)
            .field("detail", detail)
            .field("answer", answer)
            .finish()
    }
}

impl std::error::Error for Error {}
