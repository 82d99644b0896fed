//! Reads the code and the message of an error body, in each shape that is documented or was seen.
//!
//! Nothing is made of the rest of a body: an attacker's megabyte costs no more than what is kept.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::without_bom;
use super::text::sanitize;
use super::words::is_word;

/// The longest code and message that are kept, in characters.
const MAX_CODE: usize = 128;
const MAX_MESSAGE: usize = 1024;
/// How many levels are read of errors, messages and arrays within each other: each takes stack.
const MAX_NESTED: usize = 4;
/// How many details are kept.
const MAX_DETAILS: usize = 8;
/// Where an error tells more. The first of these counts, and for the details the one with the lowest number: an error's own
/// go before those within another member.
const INNER: [(&str, usize); 5] = [("error", 2), ("odata.error", 3), ("innererror", 4), ("details", 0), ("errors", 1)];

/// An error body: what it says, and what it says in detail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) said: CodeAndMessage,
    pub(crate) details: Box<[CodeAndMessage]>,
}

/// The code and message of an error, sanitized. Each is absent when it is not found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CodeAndMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Box<str>>,
}

impl ErrorBody {
    /// Reads a whole body. It has the OData shape (`{"error":{"code","message","details","innererror"}}`), or is the
    /// inner object alone, or a text. A message can also be an object with a `value`.
    pub(crate) fn read(body: &[u8]) -> Self {
        let mut json = serde_json::Deserializer::from_slice(without_bom(body));
        let node = NodeAt { depth: MAX_NESTED, keeps_details: true }
            .deserialize(&mut json)
            .and_then(|node| json.end().map(|()| node));
        let mut node = node.unwrap_or_default();
        let (_, details) = std::mem::take(&mut node.details);
        let said = node.said();
        Self { details: details.into_iter().filter(|detail| *detail != said).collect(), said }
    }
}

/// What was read of one value.
#[derive(Default)]
struct Node {
    /// Of a value that is a text, or a number: its text, as a message.
    text: Option<Box<str>>,
    code: Option<Box<str>>,
    message: Option<Box<str>>,
    /// Of an object: what the first of [`INNER`] says, and its place there. Of an array: what the first element says.
    inner: Option<(usize, CodeAndMessage)>,
    /// Of an object: its details, or those of its error, and their number in [`INNER`]. Of an array: its elements.
    details: (usize, Vec<CodeAndMessage>),
}

impl Node {
    fn of(text: &str) -> Self {
        Self { text: (!text.trim().is_empty()).then(|| sanitize(text, MAX_MESSAGE)), ..Self::default() }
    }

    /// Of a number or a boolean. Nothing in its text needs to be left out.
    fn of_plain(text: String) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    fn said(self) -> CodeAndMessage {
        let inner = self.inner.map(|(_, said)| said).unwrap_or_default();
        CodeAndMessage { code: self.code.or(inner.code), message: self.text.or(self.message).or(inner.message) }
    }

    /// Of two members with the same name the last one counts.
    fn take(&mut self, place: usize, number: usize, mut inner: Self) {
        let (_, details) = std::mem::take(&mut inner.details);
        if !details.is_empty() && (self.details.1.is_empty() || number <= self.details.0) {
            self.details = (number, details);
        }
        let said = inner.said();
        let is_sooner = self.inner.as_ref().is_none_or(|(known, _)| place <= *known);
        if is_sooner && said != CodeAndMessage::default() {
            self.inner = Some((place, said));
        }
    }
}

/// Reads a value, and so many levels of errors in it.
#[derive(Clone, Copy)]
struct NodeAt {
    depth: usize,
    /// Whether what is within an array is kept. Where it is not, only the first element is read.
    keeps_details: bool,
}

impl<'de> DeserializeSeed<'de> for NodeAt {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeAt {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::of(text))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::of_plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::of_plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::of_plain(value.to_string()))
    }

    /// No service has one here. Its text is another one than that of the body, and can be a token's.
    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        if self.depth == 0 {
            return IgnoredAny.visit_seq(elements).map(|_| node);
        }
        let most = if self.keeps_details { MAX_DETAILS } else { 1 };
        for _ in 0..most {
            let Some(element) = elements.next_element_seed(self.inner_without_details())? else {
                return Ok(node);
            };
            let said = element.said();
            if said != CodeAndMessage::default() {
                node.inner.get_or_insert_with(|| (0, said.clone()));
                node.details.1.push(said);
            }
        }
        IgnoredAny.visit_seq(elements).map(|_| node)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            let is = |known: &str| is_word(&name, known);
            if self.depth == 0 {
                members.next_value::<IgnoredAny>()?;
            } else if is("code") {
                node.code =
                    members.next_value_seed(Self { depth: 0, ..self })?.text.map(|code| sanitize(&code, MAX_CODE));
            } else if is("message") || is("value") {
                let depth = self.inner().depth.min(1);
                let message = members.next_value_seed(Self { depth, keeps_details: false })?;
                node.message = message.text.or(message.message).or(node.message);
            } else if let Some((place, (_, number))) = INNER.iter().enumerate().find(|(_, (known, _))| is(known)) {
                let inner = members.next_value_seed(self.inner())?;
                node.take(place, *number, inner);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(node)
    }
}

impl NodeAt {
    fn inner(self) -> Self {
        Self { depth: self.depth.saturating_sub(1), ..self }
    }

    fn inner_without_details(self) -> Self {
        Self { keeps_details: false, ..self.inner() }
    }
}

impl fmt::Display for CodeAndMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => write!(f, "{code}: {message}"),
            (Some(text), None) | (None, Some(text)) => f.write_str(text),
            (None, None) => Ok(()),
        }
    }
}
