//! `azure_core`'s `Poller`, used as its own documentation shows, and leaner where possible. Requests do not pass its
//! pipeline, which would retry, log and trace. The sleep is free. The last body is not parsed a second time by
//! `into_model`: any end but canceled is an error of the callback.
//!
//! The callback must be `'static`, hence the `Arc`. The service's words are not those of Azure's guidelines, hence the
//! `match`. It checks nothing, not even the location. The list is read by hand before the poller begins, which then
//! polls what was in progress on it.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use azure_core::async_runtime::{AsyncRuntime, SpawnedTask, TaskFuture, set_async_runtime};
use azure_core::http::headers::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, Headers, RETRY_AFTER,
};
use azure_core::http::poller::{
    PollerContinuation, PollerOptions, PollerResult, PollerResultFuture, PollerState, PollerStatus, StatusMonitor,
    get_retry_after,
};
use azure_core::http::{JsonFormat, Method, Poller, RawResponse, Request, StatusCode, Url};
use azure_core::json;
use azure_core::{Error, error::ErrorKind};
use futures::executor::block_on;
use futures::{FutureExt, StreamExt};
use serde::Deserialize;

use super::Contender;
use super::wire::{self, API_VERSION, EMAIL, ENDPOINT, OFFER, PUBLISHER, Script, TOKEN};

const LOCATION: HeaderName = HeaderName::from_static("location");

pub struct Peer {
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: Url,
    authorization: HeaderValue,
    script: Script,
}

#[derive(Deserialize)]
pub struct Monitor {
    status: PollerStatus,
}

#[derive(Deserialize)]
struct Submission {
    id: String,
    #[serde(rename = "submissionState")]
    state: String,
}

impl StatusMonitor for Monitor {
    type Output = Monitor;
    type Format = JsonFormat;

    fn status(&self) -> PollerStatus {
        self.status.clone()
    }
}

impl Peer {
    pub fn new(rows: Option<usize>) -> Self {
        // An error means that an earlier contender of this process has set it.
        let _ = set_async_runtime(Arc::new(FreeSleep));
        let endpoint = Url::parse(ENDPOINT).expect("a URL");
        let authorization = HeaderValue::from(format!("Bearer {TOKEN}"));
        Self { shared: Arc::new(Shared { endpoint, authorization, script: Script::new(rows) }) }
    }

    /// A poller that waits between its two polls.
    pub fn waiting(&self) -> Poller<Monitor> {
        let mut poller = self.begin();
        assert!(block_on(poller.next()).is_some(), "the 202");
        SLEEPS_LAST.store(true, Ordering::Relaxed);
        assert!(poller.next().now_or_never().is_none(), "the first poll, and then it sleeps");
        SLEEPS_LAST.store(false, Ordering::Relaxed);
        poller
    }

    fn begin(&self) -> Poller<Monitor> {
        let shared = Arc::clone(&self.shared);
        let publish = shared.script.has_list().then(|| shared.running().expect("a list"));
        let answered = AtomicUsize::new(usize::from(publish.is_some()));
        let converse = move |state, options| -> PollerResultFuture<Monitor, JsonFormat> {
            let shared = Arc::clone(&shared);
            let number = answered.fetch_add(1, Ordering::Relaxed);
            let publish = publish.clone();
            Box::pin(async move { shared.exchange(number, publish, state, &options) })
        };
        Poller::new(converse, None)
    }
}

impl Shared {
    fn exchange(
        &self,
        number: usize,
        publish: Option<Url>,
        state: PollerState,
        options: &PollerOptions<'_>,
    ) -> azure_core::Result<PollerResult<Monitor, JsonFormat>> {
        let request = match state {
            PollerState::Initial => self.cancel()?,
            PollerState::More(PollerContinuation::Links { next_link, .. }) => self.request(next_link, Method::Get),
            PollerState::More(_) => unreachable!("there is no other continuation"),
        };
        black_box(&request);
        let response = raw(self.script.answer(number));
        let retry_after = get_retry_after(response.headers(), &[RETRY_AFTER], options);
        if response.status() == StatusCode::Accepted {
            let next_link = match publish {
                Some(url) => url,
                None => self.endpoint.join(response.headers().get_str(&LOCATION)?)?,
            };
            let continuation = PollerContinuation::Links { next_link, final_link: None };
            return Ok(PollerResult::InProgress { response: response.into(), retry_after, continuation });
        }
        let operation: Monitor = json::from_json(response.body())?;
        Ok(match operation.status {
            PollerStatus::UnknownValue(word) if word == "running" => {
                let continuation = PollerContinuation::Links { next_link: request.url().clone(), final_link: None };
                PollerResult::InProgress { response: response.into(), retry_after, continuation }
            }
            PollerStatus::Canceled => PollerResult::Done { response: response.into() },
            other => return Err(Error::with_message(ErrorKind::Other, format!("it ended as {other:?}"))),
        })
    }

    /// The URL of what the list shows as in progress.
    fn running(&self) -> azure_core::Result<Url> {
        black_box(&self.request(self.url("submissions/", "")?, Method::Get));
        let list: Vec<Submission> = json::from_json(raw(self.script.answer(0)).body())?;
        let running = list.into_iter().find(|one| one.state == "running").expect("one is in progress");
        self.url("operations/", &running.id)
    }

    fn url(&self, end: &str, id: &str) -> azure_core::Result<Url> {
        let path = format!("/api/publishers/{PUBLISHER}/offers/{OFFER}/{end}{id}?api-version={API_VERSION}");
        Ok(self.endpoint.join(&path)?)
    }

    fn cancel(&self) -> azure_core::Result<Request> {
        let url = self.url("cancel", "")?;
        let body = format!(r#"{{"metadata":{{"notification-emails":"{EMAIL}"}}}}"#);
        let mut request = self.request(url, Method::Post);
        request.insert_header(CONTENT_TYPE, "application/json");
        request.insert_header(CONTENT_LENGTH, body.len().to_string());
        request.set_body(body);
        Ok(request)
    }

    fn request(&self, url: Url, method: Method) -> Request {
        let mut request = Request::new(url, method);
        request.insert_header(AUTHORIZATION, self.authorization.clone());
        request
    }
}

fn raw(canned: wire::Canned) -> RawResponse {
    let mut headers = Headers::new();
    for (name, value) in canned.headers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    RawResponse::from_bytes(StatusCode::from(canned.status), headers, canned.body)
}

impl Contender for Peer {
    fn converse(&self) -> bool {
        block_on(async {
            let mut poller = self.begin();
            let mut answers = 0;
            while let Some(response) = poller.next().await {
                answers += usize::from(response.is_ok());
            }
            answers == 3
        })
    }
}

/// A runtime whose sleeps end at once, or never, and allocate nothing.
struct FreeSleep;

static SLEEPS_LAST: AtomicBool = AtomicBool::new(false);

impl AsyncRuntime for FreeSleep {
    fn spawn(&self, _: TaskFuture) -> SpawnedTask {
        unreachable!("nothing is spawned")
    }

    fn sleep(&self, _: azure_core::time::Duration) -> TaskFuture {
        if SLEEPS_LAST.load(Ordering::Relaxed) {
            return Box::pin(std::future::pending());
        }
        Box::pin(std::future::ready(()))
    }

    fn yield_now(&self) -> TaskFuture {
        Box::pin(std::future::ready(()))
    }
}
