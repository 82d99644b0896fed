//! Redacts a token in everything that is made of an answer.
//!
//! A server that echoes the request, by mistake or on purpose, would otherwise put the token into error messages,
//! excerpts, locations and logs. Nothing here asks whether a text is JSON or a URL: a token that is spelled with
//! escapes is overwritten where it stands, so that a later reader of the text finds asterisks, however lenient it is.

use std::mem;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use memchr::memmem;
use zeroize::Zeroizing;

use crate::values::{BearerToken, PART, Secret};

/// How often escapes within escapes are undone.
const LEVELS: usize = 3;
/// What an escape that a reader keeps can take of the characters after it, where it is undone: `u0041` of `\\u0041`.
const TAKEN: usize = 5;

/// Searches for tokens. One that is too short to be told from any word is not searched for.
pub(super) struct Redactor<T> {
    pub(super) tokens: T,
}

impl<'a, T: Iterator<Item = &'a BearerToken> + Clone> Redactor<T> {
    /// The tokens that a text of this length can hold, or a part of them.
    fn secrets_in(&self, length: usize) -> impl Iterator<Item = Secret<'a>> {
        let secrets = self.tokens.clone().filter_map(BearerToken::secret);
        secrets.filter(move |secret| secret.shortest() <= length)
    }

    /// Overwrites the token wherever a header holds it.
    pub(super) fn redact_headers(&self, headers: &mut HeaderMap) {
        // Most headers are shorter than a token.
        let shortest = self.secrets_in(usize::MAX).map(|secret| secret.shortest()).min().unwrap_or(usize::MAX);
        for value in headers.values_mut().filter(|value| value.len() >= shortest) {
            if let Some(redacted) = self.redacted(value.as_bytes()) {
                *value = HeaderValue::from_maybe_shared(redacted).unwrap_or(HeaderValue::from_static(""));
            }
        }
    }

    /// Overwrites the token wherever a body holds it. Where nobody shares its memory, the token is not left in it.
    pub(super) fn redact_body(&self, body: &mut Bytes) {
        let Some(redacted) = self.redacted(body) else { return };
        if let Ok(mut own) = mem::replace(body, redacted.clone()).try_into_mut() {
            own.copy_from_slice(&redacted);
        }
    }

    /// A text with asterisks where it holds the token, or 32 characters in a row of it: as it is, or spelled with escapes
    /// of JSON or of a URL. `None` when the token is not in it.
    pub(super) fn redacted(&self, text: &[u8]) -> Option<Bytes> {
        let mut redacted = None;
        let mut overwrite = |place: Range<usize>| {
            let text = redacted.get_or_insert_with(|| BytesMut::from(text));
            if let Some(place) = text.get_mut(place) {
                place.fill(b'*');
            }
        };
        let mut is_searched = false;
        for secret in self.secrets_in(text.len()) {
            secret.find(text, PART, &mut overwrite);
            is_searched = true;
        }
        if is_searched && may_hide_characters(text) {
            self.find_spelled(text, &mut overwrite);
            self.find_short_spelled(text, &mut overwrite);
        }
        redacted.map(BytesMut::freeze)
    }

    /// Finds parts of tokens that are spelled with escapes. Readers differ: one undoes only those of JSON, another those of a
    /// URL in it. Here all are undone at once. Where a reader keeps one, it takes some characters from the beginning of a
    /// part, at each level, since no token has `\\` or `%`. So shorter parts are looked for.
    fn find_spelled(&self, text: &[u8], found: &mut impl FnMut(Range<usize>)) {
        let mut spelled = Spelled::plain(text);
        for level in 1..=LEVELS {
            let Some(undone) = spelled.undone(escape) else { return };
            spelled = undone;
            for secret in self.secrets_in(spelled.characters.len()).filter(Secret::has_parts) {
                let mut place_in_text = spelled.places_in_text();
                secret.find(&spelled.characters, PART - level * TAKEN, |place| found(place_in_text(place)));
            }
        }
    }

    /// The same for tokens of which only the whole is looked for: in each order in which a reader can undo escapes.
    fn find_short_spelled(&self, text: &[u8], found: &mut impl FnMut(Range<usize>)) {
        if self.secrets_in(text.len()).all(|secret| secret.has_parts()) {
            return;
        }
        let orders = (1..=LEVELS).flat_map(|length| (0..1_u32 << length).map(move |order| (length, order)));
        for (length, order) in orders {
            let mut escapes =
                (0..length).map(|level| if order >> level & 1 == 0 { escape_of_json } else { escape_of_url });
            // Where one of them undoes nothing, a shorter order reads the same.
            let undone = escapes.try_fold(Spelled::plain(text), |spelled, escape| spelled.undone(escape));
            let Some(undone) = undone else { continue };
            for secret in self.secrets_in(undone.characters.len()).filter(|secret| !secret.has_parts()) {
                let mut place_in_text = undone.places_in_text();
                secret.find(&undone.characters, PART, |place| found(place_in_text(place)));
            }
        }
    }
}

