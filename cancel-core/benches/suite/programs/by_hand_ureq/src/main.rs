//! Cancels one offer: `PUBLISHER OFFER [ENDPOINT]`, with the token in `AZURE_TOKEN`. By hand over ureq: the list, the POST,
//! and looks at each operation that was in progress, every 5 s; it reads ids and states.

use std::env;
use std::error::Error;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::Agent;

#[derive(Deserialize)]
struct Submission {
    id: String,
    #[serde(rename = "submissionState")]
    state: String,
}

#[derive(Deserialize)]
struct Operation {
    status: String,
}

struct Client {
    agent: Agent,
    authorization: String,
    offer: String,
}

impl Client {
    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Box<dyn Error>> {
        let url = format!("{}/{path}?api-version=2017-10-31", self.offer);
        let mut answer = self.agent.get(url).header("authorization", &self.authorization).call()?;
        Ok(serde_json::from_str(&answer.body_mut().read_to_string()?)?)
    }

    fn cancel(&self) -> Result<(), Box<dyn Error>> {
        let url = format!("{}/cancel?api-version=2017-10-31", self.offer);
        let answer = self.agent.post(url).header("authorization", &self.authorization).send_empty()?;
        match answer.status().as_u16() {
            200 | 202 => Ok(()),
            status => Err(format!("the cancel was answered with {status}").into()),
        }
    }
}

fn has_ended(state: &str) -> bool {
    let ends = ["completed", "succeeded", "canceled", "cancelled", "failed"];
    ends.iter().any(|end| state.eq_ignore_ascii_case(end))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let publisher = arguments.next().ok_or("PUBLISHER OFFER [ENDPOINT]")?;
    let offer = arguments.next().ok_or("PUBLISHER OFFER [ENDPOINT]")?;
    let endpoint = arguments.next().unwrap_or_else(|| "https://cloudpartner.azure.com".to_owned());
    let agent = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into();
    let client = Client {
        agent,
        authorization: format!("Bearer {}", env::var("AZURE_TOKEN")?),
        offer: format!("{endpoint}/api/publishers/{publisher}/offers/{offer}"),
    };
    let mut submissions: Vec<Submission> = client.get("submissions/")?;
    submissions.retain(|submission| !has_ended(&submission.state));
    if submissions.is_empty() {
        println!("nothing_running");
        return Ok(());
    }
    client.cancel()?;
    for Submission { id, .. } in submissions {
        loop {
            let operation: Operation = client.get(&format!("operations/{id}"))?;
            if has_ended(&operation.status) {
                println!("{}", operation.status);
                break;
            }
            thread::sleep(Duration::from_secs(5));
        }
    }
    Ok(())
}
