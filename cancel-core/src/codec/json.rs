//! Reading JSON that an attacker may have written.
//!
//! `serde_json` bounds the depth (128) and refuses lone surrogates and duplicate members of a struct; what is read here
//! is bounded in length by whoever received it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Reads a body as JSON. Some of the service's gateways send a byte order mark first.
pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    serde_json::from_slice(without_bom(body))
}

/// A value that was written as an object: a derived reader would also take an array of its members.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// A longer body is neither an error message nor a location, in bytes. (Its tree takes up to some 16 times its size.)
const MAX_TREE: usize = 1024 * 1024;

/// Reads a short body as a tree. `None` when it is not JSON, or longer.
pub(super) fn tree(body: &[u8]) -> Option<Value> {
    if body.len() > MAX_TREE { None } else { parse(body).ok() }
}

/// The body without a byte order mark.
pub(super) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The member of an object whose name is this one, without regard to case, `-` and `_`.
pub(super) fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let found = object.as_object()?.iter().find(|(key, _)| super::words::is_word(key, name));
    found.map(|(_, value)| value)
}

/// Text for a person: bounded, on one line, without control characters that a terminal would act on.
pub(crate) fn legible(text: &str, most: usize) -> Box<str> {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || is_bidi(c)).filter(|word| !word.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        let room = most.saturating_sub(line.chars().count());
        line.extend(word.chars().take(room));
        if word.chars().nth(room).is_some() {
            line.push('…');
            break;
        }
    }
    line.into_boxed_str()
}

/// Characters that turn the direction of a text, and so can show a host that it does not name.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A value as text for a person, whatever its type.
pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
    }
}

/// A value of the documented type, or the default.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Documented(T),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Documented(value) => value,
        Either::Other(_) => T::default(),
    })
}

/// The elements of the documented type, in their order.
pub(super) fn lenient_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let elements: Vec<Value> = lenient(deserializer)?;
    Ok(elements.into_iter().filter_map(|element| T::deserialize(element).ok()).collect())
}

/// A value as the JSON that it was, however large.
pub(super) fn unread<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<str>>, D::Error> {
    let raw: Box<RawValue> = Deserialize::deserialize(deserializer)?;
    Ok((raw.get() != "null").then(|| raw.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads_is_one_bounded_line() {
        assert_eq!(&*legible("  a\r\n\tb\u{1b}[31m c\u{202e}d ", 100), "a b [31m c d");
        assert_eq!(&*legible("äöü", 2), "äö…");
        assert_eq!(&*legible("ab cd", 2), "ab …");
        assert_eq!(&*legible("", 2), "");
    }

    #[test]
    fn a_byte_order_mark_is_not_an_error() {
        assert_eq!(parse::<u8>(b"\xef\xbb\xbf1").unwrap(), 1);
    }
}
