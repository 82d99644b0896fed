//! Overwrites a token in what is made of an answer.
//!
//! A server that echoes the request, by mistake or on purpose, would otherwise put the token into error messages,
//! excerpts and logs. Nothing here asks whether a text is JSON: a token that is spelled with escapes is overwritten
//! where it stands, so that whoever reads the text next, however leniently, finds asterisks.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use memchr::memmem;

use crate::values::BearerToken;

/// How much of a token is looked for first. What begins alike is then compared as a whole.
const BEGINNING: usize = 8;
/// Where a text ends in the middle of a token, so much of it gives it away; or all of a shorter one.
const GIVEAWAY: usize = 32;

/// Looks for one token. It is made once per answer, for all of its headers and its body.
pub(super) struct Concealment<'a> {
    secret: &'a [u8],
    beginning: memmem::Finder<'a>,
}

impl<'a> Concealment<'a> {
    /// `None` for a token that is too short to be told from any word.
    pub(super) fn of(token: &'a BearerToken) -> Option<Self> {
        let secret = token.secret()?;
        let beginning = memmem::Finder::new(secret.get(..BEGINNING).unwrap_or(secret));
        Some(Self { secret, beginning })
    }

    /// Overwrites the token wherever a header holds it.
    pub(super) fn conceal_in_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            if let Some(concealed) = self.conceal(value.as_bytes()) {
                *value = HeaderValue::from_maybe_shared(concealed).unwrap_or(HeaderValue::from_static(""));
            }
        }
    }

    /// Overwrites the token wherever a body holds it, also where JSON spells it with escapes.
    pub(super) fn conceal_in_body(&self, body: Bytes) -> Bytes {
        let body = self.conceal(&body).unwrap_or(body);
        if may_hide_characters(&body) { self.conceal_escaped(&body).unwrap_or(body) } else { body }
    }

    /// The bytes with asterisks for a token that is spelled with JSON's escapes. `None` when it is not there.
    fn conceal_escaped(&self, bytes: &[u8]) -> Option<Bytes> {
        let plain: Vec<u8> = Characters(bytes).map(|(character, _)| character).collect();
        let concealed = self.conceal(&plain)?;
        let mut spelled = BytesMut::with_capacity(bytes.len());
        let mut rest = bytes;
        for ((character, length), concealed) in Characters(bytes).zip(concealed) {
            let (spelling, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            if character == concealed {
                spelled.extend_from_slice(spelling);
            } else {
                spelled.extend(spelling.iter().map(|_| b'*'));
            }
            rest = after;
        }
        Some(spelled.freeze())
    }

    /// The bytes with asterisks for the token, also where they end in the middle of it. `None` when it is not there.
    pub(super) fn conceal(&self, bytes: &[u8]) -> Option<Bytes> {
        let giveaway = self.secret.len().min(GIVEAWAY);
        let mut concealed: Option<BytesMut> = None;
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
            if let Some(place) = concealed.get_or_insert_with(|| BytesMut::from(bytes)).get_mut(start..from) {
                place.fill(b'*');
            }
        }
        concealed.map(BytesMut::freeze)
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

#[cfg(test)]
mod tests {
    use super::super::tokens::{MAX_EARLIER, Tokens};
    use super::*;

    const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyz-canary";

    fn secrets(tokens: &[&str]) -> Tokens {
        let mut secrets = Tokens::default();
        for token in tokens {
            secrets.add(BearerToken::new(token).unwrap());
        }
        secrets
    }

    fn in_body(secrets: &Tokens, body: &str) -> Bytes {
        let mut body = Bytes::from(body.to_owned());
        secrets.conceal_in_answer(&mut HeaderMap::new(), &mut body);
        body
    }

    fn concealed(text: &str) -> String {
        secrets(&[SECRET]).conceal_in_text(text).into()
    }

    #[test]
    fn a_token_is_overwritten_wherever_it_stands() {
        let stars = "*".repeat(SECRET.len());
        assert_eq!(concealed(&format!("a {SECRET} b {SECRET}")), format!("a {stars} b {stars}"));
        assert_eq!(concealed(&format!("{SECRET}{SECRET}")), format!("{stars}{stars}"));
        assert_eq!(concealed(SECRET.split_at(40).0), "*".repeat(40), "cut off in the middle of it");
        assert_eq!(secrets(&["canary-canary"]).conceal_in_text("a canary-canary"), format!("a {}", "*".repeat(13)));
    }

    #[test]
    fn another_text_stays_as_it_is() {
        let almost = SECRET.split_at(GIVEAWAY - 1).0;
        for text in ["", "0123", "0123456789abcdefghijklmnopqrstuvwxyz-other-and-more", almost] {
            assert_eq!(concealed(text), text);
        }
    }

    #[test]
    fn a_token_that_repeats_itself_is_found_all_the_same() {
        let token = format!("{}b", "a".repeat(40));
        let text = format!("{}b", "a".repeat(43));
        assert_eq!(secrets(&[&token]).conceal_in_text(&text), format!("aaa{}", "*".repeat(41)));
    }

    #[test]
    fn escapes_do_not_hide_it() {
        let secrets = secrets(&["canary+token/0123456789"]);
        for escaped in [
            r#"{"a":["canary\u002Btoken\/0123456789"]}"#,
            r#"{"error":{"message":"you sent \u0063anary+token/0123456789"}}"#,
            r#"{"canary+token\/0123456789":1}"#,
            r#"{"a":"\\\u0063anary+token/0123456789\""}"#,
            // Readers take these, and a tree does not.
            "\u{feff}[{\"status\":\"\\u0063anary+token/0123456789\"}]",
            r#"{"status":"canary\u002btoken/0123456789","a":1e999}"#,
            r#"{"status":"canary\u002btoken/0123456789","a":"\ud800"}"#,
        ] {
            let concealed = in_body(&secrets, escaped);
            let text = String::from_utf8(concealed.to_vec()).unwrap();
            assert!(text.contains("***") && !text.contains("anary"), "{text}");
            assert_eq!(text.len(), escaped.len(), "{text}");
        }
        for other in [r#"{"a":"\u0062 \/","b":1,"b":2}"#, r#""\\u0063anary+token/0123456789""#, r"\u\/\", r"\u00"] {
            assert_eq!(in_body(&secrets, other), other, "what does not hold it stays as it is");
        }
    }

    #[test]
    fn a_token_that_was_replaced_is_a_secret_still() {
        let mut secrets = secrets(&["first-token", "second-token"]);
        assert_eq!(secrets.conceal_in_text("first-token second-token"), "*********** ************");
        for number in 0..MAX_EARLIER {
            secrets.add(BearerToken::new(format!("another-token-{number}")).unwrap());
            secrets.add(BearerToken::new("another-token-0").unwrap());
        }
        secrets.add(BearerToken::new("the-last-token").unwrap());
        assert_eq!(secrets.conceal_in_text("first-token another-token-0"), "first-token ***************");
    }

    #[test]
    fn headers_and_bodies_too() {
        let secrets = secrets(&[SECRET]);
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", HeaderValue::from_static("Bearer 0123456789abcdefghijklmnopqrstuvwxyz-canary"));
        secrets.conceal_in_answer(&mut headers, &mut Bytes::new());
        assert_eq!(headers["x-echo"].as_bytes(), format!("Bearer {}", "*".repeat(SECRET.len())).as_bytes());
        assert!(!in_body(&secrets, SECRET).starts_with(b"0"));
    }
}
