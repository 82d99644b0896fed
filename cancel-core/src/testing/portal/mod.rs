//! A simulated portal: the service's side of the API, for tests.
//!
//! It is **outside of the semver promise** of this crate: it may change in any release.
//!
//! [`Portal::handle`] takes a request and a time and gives a response. There is no clock, no randomness and no
//! I/O: time is a [`Duration`] since an epoch that the caller chooses, and a portal is a plain value that can
//! be cloned, compared and hashed. A test sets up offers whose operations run in that virtual time, plays a
//! conversation, and then reads what was asked ([`Portal::calls`]) and what became of the operations
//! ([`Portal::truth`]).
//!
//! It is written from the contract alone and uses nothing of the client's parsing or URL code, so that a
//! mistake on one side cannot cancel out on the other. It refuses what the service refuses: a wrong method,
//! a missing length or version, a stale ETag, a body of another shape.
//!
//! ```
//! use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
//! use std::time::Duration;
//!
//! let mut portal = Portal::new();
//! portal.accept_token("secret", None);
//! portal.add_offer(
//!     Offer::new("contoso", "contoso-offer")
//!         .cancel(CancelBehavior::After(Duration::from_secs(90)))
//!         .operation(PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8")),
//! );
//!
//! let request = http::Request::post(
//!     "/api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31",
//! )
//! .header("authorization", "Bearer secret")
//! .header("content-length", "0")
//! .body("")
//! .unwrap();
//! assert_eq!(portal.handle(Duration::ZERO, request).status(), 202);
//!
//! let status = |seconds| portal.truth("contoso", "contoso-offer", Duration::from_secs(seconds));
//! assert_eq!(status(89), [("56615b67-2185-49fe-80d2-c4ddf77bb2e8".to_owned(), "running")]);
//! assert_eq!(status(90), [("56615b67-2185-49fe-80d2-c4ddf77bb2e8".to_owned(), "canceled")]);
//! ```

mod admission;
mod answer;
mod calendar;
mod cancel;
mod cancel_call;
mod fault;
mod generation;
mod handle;
mod notice;
mod offer;
mod operation;
mod record;
mod retry_after;
mod route;
mod steps;
mod token;
mod view;
mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use std::{error, fmt};

pub use answer::Answer;
pub use cancel::CancelBehavior;
pub use fault::{Call, Delivery, Fault};
pub use generation::{Generation, LocationNames};
pub use offer::Offer;
pub use operation::{End, PublishOperation};
pub use record::CallRecord;
pub use retry_after::RetryAfter;
pub use wording::Wording;

const OFFER_GUID: u32 = 0x0000_0ffe;

/// The simulated service. See the [module](self) for how it is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Portal {
    origin: String,
    tokens: token::Tokens,
    foreign_publishers: BTreeSet<String>,
    publishers: BTreeMap<String, BTreeMap<String, Offer>>,
    script: fault::Script,
    calls: Vec<CallRecord>,
    offers: u64,
    cancels: u64,
    requests: u64,
}

impl Default for Portal {
    fn default() -> Self {
        Self::new()
    }
}

impl Portal {
    /// A portal that accepts no token and knows no publisher.
    #[must_use]
    pub fn new() -> Self {
        Self {
            origin: "https://cloudpartner.azure.com".to_owned(),
            tokens: token::Tokens::default(),
            foreign_publishers: BTreeSet::new(),
            publishers: BTreeMap::new(),
            script: fault::Script::default(),
            calls: Vec::new(),
            offers: 0,
            cancels: 0,
            requests: 0,
        }
    }

    /// Scheme, host and port of absolute locations. A request that names another origin is refused with 421.
    pub fn origin(&mut self, origin: &str) -> &mut Self {
        origin.trim_end_matches('/').clone_into(&mut self.origin);
        self
    }

    /// Accepts a token from now on, for ever or until a time. Accepting it again changes the time.
    pub fn accept_token(&mut self, token: &str, until: Option<Duration>) -> &mut Self {
        self.tokens.accept(token, until);
        self
    }

