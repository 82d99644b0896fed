//! The tokens that a portal accepts, and until when.
//!
//! `Debug` shows how many there are and nothing of them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Tokens(BTreeMap<String, Option<Duration>>);

impl Tokens {
    pub(super) fn accept(&mut self, token: &str, until: Option<Duration>) {
        self.0.insert(token.to_owned(), until);
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.0.remove(token);
    }

    /// An expired token counts as an unknown one.
    pub(super) fn is_valid(&self, token: &str, now: Duration) -> bool {
        self.0.get(token).is_some_and(|until| until.is_none_or(|until| now < until))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.0.len())
    }
}
