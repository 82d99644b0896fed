//! Makes text of the service or of a library safe to show to a person.

/// One line of at most `most` characters, and `…` when the text is longer. Control characters are left out, because a
/// terminal would act on them.
pub(crate) fn sanitize(text: &str, most: usize) -> Box<str> {
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

/// Characters that change the direction of a text. With them, a text can show another host than it names.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sanitized_text_is_one_bounded_line() {
        assert_eq!(&*sanitize("  a\r\n\tb\u{1b}[31m c\u{202e}d ", 100), "a b [31m c d");
        assert_eq!(&*sanitize("äöü", 2), "äö…");
        assert_eq!(&*sanitize("ab cd", 2), "ab …");
        assert_eq!(&*sanitize("", 2), "");
    }
}
