//! The least code by hand, with `http` and `serde_json`. It reads only ids and states, and checks nothing.

use std::hint::black_box;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use serde::Deserialize;

use super::Contender;
use super::wire::{API_VERSION, EMAIL, ENDPOINT, OFFER, PUBLISHER, Script, TOKEN};

pub struct Floor {
    authorization: HeaderValue,
    script: Script,
}

pub struct Waiting {
    _url: Uri,
    _authorization: HeaderValue,
}

#[derive(Deserialize)]
struct Submission<'a> {
    id: &'a str,
    #[serde(rename = "submissionState")]
    state: &'a str,
}

#[derive(Deserialize)]
struct Operation<'a> {
    status: &'a str,
}

impl Floor {
    pub fn new(rows: Option<usize>) -> Self {
        let authorization = HeaderValue::from_maybe_shared(Bytes::from(format!("Bearer {TOKEN}"))).expect("a token");
        Self { authorization, script: Script::new(rows) }
    }

    /// What must be remembered between two polls.
    pub fn waiting(&self) -> Waiting {
        Waiting { _url: self.begin().expect("a 202").0, _authorization: self.authorization.clone() }
    }

    /// The list where there is one, and the POST. Returns the URL to poll, and the number of the next exchange; nothing
    /// where it was done at once.
    fn begin(&self) -> Option<(Uri, usize)> {
        let mut publish = None;
        if self.script.has_list() {
            black_box(&self.request(Method::GET, url("submissions/", ""), Bytes::new()));
            let response = self.script.answer(0).into_http();
            let list: Vec<Submission> = serde_json::from_slice(response.body()).expect("a list");
            publish = list.iter().find(|one| one.state == "running").map(|one| url("operations/", one.id));
        }
        let post = usize::from(self.script.has_list());
        let body = format!(r#"{{"metadata":{{"notification-emails":"{EMAIL}"}}}}"#);
        let mut request = self.request(Method::POST, url("cancel", ""), body.into());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        black_box(&request);
        let response = self.script.answer(post).into_http();
        if response.status() != StatusCode::ACCEPTED {
            return None;
        }
        let url = publish.unwrap_or_else(|| {
            let location = response.headers()[LOCATION].to_str().expect("a text");
            format!("{ENDPOINT}{location}").try_into().expect("a URL")
        });
        Some((url, post + 1))
    }

    fn request(&self, method: Method, url: Uri, body: Bytes) -> Request<Bytes> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = url;
        request.headers_mut().insert(AUTHORIZATION, self.authorization.clone());
        request
    }
}

fn url(end: &str, id: &str) -> Uri {
    let url = format!("{ENDPOINT}/api/publishers/{PUBLISHER}/offers/{OFFER}/{end}{id}?api-version={API_VERSION}");
    url.try_into().expect("a URL")
}

impl Contender for Floor {
    fn converse(&self) -> bool {
        let Some((url, first)) = self.begin() else { return true };
        for poll in first.. {
            black_box(&self.request(Method::GET, url.clone(), Bytes::new()));
            let response = self.script.answer(poll).into_http();
            let operation: Operation = serde_json::from_slice(response.body()).expect("an operation");
            match operation.status {
                "running" => {}
                status => return status == "canceled",
            }
        }
        unreachable!()
    }
}
