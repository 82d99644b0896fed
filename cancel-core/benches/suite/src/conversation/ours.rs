//! The machine with all its checks, driven as its documentation shows, in virtual time.

use std::hint::black_box;
use std::time::Duration;

use cancel_core::{
    BearerToken, CancelRequest, Cancellation, Endpoint, NotificationEmails, OfferId, Outcome, Policy, PublisherId,
    Step, Until,
};

use super::Contender;
use super::wire::{EMAIL, ENDPOINT, OFFER, PUBLISHER, Script, TOKEN};

pub struct Ours {
    endpoint: Endpoint,
    token: BearerToken,
    policy: Policy,
    script: Script,
}

impl Ours {
    pub fn new(rows: Option<usize>) -> Self {
        let until = if rows.is_some() { Until::Verified } else { Until::Settled };
        Self {
            endpoint: Endpoint::new(ENDPOINT).expect("an endpoint"),
            token: BearerToken::new(TOKEN).expect("a token"),
            policy: Policy::default().until(until),
            script: Script::new(rows),
        }
    }

    /// Whether each body has memory of its own.
    pub fn own_bodies(&self, owns: bool) {
        self.script.own_bodies(owns);
    }

    /// A conversation that has not started.
    fn begin(&self) -> Cancellation {
        let publisher = PublisherId::new(PUBLISHER).expect("an id");
        let offer = OfferId::new(OFFER).expect("an id");
        let request =
            CancelRequest::new(publisher, offer).notify(NotificationEmails::parse(EMAIL).expect("an address"));
        Cancellation::new(self.endpoint.clone(), request, self.policy.clone(), Duration::ZERO)
    }

    /// A conversation that waits between its two polls.
    pub fn waiting(&self) -> Cancellation {
        let mut cancellation = self.begin();
        self.advance(&mut cancellation, self.script.exchanges() - 1);
        cancellation
    }

    /// Drives it until this many exchanges were answered and the next is not due, or until it is over.
    fn advance(&self, cancellation: &mut Cancellation, exchanges: usize) {
        let mut now = Duration::ZERO;
        let mut answered = 0;
        loop {
            match cancellation.step(now) {
                Step::Authenticate(_why) => cancellation.provide_token(self.token.clone()),
                Step::Send(exchange) => {
                    black_box(&exchange.request);
                    let response = self.script.answer(answered).into_http();
                    answered += 1;
                    cancellation.handle_response(now, exchange.id, response).expect("in flight");
                }
                Step::WaitUntil(_) if answered == exchanges => break,
                Step::WaitUntil(when) => now = when,
                Step::Await { .. } => unreachable!("every exchange is answered at once"),
                Step::Done(_) => break,
            }
        }
    }
}

impl Contender for Ours {
    fn converse(&self) -> bool {
        let mut cancellation = self.begin();
        self.advance(&mut cancellation, self.script.exchanges());
        matches!(cancellation.result(), Some(Ok(Outcome::Canceled { .. })))
    }
}