    /// Stops accepting a token.
    pub fn revoke_token(&mut self, token: &str) -> &mut Self {
        self.tokens.revoke(token);
        self
    }

    /// Adds an offer, and its publisher; an offer of the same name is replaced.
    pub fn add_offer(&mut self, mut offer: Offer) -> &mut Self {
        self.offers += 1;
        offer.guid = answer::guid(OFFER_GUID, self.offers);
        self.publishers.entry(offer.publisher.clone()).or_default().insert(offer.name.clone(), offer);
        self
    }

    /// Adds a publisher that the client has no access to.
    pub fn add_foreign_publisher(&mut self, publisher: &str) -> &mut Self {
        self.foreign_publishers.insert(publisher.to_owned());
        self
    }

    /// Someone starts an operation now.
    ///
    /// # Errors
    ///
    /// There is no such offer.
    pub fn start_operation(
        &mut self,
        now: Duration,
        publisher: &str,
        offer: &str,
        operation: PublishOperation,
    ) -> Result<(), NoSuchThing> {
        self.offer_mut(publisher, offer)?.operations.push(operation.started_at(now));
        Ok(())
    }

    /// An operation ends now, unless it has ended before.
    ///
    /// # Errors
    ///
    /// There is no such offer, or it has no such operation.
    pub fn end_operation(
        &mut self,
        now: Duration,
        publisher: &str,
        offer: &str,
        id: &str,
        end: End,
    ) -> Result<(), NoSuchThing> {
        let operations = &mut self.offer_mut(publisher, offer)?.operations;
        let operation = operations.iter_mut().find(|operation| operation.id() == id);
        operation.ok_or(NoSuchThing("operation"))?.stop(now, end);
        Ok(())
    }

    /// What later cancels of an offer do. Earlier ones do not change.
    ///
    /// # Errors
    ///
    /// There is no such offer.
    pub fn set_cancel(&mut self, publisher: &str, offer: &str, behavior: CancelBehavior) -> Result<(), NoSuchThing> {
        self.offer_mut(publisher, offer)?.behavior = behavior;
        Ok(())
    }

    /// Something goes wrong with the next request of this kind for which nothing was scripted before.
    pub fn script(&mut self, call: Call, fault: impl Into<Fault>) -> &mut Self {
        self.script.push(call, fault.into());
        self
    }

    /// How many scripted faults have not happened yet.
    #[must_use]
    pub fn unplayed(&self) -> usize {
        self.script.len()
    }

    /// What the operations of an offer are doing: id and status, by the default words, in the order in which
    /// they were added. Cancel operations are not among them. Empty for an unknown offer.
    #[must_use]
    pub fn truth(&self, publisher: &str, offer: &str, now: Duration) -> Vec<(String, &'static str)> {
        let offer = self.publishers.get(publisher).and_then(|offers| offers.get(offer));
        let visible = offer.into_iter().flat_map(|offer| offer.visible(now));
        visible.map(|operation| (operation.id().to_owned(), operation.state(now).word())).collect()
    }

    /// Every request so far, including those that a script lost.
    #[must_use]
    pub fn calls(&self) -> &[CallRecord] {
        &self.calls
    }

    /// How many POSTs of a cancel were sent: lost, refused, or processed.
    #[must_use]
    pub fn posts(&self) -> usize {
        self.calls.iter().filter(|call| call.call == Some(Call::Cancel) && call.method == "POST").count()
    }

    /// Forgets the requests, and starts the request ids again: portals that behave in the same way from here on are
    /// equal.
    pub fn forget_calls(&mut self) -> &mut Self {
        self.calls.clear();
        self.requests = 0;
        self
    }

    fn offer_mut(&mut self, publisher: &str, offer: &str) -> Result<&mut Offer, NoSuchThing> {
        let offers = self.publishers.get_mut(publisher).ok_or(NoSuchThing("publisher"))?;
        offers.get_mut(offer).ok_or(NoSuchThing("offer"))
    }
}

/// A test names something that the portal does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoSuchThing(&'static str);

impl fmt::Display for NoSuchThing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the portal has no such {}", self.0)
    }
}

impl error::Error for NoSuchThing {}
