//! The tokens that a referee hands in, the spellings in which a service sends one back, and whether a text shows a part
//! of one.
//!
//! `$TOKEN` and `$OLD` in an answer stand for a token. Words after colons say how it is spelled, and which part of it
//! is meant: `$OLD:percent:20-90`.

use std::collections::HashSet;

use crate::input::number;

/// What every token holds, and nothing else does. It is so long that no text may show it.
pub(crate) const CANARY: &str = "canary-that-every-token-begins-with";
/// So many characters in a row of a token are shown nowhere.
const PART: usize = 32;
/// Each part has a whole block of this length, counted from the beginning of the text.
const BLOCK: usize = PART / 2;
/// Escapes within escapes: two in an answer, one of JSON or `Debug` around it, and room.
const LEVELS: usize = 5;
/// So many tokens are expanded in one text.
const MOST: usize = 64;

/// A token. It begins as an id may, and then it has characters that JSON and URLs spell in several ways.
pub(crate) fn token_of(number: u32) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state = u64::from(number);
    let mut letters = |count: usize| {
        let letter = |_| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            char::from(LETTERS[(state >> 58) as usize])
        };
        (0..count).map(letter).collect::<String>()
    };
    format!("{CANARY}.{number}.{}/{}+{}=", letters(64), letters(40), letters(25))
}

/// The text with the tokens in it. `None` when it asks for none.
pub(crate) fn expanded(text: &str, token: &str, old: &str) -> Option<String> {
    if !text.contains("$TOKEN") && !text.contains("$OLD") {
        return None;
    }
    let (mut expanded, mut rest) = (String::new(), text);
    for _ in 0..MOST {
        let Some((before, after)) = rest.split_once('$') else { break };
        expanded.push_str(before);
        if let Some(after) = after.strip_prefix("TOKEN") {
            rest = echo(&mut expanded, token, after);
        } else if let Some(after) = after.strip_prefix("OLD") {
            rest = echo(&mut expanded, old, after);
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    Some(expanded + rest)
}

/// Writes a token as the words after it ask for, and returns what follows them.
fn echo<'a>(text: &mut String, token: &str, mut rest: &'a str) -> &'a str {
    let (mut spelling, mut part) = ("", token);
    while let Some(after) = rest.strip_prefix(':') {
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(after.len());
        let (word, after) = after.split_at(end);
        match word.split_once('-') {
            Some((from, to)) => part = part_of(token, from, to),
            None => spelling = word,
        }
        rest = after;
    }
    text.extend(part.chars().enumerate().map(|(place, character)| spelled(character, spelling, place)));
    rest
}

fn part_of<'a>(token: &'a str, from: &str, to: &str) -> &'a str {
    let place = |text, most: usize| (number(text) as usize).min(most);
    let to = place(to, token.len());
    &token[place(from, to)..to]
}

/// A character in one of the spellings that a reader undoes: of JSON, of JSON in JSON, of a URL, of a URL in a URL, all
/// of these by turns, or as it is. A folded text is broken as that of a mail is.
fn spelled(character: char, spelling: &str, place: usize) -> String {
    let code = u32::from(character);
    match (spelling, place % 5) {
        ("json" | "mixed", _) if character == '/' => "\\/".to_owned(),
        ("json", _) | ("mixed", 0) => format!("\\u{code:04x}"),
        ("nested", _) | ("mixed", 1) => format!("\\\\u{code:04X}"),
        ("percent", _) | ("mixed", 2) => format!("%{code:02X}"),
        ("twice", _) | ("mixed", 3) => format!("%25{code:02x}"),
        ("folded", _) if place % 76 == 75 => format!("{character}\\n"),
        _ => character.to_string(),
    }
}

/// The pieces of tokens, to be looked for in texts.
#[derive(Default)]
pub(crate) struct Pieces {
    tokens: Vec<String>,
    blocks: HashSet<[u8; BLOCK]>,
}

impl Pieces {
    pub(crate) fn add(&mut self, token: String) {
        let blocks = token.as_bytes().windows(BLOCK);
        self.blocks.extend(blocks.filter_map(|block| <[u8; BLOCK]>::try_from(block).ok()));
        self.tokens.push(token);
    }

    /// What a text shows of a token, however it is spelled: 32 characters in a row, or more.
    pub(crate) fn shown_in(&self, text: &str) -> Option<String> {
        let mut reading = text.as_bytes().to_vec();
        for _ in 0..LEVELS {
            if let Some(part) = self.plain_in(&reading) {
                return Some(part);
            }
            let undone = undone(&reading);
            if undone.len() == reading.len() {
                break;
            }
            reading = undone;
        }
        None
    }

    fn plain_in(&self, text: &[u8]) -> Option<String> {
        let starts = (0..text.len().saturating_sub(BLOCK - 1)).step_by(BLOCK);
        let is_known = |start: &usize| self.blocks.contains(&text[*start..*start + BLOCK]);
        let around = |start: usize| &text[start.saturating_sub(PART)..text.len().min(start + BLOCK + PART)];
        let parts = starts.filter(is_known).flat_map(|start| around(start).windows(PART));
        let mut parts = parts.filter_map(|part| std::str::from_utf8(part).ok());
        parts.find(|part| self.tokens.iter().any(|token| token.contains(part))).map(str::to_owned)
    }
}

/// The text with each escape of an ASCII character undone once.
fn undone(mut text: &[u8]) -> Vec<u8> {
    let mut undone = Vec::with_capacity(text.len());
    while let Some(first) = text.first() {
        let (character, length) = match text {
            [b'\\', b'u', b'0', b'0', digits @ ..] => (ascii(digits), 6),
            [b'%', digits @ ..] => (ascii(digits), 3),
            [b'\\', character @ (b'/' | b'\\' | b'"'), ..] => (Some(*character), 2),
            _ => (None, 1),
        };
        undone.push(character.unwrap_or(*first));
        text = &text[if character.is_some() { length } else { 1 }..];
    }
    undone
}

/// The ASCII character that two digits stand for.
fn ascii(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..2)?).ok()?;
    u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)
}
