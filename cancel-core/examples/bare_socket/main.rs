//! The core alone, over a bare `TcpStream`. It needs a clock, a sleep, and one function that sends a request.
//!
//! There is no adapter and no HTTP library: `httparse` reads the head of an answer. For the real service, wrap the
//! socket in TLS. An answer without a `Content-Length` counts as cut off, because this example does not read chunks.
//!
//! `cargo run -p cancel-core --features testing --example bare_socket`

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the core has no clock and no socket: its caller provides them"
)]

mod portal;

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cancel_core::{
    BearerToken, Body, CancelRequest, Cancellation, Endpoint, Exchange, Failure, OfferId, Policy, Proof, PublisherId,
    Step,
};
use http::header::CONTENT_LENGTH;
use http::uri::{Authority, PathAndQuery};
use http::{Request, Response};

/// The longest head of an answer, in bytes.
const HEAD_LIMIT: usize = 64 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = Endpoint::new(portal::serve()?)?;
    let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
    let policy = Policy::default().poll_interval(Duration::from_millis(100));
    let mut cancellation = Cancellation::new(endpoint, request, policy, Duration::ZERO);
    let start = Instant::now();
    let outcome = loop {
        let now = start.elapsed();
        match cancellation.step(now) {
            Step::Authenticate(_why) => cancellation.provide_token(BearerToken::new(portal::TOKEN)?),
            Step::Send(exchange) => match send(&exchange) {
                Ok(response) => cancellation.handle_response(start.elapsed(), exchange.id, response)?,
                Err(failure) => cancellation.handle_failure(start.elapsed(), exchange.id, failure)?,
            },
            // Left in flight by an earlier driver. That cannot happen here, since `send` returns an answer or a
            // failure.
            Step::Await { id, .. } => cancellation.handle_failure(now, id, Failure::Dropped)?,
            Step::WaitUntil(when) => thread::sleep(when - now),
            Step::Done(result) => break result.clone()?,
        }
    };
    assert_eq!((outcome.as_str(), outcome.proof()), ("canceled", Some(Proof::Verified)));
    writeln!(io::stdout(), "contoso/contoso-offer over a bare socket: {}, verified", outcome.as_str())?;
    Ok(())
}

/// A failure before the first byte is certainly "not sent". A failure after it is "maybe sent".
fn send(exchange: &Exchange) -> Result<Response<Body>, Failure> {
    let until = Instant::now() + exchange.timeout;
    // Connecting gets less than the whole time: a host that does not answer must fail as not sent, not as timed out.
    let socket = connect(&exchange.request, exchange.timeout * 3 / 4).map_err(Failure::not_sent)?;
    ask(&socket, &exchange.request).map_err(Failure::maybe_sent)?;
    let mut bytes = Vec::new();
    let most = HEAD_LIMIT.saturating_add(exchange.body_limit);
    // An error cuts the answer off. What has arrived counts.
    let _ = Until { socket, until }.take(most as u64).read_to_end(&mut bytes);
    answer(bytes, exchange.body_limit).map_err(Failure::maybe_sent)
}

fn connect(request: &Request<Bytes>, timeout: Duration) -> io::Result<TcpStream> {
    let host = request.uri().authority().map_or("", Authority::as_str);
    let address = host.to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
    let socket = TcpStream::connect_timeout(&address, timeout)?;
    socket.set_write_timeout(Some(timeout))?;
    Ok(socket)
}

fn ask(mut socket: &TcpStream, request: &Request<Bytes>) -> io::Result<()> {
    let (method, uri) = (request.method(), request.uri());
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let host = uri.authority().map_or("", Authority::as_str);
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n").into_bytes();
    for (name, value) in request.headers() {
        text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    text.extend([b"\r\n", &**request.body()].concat());
    socket.write_all(&text)
}

/// A socket whose reads fail after `until`.
struct Until {
    socket: TcpStream,
    until: Instant,
}

impl Read for Until {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        self.socket.set_read_timeout(Some(left))?; // zero is an error
        self.socket.read(buffer)
    }
}

fn answer(mut bytes: Vec<u8>, limit: usize) -> Result<Response<Body>, Box<dyn Error>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(&bytes)? else {
        return Err("the head of the answer was cut off".into());
    };
    let mut response = Response::builder().status(head.code.unwrap_or_default());
    for header in head.headers {
        response = response.header(header.name, header.value);
    }
    let body = Bytes::from(bytes.split_off(length));
    let response = response.body(())?;
    let announced = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = if body.len() > limit {
        Body::TooLarge(body)
    } else if announced == Some(body.len()) {
        Body::Complete(body)
    } else {
        Body::CutOff(body)
    };
    Ok(response.map(|()| body))
}
