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
const BEGINNING: usize = 32;

/// Overwrites the token wherever a header holds it.
pub(super) fn conceal_in_headers(token: &BearerToken, headers: &mut HeaderMap) {
    for value in headers.values_mut() {
        if let Some(concealed) = conceal(token, value.as_bytes()) {
            *value = HeaderValue::from_maybe_shared(concealed).unwrap_or(HeaderValue::from_static(""));
        }
    }
}

/// Overwrites the token wherever a body holds it, also where JSON spells it with escapes.
pub(super) fn conceal_in_body(token: &BearerToken, body: Bytes) -> Bytes {
    let body = conceal(token, &body).unwrap_or(body);
    if may_hide_characters(&body) { conceal_in_json(token, body) } else { body }
}

/// Whether a body has escapes that stand for characters of a token: `\/` and `\u002B`, unlike `\"` and `\n`.
fn may_hide_characters(body: &[u8]) -> bool {
    memmem::find(body, br"\u").is_some() || memmem::find(body, br"\/").is_some()
}

/// Writes the JSON anew when a text in it holds the token. What is not JSON is read by nobody but people, for whom an
/// escaped token is none.
fn conceal_in_json(token: &BearerToken, body: Bytes) -> Bytes {
    let Ok(mut tree) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    if conceal_in_tree(token, &mut tree) { tree.to_string().into() } else { body }
}

/// Overwrites the token in every text and name of a tree; whether there was one.
fn conceal_in_tree(token: &BearerToken, tree: &mut Value) -> bool {
    match tree {
        Value::String(text) => match conceal_in_text(token, text) {
            Cow::Borrowed(_) => false,
            Cow::Owned(concealed) => {
                *text = concealed;
                true
            }
        },
        Value::Array(elements) => {
            elements.iter_mut().fold(false, |found, element| conceal_in_tree(token, element) | found)
        }
        Value::Object(members) => {
            let named = members.keys().any(|name| matches!(conceal_in_text(token, name), Cow::Owned(_)));
            if named {
                members.clear();
            }
            members.values_mut().fold(named, |found, member| conceal_in_tree(token, member) | found)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Overwrites the token wherever a text holds it.
pub(super) fn conceal_in_text<'a>(token: &BearerToken, text: &'a str) -> Cow<'a, str> {
    match conceal(token, text.as_bytes()) {
        Some(concealed) => Cow::Owned(String::from_utf8_lossy(&concealed).into_owned()),
        None => Cow::Borrowed(text),
    }
}

/// The bytes with asterisks for the token, also where they end in the middle of it. `None` when it is not there.
fn conceal(token: &BearerToken, bytes: &[u8]) -> Option<Bytes> {
    let secret = token.secret()?;
    let beginning = memmem::Finder::new(secret.get(..BEGINNING).unwrap_or(secret));
    let mut concealed: Option<BytesMut> = None;
    let mut from = 0;
    while let Some(offset) = bytes.get(from..).and_then(|rest| beginning.find(rest)) {
        let start = from + offset;
        let rest = bytes.get(start..).unwrap_or_default();
        let held = rest.get(..secret.len()).unwrap_or(rest);
        if !secret.starts_with(held) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyz-canary";

    fn concealed(text: &str) -> String {
        conceal_in_text(&BearerToken::new(SECRET).unwrap(), text).into()
    }

    #[test]
    fn a_token_is_overwritten_wherever_it_stands() {
        let stars = "*".repeat(SECRET.len());
        assert_eq!(concealed(&format!("a {SECRET} b {SECRET}")), format!("a {stars} b {stars}"));
        assert_eq!(concealed(&format!("{SECRET}{SECRET}")), format!("{stars}{stars}"));
        assert_eq!(concealed(SECRET.split_at(40).0), "*".repeat(40), "cut off in the middle of it");
    }

    #[test]
    fn another_text_stays_as_it_is() {
        for text in ["", "0123", "0123456789abcdefghijklmnopqrstuvwxyz-other-and-more"] {
            assert_eq!(concealed(text), text);
        }
    }

    #[test]
    fn a_token_that_repeats_itself_is_found_all_the_same() {
        let token = BearerToken::new(format!("{}b", "a".repeat(40))).unwrap();
        let text = format!("{}b", "a".repeat(43));
        assert_eq!(&*conceal_in_text(&token, &text), format!("aaa{}", "*".repeat(41)));
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
            let concealed = conceal_in_body(&token, Bytes::from(escaped));
            let tree: Value = serde_json::from_slice(&concealed).unwrap();
            assert!(!tree.to_string().contains("canary"), "{tree}");
        }
        let other = Bytes::from_static(br#"{"a":"\u0062 \/","b":1,"b":2}"#);
        assert_eq!(conceal_in_body(&token, other.clone()), other, "what does not hold it stays as it is");
    }

    #[test]
    fn headers_and_bodies_too() {
        let token = BearerToken::new(SECRET).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", HeaderValue::from_static("Bearer 0123456789abcdefghijklmnopqrstuvwxyz-canary"));
        conceal_in_headers(&token, &mut headers);
        assert_eq!(headers["x-echo"].as_bytes(), format!("Bearer {}", "*".repeat(SECRET.len())).as_bytes());
        assert!(!conceal_in_body(&token, Bytes::from(SECRET)).starts_with(b"0"));
    }
}
