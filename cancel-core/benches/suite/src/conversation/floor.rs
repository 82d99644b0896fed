//! The least code by hand, with `http` and `serde_json`. It reads only the status, and checks nothing.

use std::hint::black_box;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use serde::Deserialize;

use super::Contender;
use super::wire::{self, API_VERSION, EMAIL, ENDPOINT, OFFER, PUBLISHER, TOKEN};

pub struct Floor {
    authorization: HeaderValue,
}

pub struct Waiting {
    _url: Uri,
    _authorization: HeaderValue,
}

#[derive(Deserialize)]
struct Operation<'a> {
    status: &'a str,
}

impl Floor {
    pub fn new() -> Self {
        Self { authorization: HeaderValue::from_maybe_shared(Bytes::from(format!("Bearer {TOKEN}"))).expect("a token") }
    }

    /// What must be remembered between two polls.
    pub fn waiting(&self) -> Waiting {
        Waiting { _url: self.cancel().expect("a 202"), _authorization: self.authorization.clone() }
    }

    /// The POST. Returns the URL to poll, unless it was done at once.
    fn cancel(&self) -> Option<Uri> {
        let url = format!("{ENDPOINT}/api/publishers/{PUBLISHER}/offers/{OFFER}/cancel?api-version={API_VERSION}");
        let body = format!(r#"{{"metadata":{{"notification-emails":"{EMAIL}"}}}}"#);
        let mut request = self.request(Method::POST, url.try_into().expect("a URL"), body.into());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        black_box(&request);
        let response = wire::answer(0).into_http();
        if response.status() != StatusCode::ACCEPTED {
            return None;
        }
        let location = response.headers()[LOCATION].to_str().expect("a text");
        Some(format!("{ENDPOINT}{location}").try_into().expect("a URL"))
    }

    fn request(&self, method: Method, url: Uri, body: Bytes) -> Request<Bytes> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = url;
        request.headers_mut().insert(AUTHORIZATION, self.authorization.clone());
        request
    }
}

impl Contender for Floor {
    fn converse(&self) -> bool {
        let Some(url) = self.cancel() else { return true };
        for poll in 1.. {
            black_box(&self.request(Method::GET, url.clone(), Bytes::new()));
            let response = wire::answer(poll).into_http();
            let operation: Operation = serde_json::from_slice(response.body()).expect("an operation");
            match operation.status {
                "running" => {}
                status => return status == "canceled",
            }
        }
        unreachable!()
    }
}
