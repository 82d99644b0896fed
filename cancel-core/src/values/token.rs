//! The credential.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use zeroize::Zeroizing;

use super::InvalidInput;
use super::secret::{Grams, Secret};

const WHAT: &str = "token";
const SCHEME: &str = "Bearer ";
/// Tokens of Microsoft Entra ID have a few kilobytes. Few servers accept a longer header than this. `Grams` counts places
/// in 16 bits.
const MAX_LENGTH: usize = 64 * 1024;
/// A shorter token is not redacted in what the service sends: it could be any word.
const SHORTEST_SECRET: usize = 8;

/// A bearer token of Microsoft Entra ID for the resource `https://cloudpartner.azure.com`
/// ([authentication page](crate::guide::wire#sources)). Such a token is valid for about an hour.
///
/// Its `Debug` shows nothing. Its clones share one piece of memory with the headers that are made of it. This memory
/// is overwritten when the last of them is dropped. What finds the token in an echo is shared too, and made once.
///
/// ```
/// # use cancel_core::BearerToken;
/// let token = BearerToken::new("eyJ0eXAi")?;
/// assert_eq!(format!("{token:?}"), "BearerToken(…)");
/// # Ok::<(), cancel_core::InvalidInput>(())
/// ```
#[derive(Clone)]
pub struct BearerToken(Arc<Inner>);

struct Inner {
    header: HeaderValue,
    grams: Grams,
}

impl BearerToken {
    /// Checks a token: 1 byte to 64 KiB of visible ASCII, without spaces, line breaks, quotes, backslashes and percent
    /// signs. (RFC 6750, section 2.1, allows fewer characters.) It is the token alone, without the word `Bearer`.
    ///
    /// The output of a command usually ends with a line break: [`trim`](str::trim) it. A token of fewer than eight
    /// bytes is not redacted in what the service sends back.
    ///
    /// ```
    /// # use cancel_core::BearerToken;
    /// let printed = "eyJ0eXAi\n";
    /// assert!(BearerToken::new(printed).is_err());
    /// assert!(BearerToken::new(printed.trim()).is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] when the text is not such a token. The error does not show the text.
    pub fn new(token: impl AsRef<str>) -> Result<Self, InvalidInput> {
        let token = token.as_ref();
        let problem = if token.is_empty() {
            "is empty"
        } else if !token.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'%')) {
            // An escape in it would be undone where an answer is searched for it.
            "holds a space, a line break, a quote or something else that no token has"
        } else if token.len() > MAX_LENGTH {
            "is longer than 64 KiB"
        } else {
            let header = Self::header_of(token);
            let header = header.ok_or_else(|| InvalidInput::hiding(WHAT, "cannot be a header's value"))?;
            return Ok(Self(Arc::new(Inner { header, grams: Grams::of(token.as_bytes()) })));
        };
        Err(InvalidInput::hiding(WHAT, problem))
    }

    fn header_of(token: &str) -> Option<HeaderValue> {
        let mut text = Zeroizing::new(Vec::with_capacity(SCHEME.len() + token.len()));
        text.extend_from_slice(SCHEME.as_bytes());
        text.extend_from_slice(token.as_bytes());
        let mut header = HeaderValue::from_maybe_shared(Bytes::from_owner(text)).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The value of the `Authorization` header, marked sensitive.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.header.clone()
    }

    /// What finds the token in a text. `None` when it is too short to be redacted.
    pub(crate) fn secret(&self) -> Option<Secret<'_>> {
        self.bytes().filter(|bytes| bytes.len() >= SHORTEST_SECRET).map(|bytes| Secret::new(bytes, &self.0.grams))
    }

    fn bytes(&self) -> Option<&[u8]> {
        self.0.header.as_bytes().get(SCHEME.len()..)
    }
}

impl PartialEq for BearerToken {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for BearerToken {}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_visible_word() {
        for bad in
            ["", " ", "a b", "a\n", "\ra", "Bearer a", "ä", "a\0", "a\"b", "a\\b", "a%b", &"a".repeat(64 * 1024 + 1)]
        {
            let error = BearerToken::new(bad).unwrap_err().to_string();
            assert!(error.starts_with("token "), "{error}");
            assert!(bad.trim().is_empty() || !error.contains(bad), "{error}");
        }
        assert!(BearerToken::new("a".repeat(64 * 1024)).is_ok());
    }

    #[test]
    fn its_header_is_sensitive_and_its_debug_is_silent() {
        let token = BearerToken::new("canary-canary").unwrap();
        assert_eq!(token.header().as_bytes(), b"Bearer canary-canary");
        assert!(token.header().is_sensitive());
        assert_eq!(format!("{token:?}"), "BearerToken(…)");
        assert!(!format!("{:?}", token.header()).contains("canary"));
    }

    #[test]
    fn clones_share_one_piece_of_memory() {
        let token = BearerToken::new("canary-canary").unwrap();
        assert_eq!(token.clone().header().as_bytes().as_ptr(), token.header().as_bytes().as_ptr());
    }
}
