//! Reads JSON that an attacker may have written.
//!
//! `serde_json` limits the depth to 128. It refuses half a surrogate pair, and a member of a struct that occurs
//! twice. The receiver of a body limits its length.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads a body as JSON. Some gateways of the service send a byte order mark first.
pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    serde_json::from_slice(without_bom(body))
}

/// In a `Visitor`: refuses a text, or a fraction, that stands in the place of something else. serde would repeat it in its
/// error: a text with escapes, which take six times its memory, and a number in another spelling, which can be a token's.
macro_rules! refuse_texts_and_fractions {
    () => {
        fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
            Err(E::invalid_type(serde::de::Unexpected::Other("string"), &self))
        }

        $crate::wire::json::refuse_fractions!();
    };
}

macro_rules! refuse_fractions {
    () => {
        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(E::invalid_type(serde::de::Unexpected::Other("number"), &self))
        }
    };
}

pub(crate) use {refuse_fractions, refuse_texts_and_fractions};

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

            refuse_texts_and_fractions!();

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }
        deserializer.deserialize_any(Members(PhantomData))
    }
}

/// The body without a byte order mark.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// A text, or nothing where the value is not a text.
#[derive(Default)]
pub(crate) struct Leniently<'a>(pub(crate) Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Leniently<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(elements).map(|_| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(members).map(|_| None)
    }
}

/// The members of an object. Their values are not read yet.
///
/// A member of another type than the caller wants counts as absent. Of two members with the same name the last one
/// counts. Of too many the first ones are kept.
#[derive(Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Kept;
        impl<'de> Visitor<'de> for Kept {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while let Some(name) = members.next_key::<Name<'de>>()? {
                    if kept.len() < MOST {
                        kept.push((name.0, members.next_value()?));
                    } else {
                        members.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Members(kept))
            }
        }
        deserializer.deserialize_map(Kept)
    }
}

/// A name, borrowed where it has no escape.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The most members of an object and elements of an array that are kept. Each of them can cost fifty times its text.
const MOST: usize = 256;

/// The elements of an array: of too many the first ones.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Kept;
        impl<'de> Visitor<'de> for Kept {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < MOST {
                    match elements.next_element()? {
                        Some(element) => kept.push(element),
                        None => return Ok(Elements(kept)),
                    }
                }
                IgnoredAny.visit_seq(elements).map(|_| Elements(kept))
            }
        }
        deserializer.deserialize_seq(Kept)
    }
}

impl<'a> Members<'a> {
    /// `None` where the value is not an object.
    pub(crate) fn of(value: &'a RawValue) -> Option<Self> {
        // To say what it is instead, serde_json would read the whole of another value.
        value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok()).flatten()
    }

    /// The value of a member as JSON text. `null` counts as absent.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.0.iter().rfind(|(member, _)| member == name)?;
        Some(*value).filter(|value| value.get() != "null")
    }

    pub(crate) fn get<T: Deserialize<'a> + Default>(&self, name: &str) -> T {
        self.raw(name).and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
    }

    /// The same of a number. A text is not read: see [`refuse_texts_and_fractions`].
    pub(crate) fn number<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        let value = self.raw(name)?.get();
        (!value.starts_with('"')).then(|| serde_json::from_str(value).ok()).flatten()
    }

    /// The elements of a member, in their order: at most 256. Elements that cannot be read are left out.
    pub(crate) fn list<T>(&self, name: &str, read: impl Fn(&'a RawValue) -> Option<T>) -> Vec<T> {
        let value = self.raw(name).filter(|value| value.get().starts_with('['));
        let elements = value.and_then(|value| serde_json::from_str(value.get()).ok());
        let Some(Elements(elements)) = elements else { return Vec::new() };
        let mut list = Vec::with_capacity(elements.len());
        list.extend(elements.into_iter().filter_map(read));
        list
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
