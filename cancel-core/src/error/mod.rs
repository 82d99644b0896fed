//! The one error of the codec and the machine.
//!
//! The codec and the machine decide whether something is an error. This folder must not use them. It uses `values`
//! and `wire`.

mod answer;
mod json;
mod kind;
mod posted;

use std::fmt;

pub use answer::Answer;
use http::StatusCode;
pub(crate) use json::Described;
pub use kind::ErrorKind;
pub use posted::Posted;

use crate::values::InvalidInput;
use crate::wire::text::sanitize;

/// The longest detail that is kept, in characters. The message of a parser can have the whole input in it.
const MAX_DETAIL: usize = 1024;

/// Why there is no outcome. It says what happened, for which offer, what the service said, and whether a POST went
/// out.
///
/// [`kind`](Self::kind) is for programs, [`advice`](Self::advice) for people.
///
/// ```
/// # use cancel_core::{CancelResponse, Endpoint, ErrorKind, Posted};
/// # let called = "https://cloudpartner.azure.com/api".parse()?;
/// # let answer = http::Response::builder().status(403);
/// # let answer = answer.header("x-ms-request-id", "7f2e").body("")?;
/// # let read = CancelResponse::from_http(&Endpoint::default(), &called, &answer);
/// # let error = read.unwrap_err();
/// match error.kind() {
///     ErrorKind::Unauthorized => println!("get another token"),
///     ErrorKind::Throttled => println!("call again later"),
///     _ => println!("{error}. {}", error.advice()),
/// }
/// if error.posted() != Posted::No {
///     println!("a cancel may have been processed");
/// }
/// if let Some(id) = error.answer().and_then(|answer| answer.request_id()) {
///     println!("tell the service's support this request id: {id}");
/// #   assert_eq!(id, "7f2e");
/// }
/// # assert_eq!(error.kind(), ErrorKind::Forbidden);
/// # assert_eq!((error.posted(), error.is_transient()), (Posted::Yes, false));
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

    /// Whether a POST went out before this error. The codec knows only the call whose answer it has read: it says
    /// [`Posted::Yes`] for a cancel and [`Posted::No`] for another call.
    #[must_use]
    pub fn posted(&self) -> Posted {
        self.0.posted
    }

    /// The publisher and the offer, as `contoso/contoso-offer`. `None` in an error of the codec, which does not know
    /// them.
    #[must_use]
    pub fn offer(&self) -> Option<&str> {
        self.0.offer.as_deref()
    }

    /// What happened, in words: one line of bounded length. Empty when there is nothing to add to the kind and the
    /// answer.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What the service said, if it answered.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        self.0.answer.as_ref()
    }

    /// What a person can do next: some English sentences, without a secret. They depend on the [`kind`](Self::kind) and
    /// on whether a POST [went out](Self::posted): after one that may have been processed they never say to call again.
    /// They may change in any release.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.kind().advice(self.posted())
    }

    /// Whether the same call can succeed later. The table at [`ErrorKind::as_str`] shows it for each kind.
    ///
    /// It does not say whether it is safe to post again. After a POST that may have been processed
    /// ([`posted`](Self::posted)), [resume](crate::Cancellation::resume) the run: with
    /// [`Until::Verified`](crate::Until::Verified) it polls what was in progress before it posts.
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

    /// The error for an answer, by its status.
    pub(crate) fn of_answer(answer: Answer) -> Self {
        Self::new(ErrorKind::of_status(answer.status()), "").with_answer(answer)
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    pub(crate) fn without_details(mut self) -> Self {
        if let Some(answer) = &mut self.0.answer {
            answer.details = Box::default();
        }
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

    /// Puts an explanation before the detail. It can hold words of the service.
    pub(crate) fn explained(mut self, why: &str) -> Self {
        self.0.detail = match &*self.0.detail {
            "" => sanitize(why, MAX_DETAIL),
            detail => sanitize(&format!("{why}: {detail}"), MAX_DETAIL),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_bounded_line_also_when_it_is_explained() {
        let error = Error::new(ErrorKind::Transport, "a\nb").explained("still in progress: x (\u{1b}[2Jrunning)");
        assert_eq!(error.detail(), "still in progress: x ( [2Jrunning): a b");
        let long = Error::new(ErrorKind::Transport, "").explained(&"x".repeat(5000));
        assert_eq!(long.detail().chars().count(), MAX_DETAIL + 1);
    }
}
