//! Reads the inputs of the targets as text, and refuses none.
//!
//! What cannot be read is left out or replaced, so that every mutation of a seed is an input too.

use cancel_core::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

/// A message as it is written down: a status, headers, an empty line, and a body.
pub(crate) fn response(data: &[u8]) -> Response<&[u8]> {
    let (status, rest) = line(data);
    let (headers, body) = headers(rest);
    let mut response = Response::new(body);
    *response.status_mut() = self::status(status);
    *response.headers_mut() = headers;
    response
}

/// Headers up to an empty line, and what follows it.
fn headers(mut data: &[u8]) -> (HeaderMap, &[u8]) {
    let mut headers = HeaderMap::new();
    while !data.is_empty() {
        let (header, rest) = line(data);
        data = rest;
        if header.is_empty() {
            break;
        }
        append(&mut headers, header);
    }
    (headers, data)
}

/// An answer on one line: `202 Location: /api/x | Retry-After: 5 || the body`.
pub(crate) fn answer(text: &str) -> Response<Body> {
    let (head, body) = text.split_once("||").unwrap_or((text, ""));
    let (status, headers) = head.split_once(' ').unwrap_or((head, ""));
    let mut response = Response::new(Body::from(body.trim().to_owned()));
    *response.status_mut() = self::status(status.as_bytes());
    for header in headers.split('|') {
        append(response.headers_mut(), header.trim().as_bytes());
    }
    response
}

/// A script. It cannot name the tokens that the referee hands in.
pub(crate) fn script(data: &[u8]) -> String {
    String::from_utf8_lossy(data).replace("canary", "*")
}

/// The first line, without its end, and the rest.
fn line(data: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// A number from a text, of which as many digits count as fit.
pub(crate) fn number(text: &str) -> u64 {
    let digits = text.bytes().take_while(u8::is_ascii_digit).take(15);
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

fn status(text: &[u8]) -> StatusCode {
    StatusCode::from_bytes(text.get(..3).unwrap_or_default()).unwrap_or_default()
}

fn append(headers: &mut HeaderMap, header: &[u8]) {
    let colon = header.iter().position(|byte| *byte == b':').unwrap_or(header.len());
    let (name, value) = header.split_at(colon);
    let value = value.strip_prefix(b":").unwrap_or(value);
    let value = value.strip_prefix(b" ").unwrap_or(value);
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
        headers.append(name, value);
    }
}
