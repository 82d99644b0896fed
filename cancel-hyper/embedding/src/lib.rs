//! A client of the Azure SDK as its author would write it: a `Pipeline` with the customer's policies, as the service of
//! cancel-hyper's driver.
//!
//! A pipeline is made for calls that may be repeated. A cancel may not: so the SDK's retries are off, and a policy at
//! the end of the pipeline lets each exchange through once, whatever the customer's policies do.

#![allow(elided_lifetimes_in_paths, reason = "`async_trait` tells a written lifetime from that of the SDK's trait")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{
    self as azure, ClientOptions, HttpClient, HttpClientOptions, Pipeline, PipelineStreamOptions, RetryOptions,
    Transport, new_http_client,
};
use bytes::Bytes;
use cancel_hyper::{BoxError, NotSent};
use futures_util::TryStreamExt;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use tower_service::Service;

/// The body of an answer, which the driver reads as far as its limit.
pub type Body = UnsyncBoxBody<Bytes, azure_core::Error>;

/// The SDK's pipeline, with the types of the crate `http`. No policy of it adds a token: the core does.
#[derive(Debug, Clone)]
pub struct AzureClient(Pipeline);

impl AzureClient {
    /// A client with the customer's policies and user agent. Retries and transport of the options do not count.
    #[must_use]
    pub fn new(options: ClientOptions) -> Self {
        let client = new_http_client(Some(HttpClientOptions { automatic_decompression: false }));
        let transport = Some(Transport::with_policy(Arc::new(Once(client))));
        let options = ClientOptions { retry: RetryOptions::none(), transport, ..options };
        let (name, version) = (option_env!("CARGO_PKG_NAME"), option_env!("CARGO_PKG_VERSION"));
        Self(Pipeline::new(name, version, options, Vec::new(), Vec::new(), None))
    }
}

impl Service<Request<Bytes>> for AzureClient {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let pipeline = self.0.clone();
        Box::pin(async move {
            let mut request = sdk_request(request).map_err(NotSent::new)?;
            let context = azure::Context::new().with_value(Left::default());
            // Each status is an answer. The core says what it means.
            let options = PipelineStreamOptions { skip_checks: true, ..Default::default() };
            let answer = pipeline.stream(&context, &mut request, Some(options)).await.map_err(marked)?;
            let (status, headers, body) = answer.deconstruct();
            let mut response = Response::builder().status(*status);
            for (name, value) in headers.iter() {
                response = response.header(name.as_str(), value.as_str());
            }
            // As a stream, so that the driver's body limit holds.
            Ok(response.body(StreamBody::new(body.map_ok(Frame::data)).boxed_unsync())?)
        })
    }
}

/// Whether the request of a call has left.
#[derive(Debug, Default)]
struct Left(AtomicBool);

/// The end of the pipeline. It sends the request of a call once.
#[derive(Debug)]
struct Once(Arc<dyn HttpClient>);

#[async_trait::async_trait]
impl Policy for Once {
    async fn send(
        &self,
        context: &azure::Context,
        request: &mut azure::Request,
        _next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let has_left = context.value::<Left>().is_none_or(|left| left.0.swap(true, Ordering::Relaxed));
        if has_left {
            let why = "a policy of the pipeline sends a request again, which could cancel twice";
            return Err(azure_core::Error::with_message(ErrorKind::Other, why));
        }
        self.0.execute_request(request).await
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
