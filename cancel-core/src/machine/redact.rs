//! Redacts a token in everything that is made of an answer.
//!
//! A server that echoes the request, by mistake or on purpose, would otherwise put the token into error messages,
//! excerpts and logs. Nothing here asks whether a text is JSON: a token that is spelled with escapes is overwritten
//! where it stands, so that a later reader of the text finds asterisks, however lenient it is.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use memchr::memmem;

use crate::values::BearerToken;

/// How much of a token is searched for first. Where that is found, the whole token is compared.
const BEGINNING: usize = 8;
/// Where a text ends in the middle of a token, this much of it is redacted; or all of a shorter one.
const GIVEAWAY: usize = 32;

/// Searches for one token. It is made once per answer, for all of its headers and its body.
pub(super) struct Redactor<'a> {
    secret: &'a [u8],
    beginning: memmem::Finder<'a>,
}

impl<'a> Redactor<'a> {
    /// `None` for a token that is too short to be told from any word.
    pub(super) fn of(token: &'a BearerToken) -> Option<Self> {
        let secret = token.secret()?;
        let beginning = memmem::Finder::new(secret.get(..BEGINNING).unwrap_or(secret));
        Some(Self { secret, beginning })
    }

    /// Overwrites the token wherever a header holds it.
    pub(super) fn redact_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            if let Some(redacted) = self.redact(value.as_bytes()) {
                *value = HeaderValue::from_maybe_shared(redacted).unwrap_or(HeaderValue::from_static(""));
            }
        }
    }

    /// Overwrites the token wherever a body holds it, also where JSON spells it with escapes.
    pub(super) fn redact_body(&self, body: Bytes) -> Bytes {
        let body = self.redact(&body).unwrap_or(body);
        if may_hide_characters(&body) { self.redact_escaped(&body).unwrap_or(body) } else { body }
    }

    /// The bytes with asterisks for a token that is spelled with JSON's escapes. `None` when it is not there.
    fn redact_escaped(&self, bytes: &[u8]) -> Option<Bytes> {
        let plain: Vec<u8> = Characters(bytes).map(|(character, _)| character).collect();
        let redacted = self.redact(&plain)?;
        let mut spelled = BytesMut::with_capacity(bytes.len());
        let mut rest = bytes;
        for ((character, length), redacted) in Characters(bytes).zip(redacted) {
            let (spelling, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            if character == redacted {
                spelled.extend_from_slice(spelling);
            } else {
                spelled.extend(spelling.iter().map(|_| b'*'));
            }
            rest = after;
        }
        Some(spelled.freeze())
    }

    /// The bytes with asterisks for the token, also where they end in the middle of it. `None` when it is not there.
    pub(super) fn redact(&self, bytes: &[u8]) -> Option<Bytes> {
        let giveaway = self.secret.len().min(GIVEAWAY);
        let mut redacted: Option<BytesMut> = None;
        let mut from = 0;
        while let Some(rest) = bytes.get(from..).filter(|rest| rest.len() >= giveaway) {
            let Some(offset) = self.beginning.find(rest) else {
                break;
            };
            let start = from + offset;
            let rest = bytes.get(start..).unwrap_or_default();
            let held = rest.get(..self.secret.len()).unwrap_or(rest);
            if held.len() < giveaway || !self.secret.starts_with(held) {
                from = start + 1;
                continue;
            }
            from = start + held.len();
            if let Some(place) = redacted.get_or_insert_with(|| BytesMut::from(bytes)).get_mut(start..from) {
                place.fill(b'*');
            }
        }
        redacted.map(BytesMut::freeze)
    }
}

/// Whether a body has escapes that stand for characters of a token: `\/` and `\u002B`, unlike `\"` and `\n`.
fn may_hide_characters(body: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', body).any(|at| matches!(body.get(at + 1), Some(b'u' | b'/')))
}

/// The bytes of a text whose escapes for ASCII are undone, each with the length of its spelling.
struct Characters<'a>(&'a [u8]);

impl Iterator for Characters<'_> {
    type Item = (u8, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (character, length) = match self.0 {
            [] => return None,
            [b'\\', b'u', b'0', b'0', high, low, ..] => match (digit(*high), digit(*low)) {
                (Some(high @ 0..8), Some(low)) => (high << 4 | low, 6),
                _ => (b'\\', 1),
            },
            // An escaped backslash begins no escape.
            [b'\\', character @ (b'/' | b'\\'), ..] => (*character, 2),
            [character, ..] => (*character, 1),
        };
        self.0 = self.0.get(length..).unwrap_or_default();
        Some((character, length))
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
