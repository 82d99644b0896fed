//! What one exploration is of: the mode, how the offer stands at first, and how often each thing may go wrong.

use std::time::Duration;

use super::mutant::Mutant;
use crate::codec::CancelRequest;
use crate::machine::{Cancellation, Policy, Until};
use crate::testing::ledger::Terms;
use crate::testing::portal::{Generation, Offer, Portal, PublishOperation};
use crate::values::{Endpoint, OfferId, OperationId, PublisherId};

pub(super) const PUBLISHER: &str = "contoso";
pub(super) const OFFER: &str = "contoso-offer";
/// All operations. In a set each is a bit. The last one is started by somebody else.
pub(super) const OPERATIONS: [&str; 3] = ["publish-a", "publish-b", "publish-x"];
pub(super) const SOMEONES: usize = 2;
/// How long a slow cancel takes: until the model lets the service go on.
pub(super) const A_WHILE: Duration = Duration::from_secs(1);

/// A set of [`OPERATIONS`].
pub(super) type Set = u8;

pub(super) fn one(index: usize) -> Set {
    1 << index
}

/// How often each fault may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    /// Of an exchange: lost, late, doubled, cut off, or answered by a gateway.
    pub(super) faults: u8,
    pub(super) crashes: u8,
    /// Someone else starts an operation.
    pub(super) starts: u8,
    /// The token expires.
    pub(super) expiries: u8,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) until: Until,
    pub(super) retry_ambiguous: bool,
    /// Whether the processes that resume have `retry_ambiguous` too.
    pub(super) resumes_alike: bool,
    pub(super) attempts: u8,
    pub(super) dry_run: bool,
    /// Which operation alone is to be canceled.
    pub(super) only: Option<usize>,
    /// And whether that may cancel others too.
    pub(super) even_with_others: bool,
    /// How many are in progress at first.
    pub(super) operations: usize,
    /// Whether a location has the `$` form, and names the publish instead of the cancel.
    pub(super) names_the_publish: bool,
    pub(super) budget: Budget,
    pub(super) mutant: Option<Mutant>,
}

impl Setting {
    /// The setting of the processes that resume.
    pub(super) fn resumed(&self) -> Self {
        Self { retry_ambiguous: self.retry_ambiguous && self.resumes_alike, ..*self }
    }

    pub(super) fn policy(&self) -> Policy {
        Policy::default()
            .until(self.until)
            .retry_ambiguous(self.retry_ambiguous)
            .attempts(self.attempts)
            .dry_run(self.dry_run)
            .poll_interval(Duration::ZERO)
            .max_poll_interval(Duration::ZERO)
            .jitter_percent(0)
            .attempt_timeout(Duration::from_secs(1))
            .deadline(Duration::from_secs(1_000_000))
    }

    /// The same, as the ledger is told.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            until: self.until,
            retry_ambiguous: self.retry_ambiguous,
            dry_run: self.dry_run,
            attempts: self.attempts,
            poll_interval: Duration::ZERO,
            only_if_running: self.only.map(|index| OPERATIONS[index].to_owned()),
            even_with_others: self.even_with_others,
            origin: "https://cloudpartner.azure.com".to_owned(),
            canary: "canary-token",
        }
    }

    pub(super) fn machine(&self) -> Cancellation {
        let request = CancelRequest::new(PublisherId::new(PUBLISHER).unwrap(), OfferId::new(OFFER).unwrap());
        let request = match self.only {
            Some(index) => request.only_if_running(OperationId::new(OPERATIONS[index]).unwrap()),
            None => request,
        };
        let request = if self.even_with_others { request.even_with_others() } else { request };
        Cancellation::new(Endpoint::default(), request, self.policy(), Duration::ZERO)
    }

    /// The list ignores every filter, and holds an operation that has ended.
    pub(super) fn portal(&self) -> Portal {
        let mut offer = Offer::new(PUBLISHER, OFFER)
            .ignore_filter()
            .operation(PublishOperation::new("publish-over").runs_for(Duration::ZERO));
        if self.names_the_publish {
            offer = offer.generation(Generation::NonMigrated2020);
        }
        for id in &OPERATIONS[..self.operations] {
            offer = offer.operation(PublishOperation::new(id));
        }
        let mut portal = Portal::new();
        portal.accept_token(&token(0), None).add_offer(offer);
        portal
    }
}

/// The tokens: each is accepted until it expires, and then the next one is.
pub(super) fn token(number: u8) -> String {
    format!("canary-token-{number}-0123456789-0123456789-0123456789")
}
