//! Conversations that test an adapter. Every adapter must have them in the same way.
//!
//! It is **outside of the semver promise** of this crate: it may change in any release.
//!
//! For each [`Scenario`], serve its portal over real HTTP at [`SPEED`], drive its cancellation with the adapter, and
//! let the scenario judge the result. `cancel_hyper::portal::serve_at_speed` serves a portal, also for blocking
//! clients:
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
//! #     fn portal(&self) -> std::cell::Ref<'_, Portal> {
//! #         std::cell::Ref::map(self.0.borrow(), |served| &served.0)
//! #     }
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
//! #             Step::Authenticate(why) => {
//! #                 cancellation.provide_token(token(why).unwrap());
//! #             }
//! #             Step::Send(exchange) => {
//! #                 let served = &mut *served.0.borrow_mut();
//! #                 served.1 = now * conformance::SPEED;
//! #                 let response = served.0.handle(served.1, exchange.request);
//! #                 let answer = match portal::Delivery::of(&response) {
//! #                     portal::Delivery::Whole => Some(response.map(Body::Complete)),
//! #                     portal::Delivery::CutBody => Some(response.map(Body::CutOff)),
//! #                     portal::Delivery::Dropped => None,
//! #                 };
//! #                 let id = exchange.id;
//! #                 let taken = match answer {
//! #                     Some(answer) => cancellation.handle_response(now, id, answer),
//! #                     None => {
//! #                         let failure = Failure::maybe_sent("dropped");
//! #                         cancellation.handle_failure(now, id, failure)
//! #                     }
//! #                 };
//! #                 taken.unwrap();
//! #             }
//! #             Step::Await { until, .. } => now = until,
//! #             Step::WaitUntil(when) => now = when,
//! #             Step::Done(result) => return result.clone(),
//! #         }
//! #     }
//! # }
//! let count = conformance::converse(|scenario| {
//!     let served = serve_at_speed(scenario.portal(), conformance::SPEED)?;
//!     let endpoint = Endpoint::new(served.endpoint())?;
//!     let mut cancellation = scenario.cancellation(endpoint, Duration::ZERO);
//! #   let my_adapter = |run: &mut Cancellation, token| drive(run, token, &served);
//!     let result = my_adapter(&mut cancellation, conformance::token);
//!     scenario.judge(&result, &served.portal(), served.now())?;
//!     Ok(())
//! })?;
//! println!("{count} conversations");
//! # assert!(count > 80);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Only the portal's time is fast. The adapter runs in real time, with its usual clock and its usual sleep. One wait
//! in the scenarios is a second long, the others are milliseconds. All scenarios together take some seconds. When an
//! adapter hangs, there is no message: print [`Scenario::name`] before each conversation.
//!
//! # What these conversations cannot find
//!
//! The portal answers at once. The following shows in no request and in no answer. An adapter needs tests of its own
//! for it:
//!
//! - **Requests that were not sent.** The portal always accepts a connection. So an adapter that never says
//!   [`NotSent`](crate::Failure::NotSent) passes every conversation. It posts less often than it could. (An adapter
//!   that says `NotSent` too often is found.)
//! - **Time limits.** No answer is slow. So an adapter can ignore [`Exchange::timeout`](crate::Exchange::timeout), or
//!   apply it to the head only.
//! - **How much of a body is read.** No body is endless. So an adapter can read beyond the limit. The machine itself
//!   finds a body that is too large.
//! - **How it waits.** Some waits are compared with the portal's clock: one that is a quarter too short is found. But
//!   an adapter can call `step` again and again instead of sleeping, and can hand in a `now` from before the request.
//! - **What an earlier driver left.** Each conversation has one driver from its beginning to its end. So
//!   [`Step::Await`](crate::Step::Await), dropped futures, [`pass_time`](crate::Cancellation::pass_time) and
//!   checkpoints are not tested.
//! - **The connection.** TLS, certificates, proxies, and names that do not resolve are not tested.
//! - **Headers of the request** that the portal does not need, such as `x-ms-client-request-id`.
//! - **Repeated headers of an answer.** The portal repeats none. So an adapter that joins their values, or keeps one of
//!   them, is not found.
//! - **Decompression.** A request for compression is found. The portal compresses nothing.
//! - **Logs** that show the token.

mod bridge;
mod scenarios;
mod verdict;

use std::error::Error as AnyError;
use std::time::Duration;

pub use self::scenarios::scenarios;
use crate::testing::portal::{Call, Fault, Offer, Portal};
use crate::{BearerToken, CancelRequest, Cancellation, Endpoint, Error, InvalidInput, Outcome, Policy, TokenReason};

/// How fast the portal's time is: one minute of it takes six milliseconds. The adapter runs in real time.
pub const SPEED: u32 = 10_000;

const PUBLISHER: &str = "contoso";
const OFFER: &str = "contoso-offer";
const FOREIGN_PUBLISHER: &str = "fabrikam";
const FIRST_TOKEN: &str = "the-first-token-of-the-portal";
const FRESH_TOKEN: &str = "the-fresh-token-of-the-portal";

/// The source of tokens for the adapter: it gives a first token, and a second one when the first was rejected.
///
/// Every portal accepts the second token. Some reject the first. An adapter that gives the first token again is
/// rejected again.
///
/// # Errors
///
/// Never. It returns a `Result` because sources of tokens do.
pub fn token(why: TokenReason) -> Result<BearerToken, InvalidInput> {
    BearerToken::new(match why {
        TokenReason::FirstUse => FIRST_TOKEN,
        TokenReason::Rejected => FRESH_TOKEN,
    })
}

/// Calls `one` for each scenario, and returns how many there are.
///
/// # Errors
///
/// The names of the conversations that went wrong, each with what was wrong: the findings of the scenario, or another
/// error of `one`.
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

/// A simulated service, a cancellation, and how it must end.
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
    /// How long the adapter must wait after a 429, in real time.
    pause: Duration,
    /// What an adapter must do to pass.
    must: &'static str,
}

impl Scenario {
    /// The mode and the subject, such as `settled: the POST's answer is lost`. No other scenario has this name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The simulated service. Serve it at [`SPEED`].
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

    /// The cancellation to drive. `now` is the adapter's clock, in real time, as for [`Cancellation::new`]. Its waits
    /// are milliseconds, and its deadline is at most half a minute.
    #[must_use]
    pub fn cancellation(&self, endpoint: Endpoint, now: Duration) -> Cancellation {
        Cancellation::new(endpoint, self.request.clone(), self.policy.clone(), now)
    }

    /// Judges how it ended, and how the portal was called. `now` is the time of the portal, which is fast:
    /// `Served::now` of `cancel_hyper`.
    ///
    /// # Errors
    ///
    /// All findings, one in a line, the worst first: what happened, and what the adapter must do. Then all calls, one
    /// in a line.
    pub fn judge(&self, result: &Result<Outcome, Error>, portal: &Portal, now: Duration) -> Result<(), String> {
        verdict::of(&self.findings(&verdict::Ending::of(result), portal, now), portal)
    }
}
