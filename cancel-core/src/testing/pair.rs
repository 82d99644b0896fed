//! A machine and a portal in virtual time: the loop that a test would write again otherwise.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::portal::{Delivery, Portal};
use crate::error::Error;
use crate::machine::{Body, Cancellation, Exchange, ExchangeId, Failure, Outcome, Step, TokenReason};
use crate::values::BearerToken;

/// A conversation between a machine and a portal. Nobody waits: the clock jumps to when something is due.
///
/// ```
/// use std::time::Duration;
/// use cancel_core::testing::Pair;
/// use cancel_core::testing::portal::{Offer, Portal, PublishOperation};
/// use cancel_core::{
///     BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId,
/// };
///
/// let mut portal = Portal::new();
/// portal.accept_token("eyJ0eXAi", None);
/// portal.add_offer(
///     Offer::new("contoso", "contoso-offer").operation(PublishOperation::new("id-1")),
/// );
/// let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
/// let machine =
///     Cancellation::new(Endpoint::default(), request, Policy::default(), Duration::ZERO);
/// let token = BearerToken::new("eyJ0eXAi")?;
///
/// let mut pair = Pair::new(machine, portal, move |_| token.clone());
/// assert_eq!(pair.run()?.as_str(), "canceled");
/// assert_eq!(pair.portal.posts(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pair {
    /// The machine.
    pub machine: Cancellation,
    /// The service.
    pub portal: Portal,
    /// The time of both.
    pub now: Duration,
    tokens: Box<dyn FnMut(TokenReason) -> BearerToken>,
}

impl Pair {
    /// A conversation that goes on from the machine's time.
    pub fn new(
        machine: Cancellation,
        portal: Portal,
        tokens: impl FnMut(TokenReason) -> BearerToken + 'static,
    ) -> Self {
        Self { now: machine.now(), machine, portal, tokens: Box::new(tokens) }
    }

    /// Lets time pass until an exchange is handed out. `None` when it is over.
    pub fn next_exchange(&mut self) -> Option<Exchange> {
        loop {
            match self.machine.step(self.now) {
                Step::Authenticate(why) => {
                    let token = (self.tokens)(why);
                    self.machine.provide_token(token);
                }
                Step::Send(exchange) => return Some(exchange),
                Step::Await { until, .. } => self.now = until,
                Step::WaitUntil(when) => self.now = when,
                Step::Done(_) => return None,
            }
        }
    }

    /// The portal answers, and the machine is told what arrives of that.
    pub fn answer(&mut self, exchange: Exchange) {
        let response = self.portal.handle(self.now, exchange.request);
        self.tell(exchange.id, response);
    }

    /// The machine is told what arrives of an answer.
    pub fn tell(&mut self, id: ExchangeId, response: Response<Bytes>) {
        let taken = match Delivery::of(&response) {
            Delivery::Whole => self.machine.handle_response(self.now, id, response.map(Body::Complete)),
            Delivery::CutBody => self.machine.handle_response(self.now, id, response.map(Body::CutOff)),
            Delivery::Dropped => self.machine.handle_failure(self.now, id, Failure::maybe_sent("connection reset")),
        };
        debug_assert_eq!(taken, Ok(()), "it is in flight");
    }

    /// Has the whole conversation.
    ///
    /// # Errors
    ///
    /// What the machine ends with.
    pub fn run(&mut self) -> Result<Outcome, Error> {
        loop {
            match self.next_exchange() {
                Some(exchange) => self.answer(exchange),
                None => {
                    if let Some(result) = self.machine.result() {
                        return result.clone();
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, portal, now, tokens: _ } = self;
        f.debug_struct("Pair").field("machine", machine).field("portal", portal).field("now", now).finish()
    }
}
