//! The Azure SDK as the transport and as the source of tokens: an HTTP client of `azure_core`, a credential of `azure_identity`.
//!
//! The credential is the Azure CLI's; for this example its command is not run but answered, so that nobody need be logged
//! in. The SDK's client heeds the proxy of the environment: in here, keep it from this machine with `NO_PROXY=127.0.0.1`.
//!
//! `cargo run --bin azure_sdk`, in this folder

#[path = "../../../examples/one_offer/mod.rs"]
mod one_offer;

use std::error::Error;
use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::{ExitStatus, Output};
use std::sync::Arc;
use std::task::{Context, Poll};

use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{self as azure, HttpClient, HttpClientOptions, new_http_client};
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use bytes::Bytes;
use cancel_hyper::cancel_core::BearerToken;
use cancel_hyper::{BoxError, Driver, NotSent};
use futures_util::TryStreamExt;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper_util::rt::TokioTimer;
use tower_service::Service;

/// What a token must be for.
const SCOPE: &str = "https://cloudpartner.azure.com/.default";

type Body = UnsyncBoxBody<Bytes, azure_core::Error>;

/// A client of the SDK's, which takes and gives the types of the crate `http`.
#[derive(Clone)]
struct AzureClient(Arc<dyn HttpClient>);

impl Service<Request<Bytes>> for AzureClient {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let client = Arc::clone(&self.0);
        Box::pin(async move {
            let request = sdk_request(request).map_err(NotSent::new)?;
            let (status, headers, body) = client.execute_request(&request).await.map_err(told)?.deconstruct();
            let mut response = Response::builder().status(*status);
            for (name, value) in headers.iter() {
                response = response.header(name.as_str(), value.as_str());
            }
            // As a stream, so that the driver's limit holds.
            Ok(response.body(StreamBody::new(body.map_ok(Frame::data)).boxed_unsync())?)
        })
    }
}

fn sdk_request(request: Request<Bytes>) -> Result<azure::Request, BoxError> {
    let (head, body) = request.into_parts();
    let url = azure::Url::parse(&head.uri.to_string())?;
    let mut request = azure::Request::new(url, head.method.as_str().parse()?);
    for (name, value) in &head.headers {
        request.insert_header(name.as_str().to_owned(), value.to_str()?.to_owned());
    }
    request.set_body(body);
    Ok(request)
}

/// The SDK says of this kind of error, and of no other, that the request was never sent.
fn told(error: azure_core::Error) -> BoxError {
    if matches!(error.kind(), ErrorKind::Connection) { NotSent::new(error).into() } else { error.into() }
}

/// A token whenever the service wants one. This credential asks anew each time; one that caches may give a rejected token again.
async fn token_of(credential: Arc<dyn TokenCredential>) -> Result<BearerToken, BoxError> {
    let token = credential.get_token(&[SCOPE], None).await?;
    Ok(BearerToken::new(token.token.secret())?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = AzureCliCredentialOptions { executor: Some(Arc::new(LoggedIn)), ..Default::default() };
    let credential: Arc<dyn TokenCredential> = AzureCliCredential::new(Some(options))?;
    let client = AzureClient(new_http_client(Some(HttpClientOptions { automatic_decompression: false })));

    let served = one_offer::portal()?;
    let mut cancellation = one_offer::cancellation(&served)?;
    let mut driver = Driver::new(client, TokioTimer::new(), |_why| token_of(Arc::clone(&credential)));
    let outcome = driver.drive(&mut cancellation).await?;
    one_offer::verify(&outcome, &served, "azure_core and azure_identity")?;
    Ok(())
}

/// What `az account get-access-token` prints for somebody who is logged in.
#[derive(Debug)]
struct LoggedIn;

#[async_trait::async_trait]
impl Executor for LoggedIn {
    async fn run(&self, _shell: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let asked_for_it = arguments.iter().any(|argument| argument.to_string_lossy().ends_with(SCOPE));
        assert!(asked_for_it, "{arguments:?}");
        let token = one_offer::TOKEN;
        let printed = format!(r#"{{"accessToken":"{token}","expires_on":4102444800,"tokenType":"Bearer"}}"#);
        Ok(Output { status: ExitStatus::default(), stdout: printed.into_bytes(), stderr: Vec::new() })
    }
}
