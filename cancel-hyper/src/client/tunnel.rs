//! A tunnel through a proxy, by CONNECT.
//!
//! hyper-util has one too, but its error does not say what the proxy has answered: a person cannot tell a rule of the
//! proxy from a mistyped host.

use std::io;

use http::{HeaderValue, StatusCode, Uri};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::head::MOST_INFORMATIONAL;

/// The longest head of a proxy's answer, in bytes.
const LONGEST_HEAD: usize = 8 * 1024;
const DEFAULT_PORT: u16 = 443;

/// Asks the proxy at the other end of the stream for a tunnel to the target.
///
/// # Errors
///
/// The proxy refuses, and the error tells its answer; or it answers something else than HTTP; or the stream breaks.
pub(super) async fn open(mut stream: TcpStream, target: &Uri, auth: Option<&HeaderValue>) -> io::Result<TcpStream> {
    let host = target.host().unwrap_or_default();
    let at = format!("{host}:{}", target.port_u16().unwrap_or(DEFAULT_PORT));
    let mut request = format!("CONNECT {at} HTTP/1.1\r\nHost: {at}\r\n").into_bytes();
    if let Some(auth) = auth {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(auth.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    for _ in 0..=MOST_INFORMATIONAL {
        let head = head(&mut stream).await?;
        let line = head.lines().next().unwrap_or_default();
        let answer = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split_once(' ')).map(|(_, answer)| answer);
        let status = answer.and_then(|answer| answer.split(' ').next()?.parse::<StatusCode>().ok());
        match (status, answer) {
            (Some(status), _) if status.is_informational() => {}
            (Some(status), _) if status.is_success() => return Ok(stream),
            (Some(_), Some(answer)) => return Err(io::Error::other(format!("the proxy answered {answer}"))),
            _ => {
                let why = "the proxy answered something else than HTTP";
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the proxy sent too many informational answers"))
}

/// The answer up to its empty line, and nothing of what comes after it: that is of the target.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    // A line may also end with LF alone (RFC 9112 §2.2).
    while !head.ends_with(b"\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() == LONGEST_HEAD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the proxy's answer is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
