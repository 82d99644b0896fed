//! What an [`Error`] knows besides its name.

use std::fmt;

use crate::codec::{Answer, legible};
use crate::error::Error;
use crate::machine::Posted;

/// The longest detail that is kept, in characters: a parser's words can hold all that it was given.
const MAX_DETAIL: usize = 1024;

/// What happened, to which offer, what the service said, and whether a POST went out: the inside of an [`Error`].
///
/// ```
/// # use cancel_core::{Endpoint, Error, OperationLocation};
/// # let called = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel".parse()?;
/// let error = OperationLocation::parse(&Endpoint::default(), &called, "https://evil.example/api").unwrap_err();
/// let report = error.report().ok_or("every kind but one has a report")?;
/// assert_eq!(report.detail(), r#""https://evil.example/api" is not on https://cloudpartner.azure.com"#);
/// assert!(report.answer().is_none(), "it was not called");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    offer: Option<Box<str>>,
    posted: Posted,
    detail: Box<str>,
    answer: Option<Answer>,
}

impl Report {
    /// The publisher and the offer, as `contoso/contoso-offer`. The codec alone does not know them.
    #[must_use]
    pub fn offer(&self) -> Option<&str> {
        self.offer.as_deref()
    }

    /// Whether a POST went out before this. The codec knows only of the call whose answer it read, and says
    /// [`Posted::No`] for the others.
    #[must_use]
    pub fn posted(&self) -> Posted {
        self.posted
    }

    /// What happened, in words: bounded, and on one line. Empty where the answer says it all.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What the service said, where it said something.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    pub(crate) fn prefix(&self) -> OfferPrefix<'_> {
        OfferPrefix(self.offer())
    }
}

/// The detail and the answer, as the rest of an error's sentence.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        match &self.answer {
            Some(answer) => write!(f, " ({answer})"),
            None => Ok(()),
        }
    }
}

/// The offer at the beginning of an error's sentence, where it is known.
pub(crate) struct OfferPrefix<'a>(Option<&'a str>);

impl fmt::Display for OfferPrefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offer) => write!(f, "{offer}: "),
            None => Ok(()),
        }
    }
}

/// An error in the making: its name is known, and the machine can still say which offer it is about.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Problem {
    name: fn(Box<Report>) -> Error,
    report: Box<Report>,
}

impl Problem {
    pub(crate) fn new(name: fn(Box<Report>) -> Error, detail: impl AsRef<str>) -> Self {
        let detail = legible(detail.as_ref(), MAX_DETAIL);
        Self { name, report: Box::new(Report { offer: None, posted: Posted::No, detail, answer: None }) }
    }

    pub(crate) fn answered(mut self, answer: Answer) -> Self {
        self.report.answer = Some(answer);
        self
    }

    pub(crate) fn posted(mut self, posted: Posted) -> Self {
        self.report.posted = posted;
        self
    }

    pub(crate) fn about(mut self, offer: impl Into<Box<str>>) -> Self {
        self.report.offer = Some(offer.into());
        self
    }

    /// The same facts under another name, after a further explanation.
    pub(crate) fn renamed(self, name: fn(Box<Report>) -> Error, why: &str) -> Self {
        Self { name, ..self.explained(why) }
    }

    /// The same facts, after a further explanation.
    pub(crate) fn explained(mut self, why: &str) -> Self {
        self.report.detail = match (why, &*self.report.detail) {
            (_, "") => why.into(),
            ("", detail) => detail.into(),
            (why, detail) => format!("{why}: {detail}").into_boxed_str(),
        };
        self
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        (problem.name)(problem.report)
    }
}
