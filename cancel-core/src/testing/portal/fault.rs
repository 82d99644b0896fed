//! Scripted faults: what goes wrong between a client and the service, one request at a time.
//!
//! A script decides which request is hit and how. It does not change the service itself: a request that is not
//! processed has no effect, and that is all.

use bytes::Bytes;
use http::Response;

use super::answer::Answer;

/// A kind of call that a fault waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// `…/cancel`.
    Cancel,
    /// An operation: by its id or by a location in the `$` form.
    Operation,
    /// `…/submissions/`.
    List,
    /// `…/status` of the offer.
    Status,
    /// Whatever comes, known paths or not.
    Any,
}

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The client gets this, and the service does not get the request.
    Answer(Answer),
    /// The service does what is asked, but the client gets this: a gateway's 503.
    AnswerAfterProcessing(Answer),
    /// The request never arrives, and nothing comes back.
    LoseRequest,
    /// The service does what is asked, and nothing comes back.
    LoseAnswer,
    /// The headers arrive, and of the body only the first `keep` bytes.
    CutBody {
        /// How much of the body arrives.
        keep: usize,
    },
    /// Nothing goes wrong: this request only counts.
    Pass,
}

impl Fault {
    /// Begins an answer that replaces the service's own.
    ///
    /// ```
    /// use cancel_core::testing::portal::{Call, Fault, Portal};
    ///
    /// let mut portal = Portal::new();
    /// portal.script(Call::Operation, Fault::Pass);
    /// portal.script(Call::Operation, Fault::status(429).header("Retry-After", "5"));
    /// portal.script(Call::Cancel, Fault::status(503).body("busy").after_processing());
    /// ```
    #[must_use]
    pub fn status(status: u16) -> Answer {
        Answer::status(status)
    }
}

impl Answer {
    /// The service does what is asked, but the client gets this.
    #[must_use]
    pub fn after_processing(self) -> Fault {
        Fault::AnswerAfterProcessing(self)
    }
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// How a response reaches the client. A transport that carries a portal's responses must read this first.
///
/// It travels as an extension of the response; [`Delivery::of`] reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// As it is.
    #[default]
    Whole,
    /// Not at all: the connection breaks. The response is a placeholder with status 599.
    Dropped,
    /// The body that is in the response has been cut short, and the connection breaks after it.
    /// `Content-Length` has the length that was promised.
    CutBody,
}

impl Delivery {
    /// How this response reaches the client.
    #[must_use]
    pub fn of<B>(response: &Response<B>) -> Self {
        response.extensions().get().copied().unwrap_or_default()
    }

    /// The placeholder for a response that never arrives.
    pub(super) fn dropped() -> Response<Bytes> {
        let mut response = Answer::status(599).into_response();
        response.extensions_mut().insert(Self::Dropped);
        response
    }

    /// What is left of a response whose body is cut short.
    pub(super) fn cut(mut response: Response<Bytes>, keep: usize) -> Response<Bytes> {
        if keep < response.body().len() {
            response.body_mut().truncate(keep);
            response.extensions_mut().insert(Self::CutBody);
        }
        response
    }
}

/// The faults to come, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Script(Vec<(Call, Fault)>);

impl Script {
    pub(super) fn push(&mut self, call: Call, fault: Fault) {
        self.0.push((call, fault));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the first fault that waits for such a call.
    pub(super) fn take(&mut self, call: Option<Call>) -> Fault {
        let next = self.0.iter().position(|(waits_for, _)| *waits_for == Call::Any || Some(*waits_for) == call);
        next.map_or(Fault::Pass, |index| self.0.remove(index).1)
    }
}
