//! What was in progress before the cancel: the operations that decide, in `Until::Verified`.

use crate::codec::{Operation, OperationList, State};
use crate::error::Error;
use crate::report::Problem;
use crate::values::OperationId;

/// An operation that was in progress when the list was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedOperation {
    id: OperationId,
    /// The list's word for it.
    listed: Box<str>,
    seen: Option<Operation>,
}

impl NotedOperation {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &OperationId {
        &self.id
    }

    /// The service's last word for where it stands: that of the last look at it, or else the list's. After a
    /// [`resume`](crate::Cancellation::resume) it is `running` until the first look.
    #[must_use]
    pub fn status(&self) -> &str {
        self.seen.as_ref().map_or(&self.listed, Operation::status)
    }

    /// What that word means.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_word(self.status())
    }

    /// The operation as it was last looked at, where it was.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        self.seen.as_ref()
    }

    fn has_ended(&self) -> bool {
        self.state().is_end()
    }
}

/// The operations that decide.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted(Vec<NotedOperation>);

impl Noted {
    /// What is in progress by a list. An operation whose id cannot be asked for could not be verified.
    pub(super) fn in_progress(list: &OperationList) -> Result<Self, Problem> {
        let mut noted = Self::default();
        for submission in list.in_progress() {
            let Some(id) = submission.operation() else {
                return Err(Problem::new(
                    Error::MalformedBody,
                    "an operation in progress has an id that cannot be asked for",
                ));
            };
            if !noted.holds(&id) {
                noted.0.push(NotedOperation { id, listed: submission.submission_state.as_str().into(), seen: None });
            }
        }
        Ok(noted)
    }

    /// Operations that were noted by an earlier process; how they stand is to be seen.
    pub(super) fn of_ids(ids: impl IntoIterator<Item = OperationId>) -> Self {
        Self(ids.into_iter().map(|id| NotedOperation { id, listed: "running".into(), seen: None }).collect())
    }

    pub(super) fn operations(&self) -> &[NotedOperation] {
        &self.0
    }

    pub(super) fn into_operations(self) -> Vec<NotedOperation> {
        self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn holds(&self, id: &OperationId) -> bool {
        self.0.iter().any(|noted| noted.id == *id)
    }

    /// The first of other operations that is not among these.
    pub(super) fn first_not_held(&self, others: &Self) -> Option<OperationId> {
        others.0.iter().map(|other| &other.id).find(|id| !self.holds(id)).cloned()
    }

    pub(super) fn get(&self, index: usize) -> Option<&NotedOperation> {
        self.0.get(index)
    }

    pub(super) fn saw(&mut self, index: usize, operation: Operation) {
        if let Some(noted) = self.0.get_mut(index) {
            noted.seen = Some(operation);
        }
    }

    /// The one to look at after this one: the next that has not ended, in turn.
    pub(super) fn next_after(&self, index: usize) -> Option<usize> {
        let count = self.0.len();
        let in_turn = (1..=count).map(|step| (index + step) % count);
        in_turn.into_iter().find(|&index| self.0.get(index).is_some_and(|noted| !noted.has_ended()))
    }

    pub(super) fn have_all_ended(&self) -> bool {
        self.0.iter().all(NotedOperation::has_ended)
    }

    /// The first that has ended in another way than `canceled`.
    pub(super) fn not_canceled(&self) -> Option<&Operation> {
        self.0.iter().filter_map(NotedOperation::operation).find(|operation| operation.state() != State::Canceled)
    }
}
