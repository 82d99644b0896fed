//! Any calls, in any order: the C interface says what the safe one says, a refusal changes nothing, and the token is in
//! no answer.
//!
//! An input has a line for each thing that is done to one of four sessions, whose number is the first byte: `1+` opens,
//! `1-` closes, `1?5` reads with the capacity of that byte, and anything else is a call, with its bytes behind a tab.
//! `\n` in the bytes is a line break, and `$TOKEN` the token.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "a panic is a finding")]

mod pair;

use crate::pair::Pair;

const TOKEN: &str = "eyJ0eXAi-canary-canary-canary-canary-canary";

/// The body of the target.
pub fn calls(data: &[u8]) {
    let mut pairs: [Pair; 4] = Default::default();
    for line in data.split(|&byte| byte == b'\n') {
        let Some((number, action)) = line.split_first() else { continue };
        let Some(pair) = pairs.get_mut(usize::from(number % 4)) else { continue };
        match action {
            [b'+', ..] => pair.open(),
            [b'-', ..] => pair.close(),
            [b'?', digit, ..] => pair.read(usize::from(*digit)),
            _ => {
                let mut parts = action.splitn(2, |&byte| byte == b'\t');
                let (json, bytes) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                let bytes = replaced(&replaced(bytes, b"\\n", b"\n"), b"$TOKEN", TOKEN.as_bytes());
                pair.call(json, &bytes);
            }
        }
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(from) {
            result.extend_from_slice(to);
            rest = behind;
        } else {
            result.push(first);
            rest = after;
        }
    }
    result
}
