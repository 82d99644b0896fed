//! Through `cancel-hyper`, and by hand with hyper-util's client. Each runs on one thread of tokio.

use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use cancel_core::BearerToken;
use cancel_hyper::{BoxError, Driver};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tower_service::Service;

use super::{Offers, Side, TOKEN, Urls};

pub struct Ours<S> {
    offers: Offers,
    driver: Driver<S, TokioTimer, BearerToken>,
    runtime: Runtime,
}

impl<S> Ours<S> {
    pub fn new(client: S, endpoint: &str) -> Self {
        let driver = Driver::new(client, TokioTimer::new(), super::token());
        Self { offers: Offers::of(endpoint), driver, runtime: runtime() }
    }
}

impl<S, B> Side for Ours<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    B: Body,
    S::Error: Into<BoxError>,
{
    fn converse(&mut self, offers: Range<usize>) {
        self.runtime.block_on(async {
            for number in offers {
                let outcome = self.driver.drive(&mut self.offers.cancellation(number)).await;
                super::must_be_canceled(&outcome.expect("an outcome"));
            }
        });
    }
}

pub struct ByHand {
    client: Bare,
    authorization: HeaderValue,
    urls: Urls,
    time: Option<Duration>,
    runtime: Runtime,
}

impl ByHand {
    /// With this time limit for an exchange, or with none.
    pub fn new(endpoint: &str, time: Option<Duration>) -> Self {
        let authorization = HeaderValue::try_from(format!("Bearer {TOKEN}")).expect("a token");
        Self { client: Bare::new(), authorization, urls: Urls::of(endpoint), time, runtime: runtime() }
    }

    async fn exchange(&self, method: Method, url: String) -> Bytes {
        let mut request = Request::new(Full::default());
        if method == Method::POST {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        *request.method_mut() = method;
        *request.uri_mut() = url.try_into().expect("a URL");
        request.headers_mut().insert(AUTHORIZATION, self.authorization.clone());
        let answer = async {
            let answer = self.client.0.request(request).await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK);
            answer.into_body().collect().await.expect("a body").to_bytes()
        };
        match self.time {
            Some(time) => timeout(time, answer).await.expect("an answer in time"),
            None => answer.await,
        }
    }
}

impl Side for ByHand {
    fn converse(&mut self, offers: Range<usize>) {
        self.runtime.block_on(async {
            for number in offers {
                let list = self.exchange(Method::GET, self.urls.of_offer(number, "submissions/")).await;
                self.exchange(Method::POST, self.urls.of_offer(number, "cancel")).await;
                for id in super::in_progress(&list) {
                    let poll = self.urls.of_offer(number, &format!("operations/{id}"));
                    assert!(super::is_canceled(&self.exchange(Method::GET, poll).await));
                }
            }
        });
    }
}

/// hyper-util's client, as a service.
#[derive(Clone)]
pub struct Bare(Arc<Client<HttpConnector, Full<Bytes>>>);

impl Bare {
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self(Arc::new(Client::builder(TokioExecutor::new()).build(connector)))
    }
}

impl Service<Request<Full<Bytes>>> for Bare {
    type Response = Response<Incoming>;
    type Error = legacy::Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), legacy::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> ResponseFuture {
        self.0.request(request)
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
