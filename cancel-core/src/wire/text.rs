//! Makes text of the service or of a library safe to show to a person.

/// One line of at most `most` characters, and `…` when the text is longer. Control characters are left out, because a
/// terminal would act on them.
pub(crate) fn sanitize(text: &str, most: usize) -> Box<str> {
    // Most texts are one short word, and fit.
    let (mut line, mut room) = (String::with_capacity(text.len().min(most)), most);
    for word in text.split(|c| !is_shown(c)).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
            room = room.saturating_sub(1);
        }
        let mut rest = word.chars();
        for c in rest.by_ref().take(room) {
            line.push(c);
            room -= 1;
        }
        if rest.next().is_some() {
            line.push('…');
            break;
        }
    }
    line.into_boxed_str()
}

/// The text with U+FFFD for each character but a space that no person sees. Nothing is left out, which would join what was
/// redacted.
pub(crate) fn with_unseen_replaced(text: &str) -> String {
    let seen = |c| if c == ' ' || is_shown(c) { c } else { char::REPLACEMENT_CHARACTER };
    text.chars().map(seen).collect()
}

/// Whether a person sees this character as one. A terminal acts on others, or shows a gap or nothing for them.
pub(crate) fn is_shown(c: char) -> bool {
    !(c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Characters that no one sees (`Default_Ignorable_Code_Point` of Unicode). Some change the direction of a
/// text, which can then show another host than it names. With others between its characters a token looks whole.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class, HirKind};

    use super::*;

    #[test]
    fn what_no_one_sees_is_what_unicode_says() {
        let unseen = regex_syntax::parse(r"[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Cc}]").unwrap();
        let HirKind::Class(Class::Unicode(unseen)) = unseen.kind() else { panic!("{unseen:?}") };
        for c in '\0'..=char::MAX {
            let is_unseen = unseen.iter().any(|range| (range.start()..=range.end()).contains(&c));
            assert_eq!(is_shown(c), !is_unseen, "{c:?}");
        }
    }

    #[test]
    fn a_sanitized_text_is_one_bounded_line() {
        assert_eq!(&*sanitize("  a\r\n\tb\u{1b}[31m c\u{202e}d ", 100), "a b [31m c d");
        assert_eq!(&*sanitize("äöü", 2), "äö…");
        assert_eq!(&*sanitize("ab cd", 2), "ab …");
        assert_eq!(&*sanitize("", 2), "");
        assert_eq!(&*sanitize("a\u{200b}b\u{ad}c\u{e0041}d", 100), "a b c d");
    }
}
