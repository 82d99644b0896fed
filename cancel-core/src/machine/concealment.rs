//! Keeps the token out of everything that is made of an answer.
//!
//! A server that echoes the request, by mistake or on purpose, would otherwise put the token into error messages,
//! excerpts and logs (rule 4).

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use memchr::memmem;
use serde_json::Value;

use crate::values::BearerToken;

/// How much of a token is looked for first. What begins alike is then compared as a whole.
const BEGINNING: usize = 8;
/// Where a text ends in the middle of a token, so much of it gives it away; or all of a shorter one.
const GIVEAWAY: usize = 32;

/// Looks for one token. It is made once an answer, for all of its headers and its body.
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
        if may_hide_characters(&body) { self.conceal_in_json(body) } else { body }
    }

    /// Writes the JSON anew when a text in it holds the token. What is not JSON is read by nobody but people, for whom an
    /// escaped token is none.
    fn conceal_in_json(&self, body: Bytes) -> Bytes {
        let Ok(mut tree) = serde_json::from_slice::<Value>(&body) else {
            return body;
        };
        if self.conceal_in_tree(&mut tree) { tree.to_string().into() } else { body }
    }

    /// Overwrites the token in every text and name of a tree; whether there was one.
    fn conceal_in_tree(&self, tree: &mut Value) -> bool {
        match tree {
            Value::String(text) => match self.conceal_in_text(text) {
                Cow::Borrowed(_) => false,
                Cow::Owned(concealed) => {
                    *text = concealed;
                    true
                }
            },
            Value::Array(elements) => {
                elements.iter_mut().fold(false, |found, element| self.conceal_in_tree(element) | found)
            }
            Value::Object(members) => {
                let named = members.keys().any(|name| matches!(self.conceal_in_text(name), Cow::Owned(_)));
                if named {
                    members.clear();
                }
                members.values_mut().fold(named, |found, member| self.conceal_in_tree(member) | found)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Overwrites the token wherever a text holds it.
    pub(super) fn conceal_in_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.conceal(text.as_bytes()) {
            Some(concealed) => Cow::Owned(String::from_utf8_lossy(&concealed).into_owned()),
            None => Cow::Borrowed(text),
        }
    }

    /// The bytes with asterisks for the token, also where they end in the middle of it. `None` when it is not there.
    fn conceal(&self, bytes: &[u8]) -> Option<Bytes> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyz-canary";

    fn concealed(text: &str) -> String {
        concealment(&BearerToken::new(SECRET).unwrap()).conceal_in_text(text).into()
    }

    fn concealment(token: &BearerToken) -> Concealment<'_> {
        Concealment::of(token).unwrap()
    }

    #[test]
    fn a_token_is_overwritten_wherever_it_stands() {
        let stars = "*".repeat(SECRET.len());
        assert_eq!(concealed(&format!("a {SECRET} b {SECRET}")), format!("a {stars} b {stars}"));
        assert_eq!(concealed(&format!("{SECRET}{SECRET}")), format!("{stars}{stars}"));
        assert_eq!(concealed(SECRET.split_at(40).0), "*".repeat(40), "cut off in the middle of it");
        let short = BearerToken::new("canary-canary").unwrap();
        assert_eq!(concealment(&short).conceal_in_text("a canary-canary"), format!("a {}", "*".repeat(13)));
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
        let token = BearerToken::new(format!("{}b", "a".repeat(40))).unwrap();
        let text = format!("{}b", "a".repeat(43));
        assert_eq!(&*concealment(&token).conceal_in_text(&text), format!("aaa{}", "*".repeat(41)));
    }

    #[test]
    fn escapes_do_not_hide_it() {
        let secret = "canary+token/0123456789";
        let token = BearerToken::new(secret).unwrap();
        for escaped in [
            r#"{"a":["canary\u002Btoken\/0123456789"]}"#,
            r#"{"error":{"message":"you sent \u0063anary+token/0123456789"}}"#,
            r#"{"canary+token\/0123456789":1}"#,
        ] {
            let concealed = concealment(&token).conceal_in_body(Bytes::from(escaped));
            let tree: Value = serde_json::from_slice(&concealed).unwrap();
            assert!(!tree.to_string().contains("canary"), "{tree}");
        }
        let other = Bytes::from_static(br#"{"a":"\u0062 \/","b":1,"b":2}"#);
        assert_eq!(concealment(&token).conceal_in_body(other.clone()), other, "what does not hold it stays as it is");
    }

    #[test]
    fn headers_and_bodies_too() {
        let token = BearerToken::new(SECRET).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", HeaderValue::from_static("Bearer 0123456789abcdefghijklmnopqrstuvwxyz-canary"));
        concealment(&token).conceal_in_headers(&mut headers);
        assert_eq!(headers["x-echo"].as_bytes(), format!("Bearer {}", "*".repeat(SECRET.len())).as_bytes());
        assert!(!concealment(&token).conceal_in_body(Bytes::from(SECRET)).starts_with(b"0"));
    }
}
