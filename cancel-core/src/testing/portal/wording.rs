//! The words that an offer's answers use for a status.
//!
//! The pages and the service do not agree on them, so a test picks its own. Nothing here decides what state
//! something is in.

use super::operation::State;

/// The words that an offer's answers use for a status.
///
/// The default is what working clients have observed: `notStarted`, `running`, `waitingForPublisherReview`,
/// `completed`, `canceled`, `failed`, and for steps `inProgress` and `complete`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wording {
    not_started: String,
    running: String,
    waiting: String,
    completed: String,
    canceled: String,
    failed: String,
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            not_started: State::NotStarted.word().to_owned(),
            running: State::Running.word().to_owned(),
            waiting: State::WaitingForPublisherReview.word().to_owned(),
            completed: State::Completed.word().to_owned(),
            canceled: State::Canceled.word().to_owned(),
            failed: State::Failed.word().to_owned(),
        }
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        impl Wording {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, word: &str) -> Self {
                    word.clone_into(&mut self.$name);
                    self
                }
            )*
        }
    };
}

words! {
    /// For an operation or a step that is waiting to begin.
    not_started,
    /// For an operation that runs.
    running,
    /// For an operation or a step that waits for the publisher's sign-off.
    waiting,
    /// For an operation that ended well.
    completed,
    /// For an operation that was canceled, and for the step that it was canceled in.
    canceled,
    /// For an operation that failed, and for the step that it failed in.
    failed,
}

impl Wording {
    pub(super) fn operation(&self, state: State) -> &str {
        match state {
            State::NotStarted => &self.not_started,
            State::Running => &self.running,
            State::WaitingForPublisherReview => &self.waiting,
            State::Completed => &self.completed,
            State::Canceled => &self.canceled,
            State::Failed => &self.failed,
        }
    }

    pub(super) fn step(&self, state: State) -> &str {
        match state {
            State::Running => "inProgress",
            State::Completed => "complete",
            other => self.operation(other),
        }
    }

    /// Whether a filter means this state, by the documented word or by the offer's own.
    pub(super) fn is_meant(&self, filter: &str, state: State) -> bool {
        let filter = folded(filter);
        filter == folded(state.word()) || filter == folded(self.operation(state))
    }
}

/// Words are compared without regard to case, spaces, `-` and `_`.
fn folded(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}
