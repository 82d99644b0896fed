//! Conversations that every adapter must have in the same way: a test for an adapter of one's own.
//!
//! It is **outside of the semver promise** of this crate: it may change in any release.
//!
//! Serve the portal of a [`Scenario`] over real HTTP, at [`SPEED`], drive its cancellation with the adapter, and let the
//! scenario judge. `cancel_hyper::portal::serve_at_speed` serves, for blocking clients too:
//!
//! ```
//! # use std::time::Duration;
//! # use cancel_core::*;
//! # use cancel_core::portal::Portal;
//! # struct Served(std::cell::RefCell<(Portal, Duration)>);
//! # impl Served {
//! #     fn endpoint(&self) -> &str { "https://cloudpartner.azure.com" }
//! #     fn now(&self) -> Duration { self.0.borrow().1 }
//! #     fn portal(&self) -> std::cell::Ref<'_, Portal> { std::cell::Ref::map(self.0.borrow(), |served| &served.0) }
//! # }
//! # fn serve_at_speed(portal: Portal, _: u32) -> std::io::Result<Served> {
//! #     Ok(Served((portal, Duration::ZERO).into()))
//! # }
//! # fn my_adapter(
//! #     cancellation: &mut Cancellation,
//! #     token: impl Fn(TokenReason) -> Result<BearerToken, InvalidInput>,
//! #     served: &Served,
//! # ) -> Result<Outcome, Error> {
//! #     let mut now = Duration::ZERO;
//! #     loop {
//! #         match cancellation.step(now) {
//! #             Step::Authenticate(why) => cancellation.provide_token(token(why).unwrap()),
//! #             Step::Send(exchange) => {
//! #                 let served = &mut *served.0.borrow_mut();
//! #                 served.1 = now * conformance::SPEED;
//! #                 let response = served.0.handle(served.1, exchange.request);
//! #                 match portal::Delivery::of(&response) {
//! #                     portal::Delivery::Whole => {
//! #                         cancellation.handle_response(now, exchange.id, response.map(Body::Complete)).unwrap();
//! #                     }
//! #                     portal::Delivery::CutBody => {
//! #                         cancellation.handle_response(now, exchange.id, response.map(Body::CutOff)).unwrap();
//! #                     }
//! #                     portal::Delivery::Dropped => {
//! #                         cancellation.handle_failure(now, exchange.id, Failure::maybe_sent("dropped")).unwrap();
//! #                     }
//! #                 }
//! #             }
//! #             Step::Await { until, .. } => now = until,
//! #             Step::WaitUntil(when) => now = when,
//! #             Step::Done(result) => return result.clone(),
//! #         }
//! #     }
//! # }
//! for scenario in conformance::scenarios() {
//!     let served = serve_at_speed(scenario.portal(), conformance::SPEED)?;
//!     let mut cancellation = scenario.cancellation(Endpoint::new(served.endpoint())?, Duration::ZERO);
//!     let result = my_adapter(&mut cancellation, conformance::token, &served);
//!     scenario.judge(&result, &served.portal(), served.now()).map_err(|why| format!("{}: {why}", scenario.name()))?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What no portal can play an adapter's own tests must: that a connection which was refused is
//! [`NotSent`](crate::Failure::NotSent), that time and body limits hold, that nothing follows redirects.

mod scenarios;

use std::time::Duration;

pub use self::scenarios::scenarios;
use crate::portal::{Call, Fault, Offer, Portal};
use crate::{
    BearerToken, CancelRequest, Cancellation, Endpoint, Error, InvalidInput, Outcome, Policy, Posted, TokenReason,
};

/// How fast the portal's time goes: a minute passes in six milliseconds.
pub const SPEED: u32 = 10_000;

const PUBLISHER: &str = "contoso";
const OFFER: &str = "contoso-offer";
const FOREIGN_PUBLISHER: &str = "fabrikam";
const FIRST_TOKEN: &str = "the-first-token-of-the-portal";
const FRESH_TOKEN: &str = "the-fresh-token-of-the-portal";

