//! smol instead of tokio: its sockets, its timer and its executor, without a pool.
//!
//! A driver needs a service and a timer, and no particular runtime. The service here is a single hyper connection. It
//! is opened in `poll_ready`: a failure there certainly comes before the request is sent.
//!
//! `cargo run -p cancel-hyper --example smol`

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use cancel_hyper::cancel_core::BearerToken;
use cancel_hyper::portal::example;
use cancel_hyper::{BoxError, Driver, NotSent};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use smol::net::TcpStream;
use smol_hyper::rt::{FuturesIo, SmolTimer};
use tower_service::Service;

type Sender = SendRequest<Full<Bytes>>;
type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// One connection to one host. It is opened again after it was closed.
struct Connection {
    authority: String,
    state: State,
}

enum State {
    Closed,
    Opening(Boxed<Sender>),
    Open(Sender),
}

impl Service<Request<Full<Bytes>>> for Connection {
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = Boxed<Response<Incoming>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        loop {
            self.state = match &mut self.state {
                State::Closed => State::Opening(Box::pin(open(self.authority.clone()))),
                State::Opening(opening) => match ready!(opening.as_mut().poll(context)) {
                    Ok(sender) => State::Open(sender),
                    Err(error) => {
                        self.state = State::Closed;
                        return Poll::Ready(Err(error));
                    }
                },
                State::Open(sender) => match ready!(sender.poll_ready(context)) {
                    Ok(()) => return Poll::Ready(Ok(())),
                    Err(_) => State::Closed,
                },
            };
        }
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let State::Open(sender) = &mut self.state else {
            return Box::pin(async { Err(NotSent::new("called before it was ready").into()) });
        };
        let answer = on_the_wire(request, &self.authority).map(|request| sender.try_send_request(request));
        Box::pin(async move {
            answer?.await.map_err(|mut error| match error.take_message() {
                // hyper returns the request when not a byte of it was written.
                Some(_) => NotSent::new(error.into_error()).into(),
                None => error.into_error().into(),
            })
        })
    }
}

/// For the real service, wrap the socket in TLS here.
async fn open(authority: String) -> Result<Sender, BoxError> {
    let socket = TcpStream::connect(authority).await?;
    let (sender, connection) = handshake(FuturesIo::new(socket)).await?;
    smol::spawn(connection).detach();
    Ok(sender)
}

/// A bare hyper connection needs what a client adds: a `Host` header, and only the path in the request line.
fn on_the_wire(mut request: Request<Full<Bytes>>, authority: &str) -> Result<Request<Full<Bytes>>, BoxError> {
    request.headers_mut().insert(HOST, HeaderValue::from_str(authority).map_err(NotSent::new)?);
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
    Ok(request)
}

fn main() -> Result<(), Box<dyn Error>> {
    let served = example::publish(1000)?;
    let mut cancellation = example::cancellation(&served)?;
    let connection = Connection { authority: served.addr().to_string(), state: State::Closed };
    let token = BearerToken::new(example::TOKEN)?;
    let mut driver = Driver::new(connection, SmolTimer::new(), token);
    let outcome = smol::block_on(driver.drive(&mut cancellation))?;
    example::verify(&outcome, &served, "smol")?;
    Ok(())
}
