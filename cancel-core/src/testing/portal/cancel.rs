//! What a cancel does, and its own operation.
//!
//! A cancel that is answered with 202 becomes an operation with an id of its own. What it does to the operations in
//! progress is decided when it is posted. Its state is computed from the time, like theirs.

use std::time::Duration;

use super::operation::{End, PublishOperation, State};

/// What a cancel of an offer does.
///
/// Apart from [`AtOnce`](Self::AtOnce) each answers 202, and does so even if nothing is in progress: the
/// service answers 202 whether or not it cancels anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CancelBehavior {
    /// 200: everything in progress is canceled at once.
    #[default]
    AtOnce,
    /// What is in progress turns `canceled` after this long, unless it ends by itself before. The cancel
    /// operation completes then, whatever it was able to cancel.
    After(Duration),
    /// The publish is faster: it runs to its own end. The cancel operation ends as `completed` when the last operation
    /// that was in progress has ended.
    LosesRace,
    /// The publish runs on.
    DoesNothing {
        /// The cancel operation ends as `completed` nevertheless; `None`: it runs for ever.
        completes_after: Option<Duration>,
    },
    /// The publish runs on, and the cancel operation ends as `failed`, with an error.
    Fails {
        /// Until the cancel operation fails.
        after: Duration,
    },
}

/// The operation of a cancel that was answered with 202.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CancelOperation {
    pub(super) id: String,
    pub(super) asked_at: Duration,
    pub(super) behavior: CancelBehavior,
    /// The ids of what was in progress when it was posted.
    pub(super) targets: Vec<String>,
    /// Where the `$` form of the location points.
    pub(super) version: u32,
    pub(super) slot: String,
}

impl CancelOperation {
    /// Its end, as far as it is known yet.
    pub(super) fn end(&self, operations: &[PublishOperation]) -> Option<(Duration, End)> {
        let after = |after: Duration| self.asked_at.saturating_add(after);
        match self.behavior {
            CancelBehavior::AtOnce => Some((self.asked_at, End::Completed)),
            CancelBehavior::After(delay) => Some((after(delay), End::Completed)),
            CancelBehavior::LosesRace => self.targets_ended(operations).map(|at| (at, End::Completed)),
            CancelBehavior::DoesNothing { completes_after } => {
                completes_after.map(|delay| (after(delay), End::Completed))
            }
            CancelBehavior::Fails { after: delay } => Some((after(delay), End::Failed)),
        }
    }

    pub(super) fn state(&self, now: Duration, operations: &[PublishOperation]) -> State {
        match self.end(operations) {
            Some((at, end)) if at <= now => end.into(),
            _ => State::Running,
        }
    }

    /// When the last operation that was in progress ends. `None` if one of them has no end yet.
    fn targets_ended(&self, operations: &[PublishOperation]) -> Option<Duration> {
        operations
            .iter()
            .filter(|operation| self.targets.iter().any(|id| id == operation.id()))
            .try_fold(self.asked_at, |latest, operation| Some(latest.max(operation.end()?.0)))
    }
}