/// What the adapter's source of tokens must give.
///
/// # Errors
///
/// None: it has the shape that sources have.
pub fn token(why: TokenReason) -> Result<BearerToken, InvalidInput> {
    BearerToken::new(match why {
        TokenReason::FirstUse => FIRST_TOKEN,
        TokenReason::Rejected => FRESH_TOKEN,
    })
}

/// A service, what is asked of it, and how it must end.
#[derive(Debug, Clone)]
pub struct Scenario {
    name: String,
    offer: Offer,
    faults: Vec<(Call, Fault)>,
    /// How long the first token is accepted, in the portal's time.
    first_token: Option<Duration>,
    request: CancelRequest,
    policy: Policy,
    expected: &'static str,
    posts: usize,
}

impl Scenario {
    /// What it is about, in a few words.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The service, to be served at [`SPEED`].
    #[must_use]
    pub fn portal(&self) -> Portal {
        let mut portal = Portal::new();
        portal.accept_token(FIRST_TOKEN, self.first_token).accept_token(FRESH_TOKEN, None);
        portal.add_offer(self.offer.clone()).add_foreign_publisher(FOREIGN_PUBLISHER);
        for (call, fault) in &self.faults {
            portal.script(*call, fault.clone());
        }
        portal
    }

    /// The cancellation to be driven, on a clock that stands at `now`.
    #[must_use]
    pub fn cancellation(&self, endpoint: Endpoint, now: Duration) -> Cancellation {
        Cancellation::new(endpoint, self.request.clone(), self.policy.clone(), now)
    }

    /// Whether it ended as it must, and the portal was asked as it must be.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub fn judge(&self, result: &Result<Outcome, Error>, portal: &Portal, now: Duration) -> Result<(), String> {
        let ended = in_words(result);
        if ended != self.expected {
            return Err(format!("it ended with {ended:?} instead of {:?}: {result:?}", self.expected));
        }
        if portal.posts() != self.posts {
            return Err(format!("{} POSTs instead of {}", portal.posts(), self.posts));
        }
        if portal.unplayed() > 0 {
            return Err("it was over before all had happened".to_owned());
        }
        if let Some(call) = portal.calls().iter().find(|call| !call.has_authorization) {
            return Err(format!("{call:?} has no token"));
        }
        if let Some(call) = portal.calls().iter().find(|call| call.header("accept-encoding").is_some()) {
            return Err(format!("{call:?} asks for a compressed answer"));
        }
        agrees_with_truth(result, &portal.truth(PUBLISHER, OFFER, now))
    }
}

/// Such as `canceled, verified, posted yes` or `missing_location, posted yes`.
fn in_words(result: &Result<Outcome, Error>) -> String {
    let posted = |posted: Posted| format!("posted {posted}");
    match result {
        Ok(outcome) => match outcome.proof() {
            Some(proof) => format!("{}, {proof}, {}", outcome.as_str(), posted(outcome.posted())),
            None => format!("{}, {}", outcome.as_str(), posted(outcome.posted())),
        },
        Err(error) => format!("{}, {}", error.kind(), posted(error.posted())),
    }
}

/// What an outcome says of operations that have ended is what became of them.
fn agrees_with_truth(result: &Result<Outcome, Error>, truth: &[(String, &'static str)]) -> Result<(), String> {
    let operations = result.as_ref().map_or(&[][..], Outcome::operations);
    for seen in operations.iter().filter(|seen| seen.state().is_end()) {
        let truly = truth.iter().find(|(id, _)| id == seen.id().as_str()).map(|(_, word)| *word);
        if truly != Some(seen.status()) {
            return Err(format!("it says that {} is {}, and it is {truly:?}", seen.id(), seen.status()));
        }
    }
    Ok(())
}
