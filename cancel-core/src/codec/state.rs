//! The service's words for the status of an operation.

use std::borrow::Cow;

use crate::values::words;
use crate::wire::text::with_unseen_replaced;
use crate::wire::words::is_word;

/// What the status of an operation means.
///
/// Words are compared without regard to case, spaces, `-` and `_`. An unknown word counts as in progress.
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
    /// It has not ended: `not started`, `running`, `waitingForPublisherReview`, and unknown words.
    InProgress,
    /// `completed`, `complete` or `succeeded`.
    Completed,
    /// `canceled` or `cancelled`.
    Canceled,
    /// `failed`.
    Failed,
}

impl State {
    /// Reads a word of the service: those of the operations page ("status"), and others that were seen.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        if let Some((_, state)) = frequent(word) {
            state
        } else if word.len() > LONGEST {
            Self::InProgress
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

    /// One stable word for logs: `in_progress`, `completed`, `canceled` or `failed`. It is not the service's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }

    /// Whether the operation has ended: nothing more happens to it.
    #[must_use]
    pub fn is_end(self) -> bool {
        self != Self::InProgress
    }
}

words!(State, "state": InProgress, Completed, Canceled, Failed);

/// The longest word, in characters. A longer text is unknown, and only so much of it is kept.
const LONGEST: usize = 256;

/// The words that most polls return, in the service's spelling.
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

/// The word, to be stored: cut where it is too long for a word, and with U+FFFD for each character that no person sees.
/// A frequent word needs no allocation.
pub(crate) fn stored(word: &str) -> Cow<'static, str> {
    if let Some((frequent, _)) = frequent(word) {
        return Cow::Borrowed(frequent);
    }
    let end = word.char_indices().nth(LONGEST).map(|(end, _)| end);
    let beginning = end.and_then(|end| word.get(..end));
    let mut stored = with_unseen_replaced(beginning.unwrap_or(word));
    if beginning.is_some() {
        stored.push('…');
    }
    stored.shrink_to_fit();
    Cow::Owned(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_word_has_its_state() {
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
    fn a_text_that_is_too_long_for_a_word_is_unknown_and_cut() {
        for (padding, is_known) in [(LONGEST - 8, true), (LONGEST - 7, false), (1 << 20, false)] {
            let word = format!("Canceled{}", " ".repeat(padding));
            let kept = stored(&word);
            assert_eq!((State::of_word(&word), State::of_word(&kept)).0.is_end(), is_known, "{padding}");
            assert_eq!(State::of_word(&word), State::of_word(&kept), "{padding}");
            assert!(kept.chars().count() <= LONGEST + 1);
        }
        assert_eq!(stored(&"ü".repeat(300)), "ü".repeat(LONGEST) + "…");
    }

    #[test]
    fn what_no_person_sees_is_replaced_and_changes_no_meaning() {
        for (word, kept) in [
            ("Not started ", "Not started "),
            ("can\u{200b}celed", "can\u{fffd}celed"),
            ("\u{ad}failed", "\u{fffd}failed"),
            ("a\u{1b}[2J\u{202e}\tb", "a\u{fffd}[2J\u{fffd}\u{fffd}b"),
        ] {
            assert_eq!(stored(word), kept);
            assert_eq!(State::of_word(word), State::InProgress, "{word:?}");
            assert_eq!(State::of_word(kept), State::InProgress, "{word:?}");
        }
    }

    #[test]
    fn case_spaces_and_dashes_do_not_matter() {
        for word in ["Can_celed", "CANCEL-LED", " cancel led "] {
            assert_eq!(State::of_word(word), State::Canceled, "{word:?}");
        }
    }
}