/// Whether a text has escapes that stand for characters of a token: `\/`, `\u002B` and `%2B`, unlike `\"` and `%20`.
fn may_hide_characters(text: &[u8]) -> bool {
    let has = |escape: &[u8]| memmem::find(text, escape).is_some();
    let is_escape = |at| text.get(at..).and_then(escape).is_some();
    memchr::memchr2(b'\\', b'%', text).is_some()
        && (has(b"\\u00") || has(b"\\/") || memchr::memchr_iter(b'%', text).any(is_escape))
}

/// Where an escape may begin. Of many in a row, the next one is found without a search.
fn marks(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let next = |from: usize| match text.get(from..)? {
        [b'\\' | b'%', ..] => Some(from),
        rest => Some(from + memchr::memchr2(b'\\', b'%', rest)?),
    };
    std::iter::successors(next(0), move |at| next(at + 1))
}

/// The characters of a text, and how many bytes of it spell each. The characters are wiped: they may be a token.
struct Spelled {
    characters: Zeroizing<Vec<u8>>,
    lengths: Vec<u8>,
}

impl Spelled {
    fn with_capacity(capacity: usize) -> Self {
        Self { characters: Zeroizing::new(Vec::with_capacity(capacity)), lengths: Vec::with_capacity(capacity) }
    }

    fn plain(text: &[u8]) -> Self {
        let mut plain = Self::with_capacity(text.len());
        plain.characters.extend_from_slice(text);
        plain.lengths.resize(text.len(), 1);
        plain
    }

    /// Tells which bytes of the text spell some characters. It is asked for later and later ones.
    fn places_in_text(&self) -> impl FnMut(Range<usize>) -> Range<usize> + '_ {
        let mut lengths = self.lengths.iter().map(|length| usize::from(*length));
        let (mut character, mut byte) = (0, 0);
        let mut byte_of = move |place: usize| {
            byte += lengths.by_ref().take(place.saturating_sub(character)).sum::<usize>();
            character = character.max(place);
            byte
        };
        move |place| byte_of(place.start)..byte_of(place.end)
    }

    /// The same, with each escape undone once; `None` when there is none. One that stands for a character that no token has
    /// stays: where a reader keeps `%00`, the two digits can be the token's.
    fn undone(&self, escape: Escape) -> Option<Self> {
        let mut undone: Option<Self> = None;
        let mut from = 0;
        for at in marks(&self.characters) {
            let Some((character, length, count)) = self.escape(at, escape).filter(|_| at >= from) else { continue };
            let undone = undone.get_or_insert_with(|| Self::with_capacity(self.characters.len()));
            undone.extend(self, from..at);
            undone.characters.push(character);
            undone.lengths.push(length);
            from = at + count;
        }
        let mut undone = undone?;
        undone.extend(self, from..self.characters.len());
        Some(undone)
    }

    /// The character that an escape at this place stands for, how many bytes of the text spell it, and how many
    /// characters it has.
    fn escape(&self, at: usize, escape: Escape) -> Option<(u8, u8, usize)> {
        let (character, count) = escape(self.characters.get(at..)?)?;
        // A spelling that is longer than this is of nothing that a person or a parser would read.
        let mut lengths = self.lengths.get(at..at + count)?.iter();
        let length = lengths.try_fold(0, |sum: u8, length| sum.checked_add(*length))?;
        Some((character, length, count))
    }

    fn extend(&mut self, from: &Self, range: Range<usize>) {
        self.characters.extend_from_slice(from.characters.get(range.clone()).unwrap_or_default());
        self.lengths.extend_from_slice(from.lengths.get(range).unwrap_or_default());
    }
}

/// Reads an escape at the beginning: the visible ASCII character that it stands for, and how long it is.
type Escape = fn(&[u8]) -> Option<(u8, usize)>;

/// Of JSON or of a URL.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'u', b'0', b'0', high, low, ..] => Some((ascii(*high, *low)?, 6)),
        // An escaped backslash begins no escape at this level.
        [b'\\', character @ (b'/' | b'\\'), ..] => Some((*character, 2)),
        [b'%', high, low, ..] => Some((ascii(*high, *low)?, 3)),
        _ => None,
    }
}

fn escape_of_json(text: &[u8]) -> Option<(u8, usize)> {
    if text.first() == Some(&b'%') { None } else { escape(text) }
}

fn escape_of_url(text: &[u8]) -> Option<(u8, usize)> {
    if text.first() == Some(&b'\\') { None } else { escape(text) }
}

