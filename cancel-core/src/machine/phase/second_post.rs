//! The rule on a second POST. It stands here and nowhere else: a POST whose answer was lost, one that was refused for its token or held
//! back, one that waited too long, and one that a checkpoint found in flight all go through it.

use super::state::{Phase, Posting, Rechecking, Stuck};
use crate::machine::baseline::Baseline;
use crate::machine::policy::Policy;

/// What is known of a POST that has led nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) enum Delivery {
    /// It has certainly not been processed.
    NotProcessed,
    /// It may have been processed.
    InDoubt,
}

/// What follows a POST that has led nowhere.
///
/// With a baseline the list is read again first, whatever is known of the POST. Without one, a POST in doubt is not sent again, unless
/// the policy asks for it: a second one would cancel what was started since.
pub(in crate::machine) fn after_post(policy: &Policy, baseline: Option<Baseline>, delivery: Delivery) -> Phase {
    match (baseline, delivery) {
        (Some(baseline), _) => Rechecking::new(baseline).into(),
        (None, Delivery::InDoubt) if !policy.retry_ambiguous => Stuck::InDoubt.into(),
        (None, _) => Posting::new(None).into(),
    }
}
