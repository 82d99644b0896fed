//! Cancels one offer: `PUBLISHER OFFER [ENDPOINT]`, with the token in `AZURE_TOKEN`. The same over `azure_core`: the list
//! and the POST through its pipeline, and its `Poller` for each operation that was in progress; it reads ids and states.

use std::env;
use std::error::Error;
use std::sync::Arc;

use azure_core::http::headers::{AUTHORIZATION, CONTENT_LENGTH, RETRY_AFTER};
use azure_core::http::poller::{
    PollerContinuation, PollerOptions, PollerResult, PollerResultFuture, PollerStatus, StatusMonitor, get_retry_after,
};
use azure_core::http::{ClientOptions, Context, JsonFormat, Method, Pipeline, Poller, RawResponse, Request, Url};
use azure_core::json;
use futures::TryStreamExt;
use serde::Deserialize;

#[derive(Deserialize)]
struct Submission {
    id: String,
    #[serde(rename = "submissionState")]
    state: PollerStatus,
}

#[derive(Deserialize)]
struct Operation {
    status: PollerStatus,
}

impl StatusMonitor for Operation {
    type Output = Self;
    type Format = JsonFormat;

    fn status(&self) -> PollerStatus {
        self.status.clone()
    }
}

struct Client {
    pipeline: Pipeline,
    authorization: String,
    offer: Url,
}

impl Client {
    fn url(&self, path: &str) -> azure_core::Result<Url> {
        Ok(self.offer.join(&format!("{path}?api-version=2017-10-31"))?)
    }

    async fn send(&self, url: Url, method: Method) -> azure_core::Result<RawResponse> {
        let mut request = Request::new(url, method);
        request.insert_header(AUTHORIZATION, self.authorization.clone());
        if method == Method::Post {
            request.insert_header(CONTENT_LENGTH, "0");
        }
        self.pipeline.send(&Context::new(), &mut request, None).await
    }

    /// One look at an operation; the poller makes them until it has ended.
    async fn look(
        &self,
        url: Url,
        options: &PollerOptions<'_>,
    ) -> azure_core::Result<PollerResult<Operation, JsonFormat>> {
        let response = self.send(url.clone(), Method::Get).await?;
        let retry_after = get_retry_after(response.headers(), &[RETRY_AFTER], options);
        let operation: Operation = json::from_json(response.body())?;
        if has_ended(&operation.status) {
            return Ok(PollerResult::Done { response: response.into() });
        }
        let continuation = PollerContinuation::Links { next_link: url, final_link: None };
        Ok(PollerResult::InProgress { response: response.into(), retry_after, continuation })
    }
}

fn has_ended(status: &PollerStatus) -> bool {
    match status {
        PollerStatus::Succeeded | PollerStatus::Failed | PollerStatus::Canceled => true,
        PollerStatus::UnknownValue(word) => word.eq_ignore_ascii_case("completed"),
        _ => false,
    }
}

async fn cancel(client: Arc<Client>) -> azure_core::Result<()> {
    let list = client.send(client.url("submissions/")?, Method::Get).await?;
    let mut submissions: Vec<Submission> = json::from_json(list.body())?;
    submissions.retain(|submission| !has_ended(&submission.state));
    if submissions.is_empty() {
        println!("nothing_running");
        return Ok(());
    }
    client.send(client.url("cancel")?, Method::Post).await?;
    for Submission { id, .. } in submissions {
        let client = Arc::clone(&client);
        let url = client.url(&format!("operations/{id}"))?;
        let look = move |_, options| -> PollerResultFuture<Operation, JsonFormat> {
            let (client, url) = (Arc::clone(&client), url.clone());
            Box::pin(async move { client.look(url, &options).await })
        };
        let mut looks = Poller::new(look, None);
        let mut last = None;
        while let Some(answer) = looks.try_next().await? {
            last = Some(answer.into_model()?.status);
        }
        println!("{last:?}");
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let publisher = arguments.next().ok_or("PUBLISHER OFFER [ENDPOINT]")?;
    let offer = arguments.next().ok_or("PUBLISHER OFFER [ENDPOINT]")?;
    let endpoint = arguments.next().unwrap_or_else(|| "https://cloudpartner.azure.com".to_owned());
    let pipeline = Pipeline::new(None, None, ClientOptions::default(), Vec::new(), Vec::new(), None);
    let client = Client {
        pipeline,
        authorization: format!("Bearer {}", env::var("AZURE_TOKEN")?),
        offer: Url::parse(&format!("{endpoint}/api/publishers/{publisher}/offers/{offer}/"))?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(cancel(Arc::new(client)))?)
}
