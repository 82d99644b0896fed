//! The baseline: the operations that are in progress before the POST. In `Until::Verified` they decide the outcome.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::codec::State;
use crate::values::OperationId;

/// The most operations of a baseline, a bit each of a `u64`. An offer has two or three at a time.
pub(super) const MAX: usize = 64;

/// An operation of the baseline: one that was in progress when the list was read, before the POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedOperation {
    id: OperationId,
    status: Cow<'static, str>,
}

impl TrackedOperation {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &OperationId {
        &self.id
    }

    /// The service's last word for its status: from the last poll, or from the list before the first poll. After a
    /// [`resume`](crate::Cancellation::resume) it is `running` until the first poll. A text of more than 256 characters
    /// is cut.
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }

    /// What that word means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(self.status())
    }

    pub(super) fn new(id: OperationId, status: Cow<'static, str>) -> Self {
        Self { id, status }
    }

    pub(super) fn unpolled(id: OperationId) -> Self {
        Self::new(id, Cow::Borrowed("running"))
    }

    fn has_ended(&self) -> bool {
        self.state().is_end()
    }
}

/// The operations that decide: one to 64, each with another id. In a checkpoint they are ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<OperationId>", into = "Vec<OperationId>")]
pub(super) struct Baseline(Vec<TrackedOperation>);

impl Baseline {
    /// `None` when nothing is in progress.
    pub(super) fn new(running: Vec<TrackedOperation>) -> Option<Self> {
        (!running.is_empty()).then_some(Self(running))
    }

    /// The same operations as a resumed run knows them: no status is taken from a checkpoint.
    pub(super) fn unpolled(&self) -> Self {
        Self(self.0.iter().map(|tracked| TrackedOperation::unpolled(tracked.id.clone())).collect())
    }

    pub(super) fn operations(&self) -> &[TrackedOperation] {
        &self.0
    }

    #[expect(clippy::expect_used, reason = "both constructors refuse an empty one")]
    pub(super) fn first(&self) -> &OperationId {
        &self.0.first().expect("a baseline is never empty").id
    }

    pub(super) fn contains(&self, id: &OperationId) -> bool {
        self.0.iter().any(|tracked| tracked.id == *id)
    }

    /// Takes the words of a list, with the places of the operations, for those that have not ended.
    pub(super) fn listed(&mut self, words: Vec<(usize, Cow<'static, str>)>) {
        for (place, word) in words {
            if let Some(tracked) = self.0.get_mut(place).filter(|tracked| !tracked.has_ended()) {
                tracked.status = word;
            }
        }
    }

    /// Whether it is this operation that has this place.
    pub(super) fn is_at(&self, place: usize, id: &OperationId) -> bool {
        self.0.get(place).is_some_and(|tracked| tracked.id == *id)
    }

    /// The next after this one that has not ended, in turn; it may be this one.
    pub(super) fn next_running(&self, after: &OperationId) -> Option<OperationId> {
        let position = self.0.iter().position(|tracked| tracked.id == *after).map_or(0, |position| position + 1);
        let (before, rest) = self.0.split_at_checked(position).unwrap_or((&self.0, &[]));
        rest.iter().chain(before).find(|tracked| !tracked.has_ended()).map(|tracked| tracked.id.clone())
    }

    /// The bit of this operation, in a set of operations of the baseline.
    pub(super) fn bit(&self, id: &OperationId) -> u64 {
        self.bits(|tracked| tracked.id == *id)
    }

    /// The set of those that have not ended.
    pub(super) fn running_bits(&self) -> u64 {
        self.bits(|tracked| !tracked.has_ended())
    }

    fn bits(&self, is_in: impl Fn(&TrackedOperation) -> bool) -> u64 {
        self.0.iter().enumerate().filter(|(_, tracked)| is_in(tracked)).fold(0, |bits, (n, _)| bits | 1 << n)
    }

    pub(super) fn count_running(&self) -> usize {
        self.0.iter().filter(|tracked| !tracked.has_ended()).count()
    }

    /// What has not ended, in words for a person.
    pub(super) fn still_running(&self) -> String {
        let running = self.0.iter().filter(|tracked| !tracked.has_ended());
        running.map(|tracked| format!("{} ({})", tracked.id, tracked.status())).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn polled(&mut self, id: &OperationId, status: Cow<'static, str>) {
        if let Some(tracked) = self.0.iter_mut().find(|tracked| tracked.id == *id) {
            tracked.status = status;
        }
    }

    pub(super) fn have_all_ended(&self) -> bool {
        self.0.iter().all(TrackedOperation::has_ended)
    }

    /// The word for the first that has ended in another way than `canceled`.
    pub(super) fn first_not_canceled(&self) -> Option<&Cow<'static, str>> {
        let mut ended = self.0.iter().filter(|tracked| tracked.has_ended());
        ended.find(|tracked| tracked.state() != State::Canceled).map(|tracked| &tracked.status)
    }
}

#[cfg(test)]
impl std::hash::Hash for Baseline {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|tracked| (&tracked.id, tracked.status()).hash(state));
    }
}

impl TryFrom<Vec<OperationId>> for Baseline {
    type Error = &'static str;

    fn try_from(ids: Vec<OperationId>) -> Result<Self, Self::Error> {
        if ids.is_empty() || ids.len() > MAX {
            return Err("a baseline has 1 to 64 operations");
        }
        let mut baseline = Self(Vec::new());
        for id in ids {
            if baseline.contains(&id) {
                return Err("a baseline has no operation twice");
            }
            baseline.0.push(TrackedOperation::unpolled(id));
        }
        Ok(baseline)
    }
}

impl From<Baseline> for Vec<OperationId> {
    fn from(baseline: Baseline) -> Self {
        baseline.0.into_iter().map(|tracked| tracked.id).collect()
    }
}
