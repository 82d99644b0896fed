//! The peer: the same exchanges with hyper-util's client, by hand. It checks only what it needs.

use bytes::Bytes;
use cancel_core::Endpoint;
use futures_util::stream::{self, StreamExt};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use serde::Deserialize;

use crate::Pooled;
use crate::portal::{OPERATIONS, PUBLISHER, TOKEN, offer};

#[derive(Deserialize)]
struct Submission {
    id: String,
}

#[derive(Deserialize)]
struct Status {
    status: String,
}

/// Opens the connection.
pub(crate) async fn warm_up(client: &Pooled, endpoint: &Endpoint) {
    let offer = format!("{endpoint}/api/publishers/{PUBLISHER}/offers/unknown");
    exchange(client, Method::GET, &format!("{offer}/submissions/?api-version=2017-10-31")).await;
}

pub(crate) async fn cancel_many(client: &Pooled, endpoint: &Endpoint, count: usize, max_concurrent: usize) {
    let all = stream::iter(0..count).map(|number| cancel(client, endpoint, number)).buffer_unordered(max_concurrent);
    all.collect::<()>().await;
}

async fn cancel(client: &Pooled, endpoint: &Endpoint, number: usize) {
    let offer = format!("{endpoint}/api/publishers/{PUBLISHER}/offers/{}", offer(number));
    let list = exchange(client, Method::GET, &format!("{offer}/submissions/?api-version=2017-10-31")).await;
    let running: Vec<Submission> = serde_json::from_slice(&list).unwrap();
    assert_eq!(running.len(), OPERATIONS);
    exchange(client, Method::POST, &format!("{offer}/cancel?api-version=2017-10-31")).await;
    for Submission { id } in running {
        let body = exchange(client, Method::GET, &format!("{offer}/operations/{id}?api-version=2017-10-31")).await;
        let operation: Status = serde_json::from_slice(&body).unwrap();
        assert_eq!(operation.status, "canceled");
    }
}

async fn exchange(client: &Pooled, method: Method, url: &str) -> Bytes {
    let mut token = HeaderValue::try_from(format!("Bearer {TOKEN}")).unwrap();
    token.set_sensitive(true);
    let mut request =
        Request::builder().method(&method).uri(Uri::try_from(url).unwrap()).header("authorization", token);
    if method == Method::POST {
        request = request.header("content-length", "0");
    }
    let response = client.0.request(request.body(Full::default()).unwrap()).await.unwrap();
    response.into_body().collect().await.unwrap().to_bytes()
}
