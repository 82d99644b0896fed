//! The head of an answer as bytes, as a server may have written them: lines of `Name: value`, and a blank line.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Why there are no headers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The caller has left the blank line out.
    NoEnd,
    /// The server has written something that no header can be.
    Unusable,
}

/// The headers, and what stands after the blank line.
pub(crate) fn split(mut bytes: &[u8]) -> Result<(HeaderMap, &[u8]), Problem> {
    let mut headers = HeaderMap::new();
    let mut is_usable = true;
    while let Some((line, rest)) = split_once(bytes, b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return if is_usable { Ok((headers, rest)) } else { Err(Problem::Unusable) };
        }
        is_usable = is_usable && add(&mut headers, line).is_some();
        bytes = rest;
    }
    Err(Problem::NoEnd)
}

fn add(headers: &mut HeaderMap, line: &[u8]) -> Option<()> {
    let (name, value) = split_once(line, b':')?;
    let name = HeaderName::from_bytes(name).ok()?;
    let value = HeaderValue::from_bytes(value.trim_ascii()).ok()?;
    // There are only so many places.
    headers.try_append(name, value).ok().map(|_| ())
}

fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|&byte| byte == separator)?;
    Some((bytes.get(..place)?, bytes.get(place + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_a_body() {
        let (headers, body) = split(b"Location: /a\r\nx:\xe9 \nlocation:/b\r\n\r\nbody\r\n").unwrap();
        assert_eq!(headers.get_all("location").iter().collect::<Vec<_>>(), ["/a", "/b"]);
        assert_eq!((headers["x"].as_bytes(), body), (&b"\xe9"[..], &b"body\r\n"[..]));
        assert_eq!(split(b"\r\n").unwrap(), (HeaderMap::new(), &b""[..]));
    }

    #[test]
    fn what_no_header_can_be() {
        for head in ["no colon\n\n", "a b: c\n\n", ": c\n\n", "a: b\n folded\n\n", "a: \0\n\n"] {
            assert_eq!(split(head.as_bytes()), Err(Problem::Unusable), "{head:?}");
        }
        let many: String = (0..40_000).map(|number| format!("x{number}:\n")).collect();
        assert_eq!(split(format!("{many}\n").as_bytes()), Err(Problem::Unusable));
    }

    #[test]
    fn a_head_without_an_end() {
        for head in ["", "a: b", "a: b\r\n", "[]"] {
            assert_eq!(split(head.as_bytes()), Err(Problem::NoEnd), "{head:?}");
        }
    }
}
