//! What goes to `tracing`, with the feature of that name: a span per cancellation and an event per exchange. Without
//! the feature, the same functions do nothing.
//!
//! Only texts that an observer gets may go out here: they are redacted.

#[cfg(not(feature = "tracing"))]
pub(crate) use silent::Span;
#[cfg(feature = "tracing")]
pub(crate) use traced::Span;

#[cfg(feature = "tracing")]
mod traced {
    use std::future::Future;

    use cancel_core::{Cancellation, Error, Event, Outcome};
    use tracing::field::Empty;
    use tracing::{Instrument, debug, info_span, warn};

    /// The span of one cancellation. Its last two fields are recorded at the end.
    pub(crate) struct Span(tracing::Span);

    impl Span {
        pub(crate) fn of(cancellation: &Cancellation) -> Self {
            let request = cancellation.request();
            let (publisher, offer) = (request.publisher().as_str(), request.offer().as_str());
            Self(info_span!("cancel", publisher, offer, outcome = Empty, posted = Empty))
        }

        pub(crate) fn around<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
            future.instrument(self.0.clone())
        }

        /// Reports an exchange that has been answered or has failed.
        pub(crate) fn exchanged(&self, event: &Event<'_>, cancellation: &Cancellation) {
            let phase = cancellation.progress().phase.as_str();
            match event {
                Event::Answered { id, status, request_id, .. } => {
                    let (status, request_id) = (status.as_u16(), request_id.as_deref());
                    debug!(parent: &self.0, exchange = %id, phase, status, request_id, "answered");
                }
                Event::Failed { id, why, not_sent, .. } => {
                    warn!(parent: &self.0, exchange = %id, phase, not_sent, why = &**why, "not answered");
                }
                _ => {}
            }
        }

        pub(crate) fn ended(&self, result: &Result<Outcome, Error>) {
            let (word, posted) = match result {
                Ok(outcome) => (outcome.as_str(), outcome.posted()),
                Err(error) => (error.kind().as_str(), error.posted()),
            };
            self.0.record("outcome", word).record("posted", posted.as_str());
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod silent {
    use std::future::Future;

    use cancel_core::{Cancellation, Error, Event, Outcome};

    pub(crate) struct Span;

    impl Span {
        pub(crate) fn of(_: &Cancellation) -> Self {
            Self
        }

        pub(crate) fn around<F: Future>(&self, future: F) -> F {
            future
        }

        pub(crate) fn exchanged(&self, _: &Event<'_>, _: &Cancellation) {}

        pub(crate) fn ended(&self, _: &Result<Outcome, Error>) {}
    }
}
