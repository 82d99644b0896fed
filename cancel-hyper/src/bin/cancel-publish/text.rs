//! Makes text of the service safe for a terminal, in a sentence and in JSON.
//!
//! A character is replaced, never left out: what was redacted on both sides of it would be joined again.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Control characters of both sets and separators of lines, on which a terminal acts; and characters that no one sees
/// (`Default_Ignorable_Code_Point` of Unicode): some change the direction of a text, and a token with others between its
/// characters looks whole.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The text with a space for each harmful character.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect()
}

/// JSON on one line, with an escape for each harmful character.
pub(crate) fn json(value: &impl Serialize) -> io::Result<String> {
    let mut line = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut line, Escaping))?;
    String::from_utf8(line).map_err(io::Error::other)
}

/// serde_json escapes only the first 32 control characters.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for piece in fragment.split_inclusive(is_harmful) {
            match piece.chars().next_back().filter(|&c| is_harmful(c)) {
                Some(c) => {
                    writer.write_all(piece.strip_suffix(c).unwrap_or_default().as_bytes())?;
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
                None => writer.write_all(piece.as_bytes())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class, HirKind};

    use super::*;

    #[test]
    fn what_no_one_sees_is_what_unicode_says() {
        let harmful = regex_syntax::parse(r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Zl}\p{Zp}]").unwrap();
        let HirKind::Class(Class::Unicode(harmful)) = harmful.kind() else { panic!("{harmful:?}") };
        for c in '\0'..=char::MAX {
            let is_expected = harmful.iter().any(|range| (range.start()..=range.end()).contains(&c));
            assert_eq!(is_harmful(c), is_expected, "{c:?}");
        }
    }

    const HOSTILE: &str = "a\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\u{2066}\u{85}ä\n\"\u{200b}\u{e0041}";

    #[test]
    fn a_harmful_character_becomes_a_space() {
        assert_eq!(plain(HOSTILE), "a [2J 31m    ä \"  ");
        assert_eq!(plain("eyJ0\u{0}eXAi"), "eyJ0 eXAi", "a redacted text is not put together again");
    }

    #[test]
    fn a_harmful_character_is_escaped_in_json() {
        let line = json(&HOSTILE).unwrap();
        assert_eq!(line, r#""a\u001b[2J\u009b31m\u202e\u007f\u2066\u0085ä\n\"\u200b\udb40\udc41""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), HOSTILE);
    }
}
