//! A stack of tower layers around the client: a trace of every exchange, a concurrency limit, a timeout.
//!
//! A driver takes any service of HTTP requests, so a stack of layers too. It waits until the service is ready *before*
//! the request counts as sent. A failure in a layer after that counts as "maybe sent".
//!
//! `cargo run -p cancel-hyper --example tower_stack`

use std::convert::Infallible;
use std::error::Error;
use std::future::pending;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use cancel_hyper::cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, ErrorKind, Policy, Posted, Until};
use cancel_hyper::portal::example;
use cancel_hyper::{Client, Driver};
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::TokioTimer;
use tower::{ServiceBuilder, service_fn};
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .with_target(false)
        .without_time()
        .with_writer(io::stderr)
        .init();
    let served = example::publish(1000)?;
    let mut cancellation = example::cancellation(&served)?;
    let token = BearerToken::new(example::TOKEN)?;

    let trace = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO)) // of method and URL, without headers
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    let stack = ServiceBuilder::new()
        .layer(trace)
        .concurrency_limit(20) // clones share the limit, so it holds for a fleet too
        // Below the 30 s of the policy, or it would never elapse. Above three quarters of them: until then the client
        // may still report a missing connection, which is certainly not sent.
        .timeout(Duration::from_secs(25))
        .service(Client::new()?);
    let outcome = Driver::new(stack, TokioTimer::new(), token.clone()).drive(&mut cancellation).await?;
    example::verify(&outcome, &served, "a tower stack")?;

    time_out_on_a_post(cancellation.request().clone(), token).await
}

/// When tower's timeout elapses, the POST has left, and it is unknown whether it was processed: the error is
/// `Ambiguous`.
async fn time_out_on_a_post(request: CancelRequest, token: BearerToken) -> Result<(), Box<dyn Error>> {
    let silent = service_fn(|_: Request<Full<Bytes>>| pending::<Result<Response<Full<Bytes>>, Infallible>>());
    let stack = ServiceBuilder::new().timeout(Duration::from_millis(10)).service(silent);
    let policy = Policy::default().until(Until::Accepted); // `Verified` would poll instead
    let mut cancellation = Cancellation::new(Endpoint::default(), request, policy, Duration::ZERO);
    let result = Driver::new(stack, TokioTimer::new(), token).drive(&mut cancellation).await;
    assert_eq!(result.err().map(|error| error.kind()), Some(ErrorKind::Ambiguous));
    assert_eq!(cancellation.posted(), Posted::Maybe);
    Ok(())
}
