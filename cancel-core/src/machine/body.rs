//! The body of an answer: how it arrived, and whether it is whole.

use std::mem;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{StatusCode, Version};

use crate::error::{Error, ErrorKind};

/// A body as it arrived. The head of an answer counts even when its body did not arrive whole: a 202 that names its
/// location in a header needs no body.
///
/// Bytes and texts become [`Complete`](Self::Complete) ones by `into()`:
///
/// ```
/// # use cancel_core::Body;
/// assert_eq!(Body::from("[]"), Body::Complete("[]".into()));
/// ```
///
/// Where the head says that the body has another transfer coding than `chunked`, no body is read: a client that does
/// not know the coding hands it in as it is, and such bytes can be JSON by chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// All of it. One that is longer than [`Exchange::body_limit`](crate::Exchange::body_limit) counts as
    /// [`TooLarge`](Self::TooLarge) all the same.
    Complete(Bytes),
    /// All that came over HTTP/1, from a client that takes a connection that breaks for the end of a body. The head
    /// says whether it is whole: its length is that of `Content-Length`, or it came in chunks. Without both, or where it
    /// was compressed, it is whole only if it cannot be the beginning of a longer one (RFC 9112 §6.3 and §8).
    Ended(Bytes),
    /// What came before the connection broke or the exchange timed out. May be empty.
    CutOff(Bytes),
    /// The beginning of one that is longer than [`Exchange::body_limit`](crate::Exchange::body_limit): as much of it as
    /// was read.
    TooLarge(Bytes),
}

impl Body {
    /// What arrived.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::Complete(bytes) | Self::Ended(bytes) | Self::CutOff(bytes) | Self::TooLarge(bytes) => bytes,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut Bytes {
        match self {
            Self::Complete(bytes) | Self::Ended(bytes) | Self::CutOff(bytes) | Self::TooLarge(bytes) => bytes,
        }
    }

    /// What the head and the limit say of it. It has not ended after that: it is complete or not.
    pub(super) fn judge(&mut self, head: &Parts, limit: usize) {
        if !is_decoded(head) {
            *self = Self::CutOff(Bytes::new());
        } else if self.bytes().len() > limit {
            *self = Self::TooLarge(mem::take(self.bytes_mut()));
        } else if let Self::Ended(bytes) = self {
            let bytes = mem::take(bytes);
            *self = if is_whole(head, &bytes) { Self::Complete(bytes) } else { Self::CutOff(bytes) };
        }
    }

    /// All of it, or why it cannot be read.
    pub(super) fn whole(&self) -> Result<&Bytes, Error> {
        match self {
            Self::Complete(bytes) => Ok(bytes),
            Self::Ended(_) | Self::CutOff(_) => Err(Error::new(ErrorKind::Transport, "the answer was cut off")),
            Self::TooLarge(_) => Err(Error::new(ErrorKind::BodyTooLarge, "the answer is longer than the limit")),
        }
    }
}

/// Whether the transfer coding is `chunked`, which every client decodes, or none. In HTTP/1.0 there is none: with one
/// the framing is faulty (RFC 9112 §6.1).
fn is_decoded(head: &Parts) -> bool {
    // An answer has few headers: a pass costs less than a look-up.
    let mut codings = head.headers.iter().filter(|(name, _)| **name == TRANSFER_ENCODING).map(|(_, coding)| coding);
    let Some(first) = codings.next() else { return true };
    first.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none() && head.version != Version::HTTP_10
}

/// Whether a body that seems to have ended is whole. A 204 has none.
fn is_whole(head: &Parts, bytes: &[u8]) -> bool {
    if head.status == StatusCode::NO_CONTENT || head.headers.contains_key(TRANSFER_ENCODING) {
        return true;
    }
    let length = head.headers.get(CONTENT_LENGTH);
    if length.is_some_and(|length| length.as_bytes() == bytes.len().to_string().as_bytes()) {
        return true;
    }
    // A client that decompresses can keep the head, which has the length of what came.
    let has_length = length.is_some() && !head.headers.contains_key(CONTENT_ENCODING);
    // Blank, a number or a word: what follows can make another JSON of it, or something else.
    !has_length && bytes.trim_ascii_end().last().is_some_and(|last| !last.is_ascii_alphanumeric())
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Complete(bytes)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Complete(bytes.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Complete(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::Complete(Bytes::from_static(text.as_bytes()))
    }
}
