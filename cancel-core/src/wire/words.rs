//! How words of the service are compared: states, and names of members.

/// Whether a text is a known word, which is given in lower-case letters.
pub(crate) fn is_word(text: &str, known: &str) -> bool {
    let letters = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-' | b'_')).map(|byte| byte.to_ascii_lowercase());
    letters.eq(known.bytes())
}
