//! The rule on a second POST. It stands here and nowhere else: a POST whose answer was lost, one that was refused for
//! its token or held back, one that waited too long, and one that a checkpoint found in flight all go through it.

use std::time::Duration;

use super::state::{Phase, Posting, Recheck, Rechecking, Sent, Stuck, Verifying};
use crate::machine::baseline::Baseline;
use crate::machine::policy::Policy;

/// What is known of the POSTs so far, when the last of them has led nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) enum Delivery {
    /// None of them has been processed.
    NotProcessed,
    /// The last one has not been processed, an earlier one may have been.
    NotProcessedThisTime,
    /// The last one, handed out at this time, may have been processed.
    InDoubt(Duration),
}

/// What follows a POST that has led nowhere.
///
/// With a baseline, another POST follows a recheck of the list. A POST in doubt may be taking effect, so the baseline
/// is polled first: a recheck too early tells nothing. Without a baseline, a POST in doubt is not sent again, unless
/// the policy asks for it: a second one would cancel what was started since.
pub(in crate::machine) fn after_post(policy: &Policy, baseline: Option<Baseline>, delivery: Delivery) -> Phase {
    match (baseline, delivery) {
        (Some(baseline), Delivery::NotProcessed) => Rechecking::new(baseline, Recheck::Unprocessed).into(),
        (Some(baseline), Delivery::NotProcessedThisTime) => Rechecking::new(baseline, Recheck::InDoubt).into(),
        (Some(baseline), Delivery::InDoubt(since)) => Verifying::new(baseline, Sent::InDoubt { since }).into(),
        (None, Delivery::NotProcessed) => Posting::blind(false).into(),
        (None, _) if policy.retry_ambiguous => Posting::blind(true).into(),
        (None, Delivery::NotProcessedThisTime | Delivery::InDoubt(_)) => Stuck::InDoubt.into(),
    }
}
