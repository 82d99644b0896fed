//! The Azure SDK as the transport and as the source of tokens: an HTTP client of `azure_core`, a credential of
//! `azure_identity`.
//!
//! The credential is that of the Azure CLI. This example answers its command instead of running it, so that it needs no
//! login. The SDK's client uses the proxy of the environment: set `NO_PROXY=127.0.0.1` for the simulated portal.
//!
//! `cargo run --bin azure_sdk`, in this folder

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
use cancel_hyper::portal::example;
use cancel_hyper::{BoxError, Driver, NotSent};
use futures_util::TryStreamExt;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper_util::rt::TokioTimer;
use tower_service::Service;

/// The scope of the token.
const SCOPE: &str = "https://cloudpartner.azure.com/.default";

type Body = UnsyncBoxBody<Bytes, azure_core::Error>;

/// The SDK's client, with the types of the crate `http`.
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
            let (status, headers, body) = client.execute_request(&request).await.map_err(marked)?.deconstruct();
            let mut response = Response::builder().status(*status);
            for (name, value) in headers.iter() {
                response = response.header(name.as_str(), value.as_str());
            }
            // As a stream, so that the driver's body limit holds.
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

/// Only for this kind of error does the SDK promise that the request was not sent.
fn marked(error: azure_core::Error) -> BoxError {
    if matches!(error.kind(), ErrorKind::Connection) { NotSent::new(error).into() } else { error.into() }
}

/// Fetches a token. This credential fetches a fresh one each time. One with a cache may give a rejected token again.
async fn token_of(credential: Arc<dyn TokenCredential>) -> Result<BearerToken, BoxError> {
    let token = credential.get_token(&[SCOPE], None).await?;
    Ok(BearerToken::new(token.token.secret())?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = AzureCliCredentialOptions { executor: Some(Arc::new(LoggedIn)), ..Default::default() };
    let credential: Arc<dyn TokenCredential> = AzureCliCredential::new(Some(options))?;
    let client = AzureClient(new_http_client(Some(HttpClientOptions { automatic_decompression: false })));

    let served = example::publish(1000)?;
    let mut cancellation = example::cancellation(&served)?;
    let mut driver = Driver::new(client, TokioTimer::new(), |_why| token_of(Arc::clone(&credential)));
    let outcome = driver.drive(&mut cancellation).await?;
    example::verify(&outcome, &served, "azure_core and azure_identity")?;
    Ok(())
}

/// Answers `az account get-access-token` as the Azure CLI does after a login.
#[derive(Debug)]
struct LoggedIn;

#[async_trait::async_trait]
impl Executor for LoggedIn {
    async fn run(&self, _shell: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let has_scope = arguments.iter().any(|argument| argument.to_string_lossy().ends_with(SCOPE));
        assert!(has_scope, "{arguments:?}");
        let token = example::TOKEN;
        let printed = format!(r#"{{"accessToken":"{token}","expires_on":4102444800,"tokenType":"Bearer"}}"#);
        Ok(Output { status: ExitStatus::default(), stdout: printed.into_bytes(), stderr: Vec::new() })
    }
}
