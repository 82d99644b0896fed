//! Reads JSON that an attacker may have written.
//!
//! `serde_json` limits the depth to 128. It refuses half a surrogate pair, and a member of a struct that occurs
//! twice. The receiver of a body limits its length.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Reads a body as JSON. Some gateways of the service send a byte order mark first.
pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    serde_json::from_slice(without_bom(body))
}

/// A value that must be written as an object. A derived `Deserialize` would also accept an array of its members.
pub(crate) struct Object<T>(pub(crate) T);

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

/// In bytes. A longer body is neither an error message nor a location, and its tree would take many times its size.
const MAX_TREE: usize = 1024 * 1024;

/// Reads a body as a tree. `None` when it is not JSON, or too long.
pub(crate) fn tree(body: &[u8]) -> Option<Value> {
    if body.len() > MAX_TREE { None } else { parse(body).ok() }
}

/// The body without a byte order mark.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The member of an object with this name. Case, spaces, `-` and `_` do not matter.
pub(crate) fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let found = object.as_object()?.iter().find(|(key, _)| super::words::is_word(key, name));
    found.map(|(_, value)| value)
}

/// A value as text for a person, whatever its type.
pub(crate) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
    }
}

/// The members of an object. Their values are not read yet.
///
/// A member of another type than the caller wants counts as absent. Of two members with the same name the last one
/// counts.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Members<'a>(#[serde(borrow)] BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    /// `None` where the value is not an object.
    pub(crate) fn of(value: &'a RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    /// The value of a member as JSON text. `null` counts as absent.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied().filter(|value| value.get() != "null")
    }

    pub(crate) fn get<T: Deserialize<'a> + Default>(&self, name: &str) -> T {
        self.raw(name).and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
    }

    /// The elements of a member, in their order. Elements that cannot be read are left out.
    pub(crate) fn list<T>(&self, name: &str, read: impl Fn(&'a RawValue) -> Option<T>) -> Vec<T> {
        let elements: Vec<&'a RawValue> = self.get(name);
        elements.into_iter().filter_map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_an_error() {
        assert_eq!(parse::<u8>(b"\xef\xbb\xbf1").unwrap(), 1);
    }
}
