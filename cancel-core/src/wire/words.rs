//! Compares words of the service: for the status of an operation, and for the names of members.

/// Whether a text is this word, without regard to case, spaces, `-` and `_`. `known` has lower-case letters only.
pub(crate) fn is_word(text: &str, known: &str) -> bool {
    let letters = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-' | b'_')).map(|byte| byte.to_ascii_lowercase());
    letters.eq(known.bytes())
}
