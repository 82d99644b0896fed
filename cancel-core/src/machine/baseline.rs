//! The baseline: the operations that are in progress before the POST. In `Until::Verified` they decide the outcome.

use serde::{Deserialize, Serialize};

use crate::codec::{Entry, Operation, State};
use crate::error::{Error, ErrorKind};
use crate::values::OperationId;

/// The most operations of a baseline, a bit each of a `u64`. An offer has two or three at a time.
const MAX: usize = 64;

/// An operation of the baseline: one that was in progress when the list was read, before the POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedOperation {
    id: OperationId,
    /// The list's word for it.
    listed: Box<str>,
    polled: Option<Operation>,
}

impl TrackedOperation {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &OperationId {
        &self.id
    }

    /// The service's last word for its status: from the last poll, or from the list before the first poll. After a
    /// [`resume`](crate::Cancellation::resume) it is `running` until the first poll.
    #[must_use]
    pub fn status(&self) -> &str {
        self.polled.as_ref().map_or(&self.listed, Operation::status)
    }

    /// What that word means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(self.status())
    }

    /// The operation as the last poll returned it. `None` before the first poll.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        self.polled.as_ref()
    }

    pub(super) fn unpolled(id: OperationId) -> Self {
        Self { id, listed: "running".into(), polled: None }
    }

    fn has_ended(&self) -> bool {
        self.state().is_end()
    }
}

/// What is in progress by a list. A cancel that is on the list is no publish, and is left out.
///
/// # Errors
///
/// When an operation has an id that cannot be polled (it could not be verified), or when there are more than 64.
pub(super) fn in_progress(list: &[Entry<'_>]) -> Result<Vec<TrackedOperation>, Error> {
    let mut running: Vec<TrackedOperation> = Vec::new();
    for entry in list.iter().filter(|entry| !entry.state().is_end() && !entry.is_cancel()) {
        let Ok(id) = OperationId::new(entry.id()) else {
            return Err(Error::new(
                ErrorKind::MalformedBody,
                "an operation in progress has an id that cannot be polled",
            ));
        };
        if running.iter().any(|known| known.id == id) {
            continue;
        }
        if running.len() == MAX {
            return Err(Error::new(ErrorKind::MalformedBody, format!("more than {MAX} operations are in progress")));
        }
        running.push(TrackedOperation { id, listed: (*entry.submission_state).into(), polled: None });
    }
    Ok(running)
}

/// The ids on a list, as hashes. A longer list is taken to hold every id.
#[derive(Debug, Clone)]
pub(super) struct KnownIds(Option<Box<[u64]>>);

impl KnownIds {
    const MAX: usize = 4096;

    pub(super) fn of(list: &[Entry<'_>]) -> Self {
        Self((list.len() <= Self::MAX).then(|| list.iter().map(|entry| hash(entry.id())).collect()))
    }

    pub(super) fn contains(&self, id: &OperationId) -> bool {
        self.0.as_ref().is_none_or(|known| known.contains(&hash(id.as_str())))
    }
}

/// FNV-1a, without regard to case.
fn hash(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    })
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

    /// Takes the states of a list. Returns whether the list knows this operation.
    pub(super) fn listed(&mut self, list: &[Entry<'_>], wanted: &OperationId) -> bool {
        let mut knows = false;
        for entry in list {
            let Some(tracked) = self.0.iter_mut().find(|tracked| tracked.id.as_str().eq_ignore_ascii_case(entry.id()))
            else {
                continue;
            };
            knows |= tracked.id == *wanted;
            tracked.polled = Some(Operation::with_status(&entry.submission_state));
        }
        knows
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

    pub(super) fn polled(&mut self, id: &OperationId, operation: Operation) {
        if let Some(tracked) = self.0.iter_mut().find(|tracked| tracked.id == *id) {
            tracked.polled = Some(operation);
        }
    }

    pub(super) fn have_all_ended(&self) -> bool {
        self.0.iter().all(TrackedOperation::has_ended)
    }

    /// The first that has ended in another way than `canceled`.
    pub(super) fn first_not_canceled(&self) -> Option<&Operation> {
        self.0.iter().filter_map(TrackedOperation::operation).find(|operation| operation.state() != State::Canceled)
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
