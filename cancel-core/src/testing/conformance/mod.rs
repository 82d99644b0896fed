//! Conversations that every adapter must have in the same way: a test for an adapter of one's own.
//!
//! It is **outside of the semver promise** of this crate: it may change in any release.
//!
//! Serve the portal of each [`Scenario`] over real HTTP, at [`SPEED`], drive its cancellation with the adapter, and let the
//! scenario judge. `cancel_hyper::portal::serve_at_speed` serves, for blocking clients too:
//!
//! ```
//! # use std::time::Duration;
//! # use cancel_core::*;
//! # use cancel_core::testing::{conformance, portal};
//! # use cancel_core::testing::portal::Portal;
//! # struct Served(std::cell::RefCell<(Portal, Duration)>);
//! # impl Served {
//! #     fn endpoint(&self) -> &str { "https://cloudpartner.azure.com" }
//! #     fn now(&self) -> Duration { self.0.borrow().1 }
//! #     fn portal(&self) -> std::cell::Ref<'_, Portal> { std::cell::Ref::map(self.0.borrow(), |served| &served.0) }
//! # }
//! # fn serve_at_speed(portal: Portal, _: u32) -> std::io::Result<Served> {
//! #     Ok(Served((portal, Duration::ZERO).into()))
//! # }
//! # fn drive(
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
//! let held = conformance::converse(|scenario| {
//!     let served = serve_at_speed(scenario.portal(), conformance::SPEED)?;
//! #   let my_adapter = |cancellation: &mut Cancellation, token| drive(cancellation, token, &served);
//!     let mut cancellation = scenario.cancellation(Endpoint::new(served.endpoint())?, Duration::ZERO);
//!     let result = my_adapter(&mut cancellation, conformance::token);
//!     scenario.judge(&result, &served.portal(), served.now())?;
//!     Ok(())
//! })?;
//! println!("{held} conversations");
//! # assert!(held > 80);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Only the portal's time is fast. The adapter runs in real time, with its usual clock and its usual sleep: the waits that
//! a scenario asks for are milliseconds already, but for one of a second, and all of them together take some seconds. An
//! adapter that hangs says nothing: print [`Scenario::name`] before each.
//!
//! # What they cannot see
//!
//! A portal is asked, and answers at once. What shows in no answer and in no request is for an adapter's own tests:
//!
//! - **What could not be sent.** Every connection is there: an adapter that never says
//!   [`NotSent`](crate::Failure::NotSent), for a connection that was refused too, has every conversation as it must. It
//!   only posts less often than it might. (One that says it too often is seen.)
//! - **Time limits.** No answer is slow: [`Exchange::timeout`](crate::Exchange::timeout) may be ignored, or not cover the
//!   body.
//! - **How much is read.** A body above the limit is too large to the machine, whatever the adapter says of it: one that
//!   reads on and on is not seen, since no body here is without an end.
//! - **How it waits.** Some waits are held against the portal's clock, and one that is too short by a quarter is seen. An
//!   adapter that asks `step` again and again instead of sleeping, or sleeps in pieces, is not; nor is a `now` that was taken
//!   before a request was sent and is given with its answer.
//! - **What was there before.** [`Step::Await`](crate::Step::Await) of another driver's exchange, a future that is
//!   dropped, [`pass_time`](crate::Cancellation::pass_time), checkpoints: each conversation has one driver from its
//!   beginning to its end.
//! - **The way there.** TLS, certificates, proxies, names that do not resolve.
//! - **Headers of the request** that the portal does not need, such as `x-ms-client-request-id`.
//! - **Decompression.** That nothing compressed is asked for is seen; the portal compresses nothing of its own accord.
//! - **Logs**, and whoever reads the token there.

mod scenarios;
mod verdict;

use std::error::Error as AnyError;
use std::time::Duration;

pub use self::scenarios::scenarios;
use crate::testing::portal::{Call, Fault, Offer, Portal};
use crate::{BearerToken, CancelRequest, Cancellation, Endpoint, Error, InvalidInput, Outcome, Policy, TokenReason};

/// How fast the portal's time goes, and nobody else's: a minute of it passes in six milliseconds. The adapter runs in
/// real time.
pub const SPEED: u32 = 10_000;

const PUBLISHER: &str = "contoso";
const OFFER: &str = "contoso-offer";
const FOREIGN_PUBLISHER: &str = "fabrikam";
const FIRST_TOKEN: &str = "the-first-token-of-the-portal";
const FRESH_TOKEN: &str = "the-fresh-token-of-the-portal";

/// What the adapter's source of tokens must give: one token at first, and a second one when that was rejected.
///
/// Every portal accepts the second; some reject the first. An adapter that gives the first again is refused for good.
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

/// Has every conversation, and says how many there were.
///
/// # Errors
///
/// The names of those that went wrong, each with what was wrong: what a scenario finds when it judges, or whatever kept
/// the conversation from being had.
pub fn converse(mut one: impl FnMut(&Scenario) -> Result<(), Box<dyn AnyError>>) -> Result<usize, String> {
    let scenarios = scenarios();
    let wrong: Vec<_> = scenarios
        .iter()
        .filter_map(|scenario| one(scenario).err().map(|why| format!("{}\n{why}", scenario.name())))
        .collect();
    if wrong.is_empty() {
        return Ok(scenarios.len());
    }
    Err(format!("{} of {} conversations went wrong\n\n{}", wrong.len(), scenarios.len(), wrong.join("\n\n")))
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
    /// How long nothing may come after a 429, in real time.
    pause: Duration,
    /// What an adapter must do for this to end well.
    must: &'static str,
}

impl Scenario {
    /// How far it goes and what it is about, such as `settled: the POST's answer is lost`. No other has this name.
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

    /// The cancellation to be driven. `now` is the adapter's clock, in real time: what the adapter would pass to
    /// [`Cancellation::new`]. Its waits are milliseconds and its deadline is half a minute at most, so that nothing has to be sped up.
    #[must_use]
    pub fn cancellation(&self, endpoint: Endpoint, now: Duration) -> Cancellation {
        Cancellation::new(endpoint, self.request.clone(), self.policy.clone(), now)
    }

    /// Whether it ended as it must, and the portal was asked as it must be. `now` is the portal's clock, which is fast:
    /// `Served::now` of `cancel_hyper`.
    ///
    /// # Errors
    ///
    /// All that is wrong, one finding a line, the worst first: what was seen, and what the adapter must do. Then the
    /// calls, one a line.
    pub fn judge(&self, result: &Result<Outcome, Error>, portal: &Portal, now: Duration) -> Result<(), String> {
        let findings = self.findings(result, portal, now);
        if findings.is_empty() {
            return Ok(());
        }
        Err(format!("{}\n{}", findings.join("\n"), verdict::calls(portal.calls())))
    }
}
