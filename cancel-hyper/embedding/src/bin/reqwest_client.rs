//! reqwest as the transport: the client that an application has already, with the settings that the protocol needs.
//!
//! `cargo run --bin reqwest_client`, in this folder

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use cancel_hyper::cancel_core::{BearerToken, Endpoint};
use cancel_hyper::portal::example;
use cancel_hyper::{BoxError, Driver, NotSent};
use http::{Request, Response};
use hyper_util::rt::TokioTimer;
use reqwest::redirect::Policy;
use reqwest::{Body, Client};
use tower_service::Service;

/// reqwest's client, with the types of the crate `http`.
#[derive(Clone)]
struct Reqwest(Client);

impl Reqwest {
    fn to(endpoint: &Endpoint) -> reqwest::Result<Self> {
        let client = Client::builder().redirect(Policy::none()).no_gzip().no_brotli().no_deflate().no_zstd();
        // Less than the 30 s of an exchange: a host that does not answer must fail as not sent, not as timed out.
        let client = client.connect_timeout(Duration::from_secs(20));
        // A proxy must not see the token of a service on this machine.
        let client = if endpoint.is_loopback() { client.no_proxy() } else { client };
        Ok(Self(client.build()?))
    }
}

impl Service<Request<Bytes>> for Reqwest {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let answer = reqwest::Request::try_from(request).map(|request| self.0.call(request));
        Box::pin(async {
            // A request that reqwest cannot convert is not sent.
            let answer = answer.map_err(NotSent::new)?.await.map_err(marked)?;
            Ok(answer.into())
        })
    }
}

/// A request without a connection was not sent. Every other failure counts as "maybe sent".
fn marked(error: reqwest::Error) -> BoxError {
    if error.is_connect() { NotSent::new(error).into() } else { error.into() }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let served = example::publish(1000)?;
    let mut cancellation = example::cancellation(&served)?;
    let client = Reqwest::to(cancellation.endpoint())?;
    let token = BearerToken::new(example::TOKEN)?;
    let outcome = Driver::new(client, TokioTimer::new(), token).drive(&mut cancellation).await?;
    example::verify(&outcome, &served, "reqwest")?;
    Ok(())
}