fn ascii(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = digit(high)? << 4 | digit(low)?;
    byte.is_ascii_graphic().then_some(byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One character in one of the spellings that a reader undoes.
    fn spelled(character: char, spelling: u8) -> String {
        let code = u32::from(character);
        match spelling {
            0 => format!("\\u{code:04x}"),
            1 => format!("%{code:02X}"),
            2 => format!("%25{code:02x}"),
            3 => format!("\\\\u{code:04X}"),
            4 => format!("\\u0025{code:02X}"),
            5 if character == '/' => "\\/".to_owned(),
            _ => character.to_string(),
        }
    }

    /// Undoes every escape there is, again and again: a reader that is more lenient than any.
    fn read(text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..8 {
            for code in 0x21_u8..0x7f {
                let character = char::from(code).to_string();
                for escape in
                    [format!("\\u{code:04x}"), format!("\\u{code:04X}"), format!("%{code:02x}"), format!("%{code:02X}")]
                {
                    text = text.replace(&escape, &character);
                }
            }
            text = text.replace("\\\\", "\\").replace("\\/", "/");
        }
        text
    }

    fn decode(text: &str) -> String {
        percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
    }

    /// As a reader of JSON does, also where the text around it is none.
    fn unescape(text: &str) -> String {
        let mut undone = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let code = rest.strip_prefix("\\u").and_then(|code| u32::from_str_radix(code.get(..4)?, 16).ok());
            let (undo, length) = match code.and_then(char::from_u32) {
                Some(c) => (c, 6),
                None if rest.starts_with("\\\\") => ('\\', 2),
                None if rest.starts_with("\\/") => ('/', 2),
                None => (c, c.len_utf8()),
            };
            undone.push(undo);
            rest = rest.get(length..).unwrap();
        }
        undone
    }

    /// As each reader has it who undoes escapes of JSON and of URLs, up to three times in any order.
    fn readings(text: &str) -> Vec<String> {
        let mut readings = vec![text.to_owned()];
        let mut from = 0;
        for _ in 0..LEVELS {
            let end = readings.len();
            let next: Vec<_> = readings[from..].iter().flat_map(|text| [unescape(text), decode(text)]).collect();
            readings.extend(next);
            from = end;
        }
        readings
    }

    #[test]
    fn what_a_reader_keeps_does_not_hide_it() {
        let token = BearerToken::new("2eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6").unwrap();
        let redactor = Redactor { tokens: std::iter::once(&token) };
        let digits: String = "XAiOiJKV1QiLCJhbGciOiJSUzI1NiI".bytes().map(|byte| format!(r"\u0025{byte:x}")).collect();
        for (text, expected) in [
            (r"%2eXAiOiJKV1QiLCJhbGciOiJSUzI1Ni\u0049!", format!("%2e{}!", "*".repeat(35))),
            (&*format!("%252e{digits}!"), format!("%252e{}!", "*".repeat(30 * 8))),
        ] {
            let redacted = redactor.redacted(text.as_bytes()).unwrap_or_default();
            assert_eq!(std::str::from_utf8(&redacted), Ok(&*expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_part_of_a_token_is_shown(
            token in prop_oneof![
                "[A-Za-z0-9._~+/=-]{32,300}",
                // Escapes take what it begins with.
                "(u00)?(25|5c|41|u005c){1,3}[A-Za-z0-9._~+/=-]{32,60}",
                "(u00)?(25|5c|41|u005c){0,2}[A-Za-z0-9._~+/=-]{8,16}",
                ("[A-Za-z]{0,40}", "[A-Za-z]{1,3}", 33_usize..99).prop_map(|(start, unit, n)| start + &unit.repeat(n) + "abc"),
            ],
            part in (any::<prop::sample::Index>(), 32_usize..300),
            spellings in prop::collection::vec(0_u8..12, 1..9),
            around in (
                prop_oneof!["[ a-z\"\\\\%u0-9]{0,40}", "(%25|\\\\u0025){0,3}"],
                "[ a-z\"\\\\%u0-9]{0,40}",
            ),
        ) {
            // Of a short token the whole is a secret.
            let shortest = token.len().min(PART);
            let start = part.0.index(token.len() - shortest + 1);
            let end = token.len().min(start + part.1);
            let characters = token.get(start..end).unwrap().chars().zip(spellings.iter().cycle());
            let echo: String = characters.map(|(character, way)| spelled(character, *way)).collect();
            let text = format!("{}{echo}{}", around.0, around.1);
            let token = BearerToken::new(&token).unwrap();
            let mut redacted = Bytes::from(text.clone());
            Redactor { tokens: std::iter::once(&token) }.redact_body(&mut redacted);
            let shown = std::str::from_utf8(&redacted).unwrap();
            let secret = token.header();
            // Of a short token only the orders count in which readers undo escapes.
            let lenient = (token.header().len() >= "Bearer ".len() + PART).then(|| read(shown));
            for read in readings(shown).into_iter().chain(lenient) {
                for part in secret.as_bytes().get(7..).unwrap().windows(shortest) {
                    let part = std::str::from_utf8(part).unwrap();
                    prop_assert!(!read.contains(part), "{text}\n{read}");
                }
            }
            prop_assert_eq!(redacted.len(), text.len());
        }
    }
}
