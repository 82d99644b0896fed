//! The words that the service uses for where an operation stands.

use std::borrow::Cow;

use crate::wire::words::is_word;

/// Where an operation stands, read from the service's word for it.
///
/// Words are compared without regard to case, spaces, `-` and `_`. A word that is not known is not an end.
///
/// ```
/// # use cancel_core::State;
/// assert_eq!(State::of_word("Cancelled"), State::Canceled);
/// assert_eq!(State::of_word("not started"), State::InProgress);
/// assert_eq!(State::of_word("waitingForPublisherReview"), State::InProgress);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Everything that is not an end: `not started`, `running`, `waitingForPublisherReview`, words nobody knows.
    InProgress,
    /// `completed`, `complete` or `succeeded`.
    Completed,
    /// `canceled` or `cancelled`.
    Canceled,
    /// `failed`.
    Failed,
}

impl State {
    /// Reads a word of the service (operations page, "status", and what was seen beside it).
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        if let Some((_, state)) = frequent(word) {
            state
        } else if is_word(word, "completed") || is_word(word, "complete") || is_word(word, "succeeded") {
            Self::Completed
        } else if is_word(word, "canceled") || is_word(word, "cancelled") {
            Self::Canceled
        } else if is_word(word, "failed") {
            Self::Failed
        } else {
            Self::InProgress
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_end(self) -> bool {
        self != Self::InProgress
    }
}

/// The words that nearly every look brings, as the service writes them.
const FREQUENT: [(&str, State); 5] = [
    ("running", State::InProgress),
    ("notStarted", State::InProgress),
    ("canceled", State::Canceled),
    ("completed", State::Completed),
    ("failed", State::Failed),
];

fn frequent(word: &str) -> Option<(&'static str, State)> {
    FREQUENT.into_iter().find(|(frequent, _)| *frequent == word)
}

/// A word to be kept: without an allocation when it is a frequent one.
pub(super) fn kept(word: Cow<'_, str>) -> Cow<'static, str> {
    match frequent(&word) {
        Some((frequent, _)) => Cow::Borrowed(frequent),
        None => Cow::Owned(word.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_was_seen() {
        for (word, state) in [
            ("completed", State::Completed),
            ("complete", State::Completed),
            ("succeeded", State::Completed),
            ("Succeeded", State::Completed),
            ("canceled", State::Canceled),
            ("cancelled", State::Canceled),
            ("CANCELED", State::Canceled),
            ("failed", State::Failed),
            ("not started", State::InProgress),
            ("notStarted", State::InProgress),
            ("running", State::InProgress),
            ("neverPublished", State::InProgress),
            ("waitingForPublisherReview", State::InProgress),
            ("canceling", State::InProgress),
            ("", State::InProgress),
            ("completed!", State::InProgress),
        ] {
            assert_eq!(State::of_word(word), state, "{word:?}");
        }
    }

    #[test]
    fn case_spaces_and_dashes_do_not_matter() {
        for word in ["Can_celed", "CANCEL-LED", " cancel led "] {
            assert_eq!(State::of_word(word), State::Canceled, "{word:?}");
        }
    }
}
