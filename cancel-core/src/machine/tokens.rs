//! The tokens of a conversation: which one is used next, and which ones nobody may see.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;

use super::concealment::Concealment;
use crate::values::BearerToken;

/// How many tokens are remembered besides the last. One that was replaced is still known to whoever it was sent to.
pub(super) const MAX_EARLIER: usize = 7;

/// The tokens of one conversation: the one that is used, and those that it has replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    last: Option<BearerToken>,
    /// The last is not to be used again.
    rejected: bool,
    earlier: Vec<BearerToken>,
}

impl Tokens {
    /// Uses this one from now on, and remembers the one before; in a very long run, instead of the oldest.
    pub(super) fn add(&mut self, token: BearerToken) {
        self.rejected = false;
        let Some(before) = self.last.replace(token) else {
            return;
        };
        if self.all().all(|known| known.secret() != before.secret()) {
            if self.earlier.len() == MAX_EARLIER {
                self.earlier.remove(0);
            }
            self.earlier.push(before);
        }
    }

    /// The service does not take the last one.
    pub(super) fn reject(&mut self) {
        self.rejected = true;
    }

    /// The one to use, if there is one.
    pub(super) fn usable(&self) -> Option<&BearerToken> {
        self.last.as_ref().filter(|_| !self.rejected)
    }

    fn all(&self) -> impl Iterator<Item = &BearerToken> {
        self.last.iter().chain(&self.earlier)
    }

    /// Overwrites the tokens wherever an answer holds one.
    pub(super) fn conceal_in_answer(&self, headers: &mut HeaderMap, body: &mut Bytes) {
        for concealment in self.all().filter_map(Concealment::of) {
            concealment.conceal_in_headers(headers);
            *body = concealment.conceal_in_body(std::mem::take(body));
        }
    }

    /// Overwrites the tokens wherever a text holds one.
    pub(super) fn conceal_in_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut concealed = Cow::Borrowed(text);
        for concealment in self.all().filter_map(Concealment::of) {
            if let Some(bytes) = concealment.conceal(concealed.as_bytes()) {
                concealed = Cow::Owned(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        concealed
    }
}
