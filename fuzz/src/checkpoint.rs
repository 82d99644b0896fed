//! Any text as a checkpoint: it is refused as one, or the run that resumes it keeps every rule.
//!
//! The input has settings on the first line, and then the checkpoint. The run meets a service that answers as
//! documented.

use std::collections::BTreeSet;
use std::time::Duration;

use cancel_core::{Body, Checkpoint};
use http::header::{HeaderValue, LOCATION};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::input::script;
use crate::origin::Origin;
use crate::referee::{Next, Referee, read_again, saved_phase};
use crate::settings::Settings;

/// On the clock of the checkpoints in the corpus.
const NOW: Duration = Duration::from_secs(1_000_060);

/// Reads a checkpoint and resumes it.
pub fn checkpoint(data: &[u8]) {
    let text = script(data);
    let (first, text) = text.split_once('\n').unwrap_or((&text, ""));
    let settings = Settings::read(first);
    if let Ok(checkpoint) = Checkpoint::from_json(text) {
        let again = Checkpoint::from_json(&checkpoint.to_json());
        assert_eq!(again.ok(), Some(checkpoint), "written and read again");
    }
    let Some(mut referee) = Referee::of_checkpoint(&settings, text, NOW) else {
        return;
    };
    let checkpoint = read_again(text);
    check_is_ours(&checkpoint, &settings);
    let resumes = |checkpoint: &Value| checkpoint["resumes"].as_u64();
    let saved = read_again(&referee.save().text);
    assert_eq!(resumes(&saved), resumes(&checkpoint).map(|times| times + 1), "each resume is counted");
    meet_the_service(&mut referee);
    referee.end();
    referee.weigh();
}

/// What has been let through is of this service and mode, and names nothing elsewhere.
fn check_is_ours(checkpoint: &Value, settings: &Settings) {
    let origin = |url: &Value| url.as_str().and_then(Origin::by_url);
    let place = Some(settings.place());
    assert_eq!(checkpoint["until"], settings.until.as_str());
    assert_eq!(origin(&checkpoint["endpoint"]), place, "another service");
    assert!(checkpoint["version"] == 1 && checkpoint["over"] != "outcome" && !settings.dry);
    assert!(checkpoint["resumes"].as_u64().is_some_and(|times| times < 1000), "a loop that goes on for ever");
    let (request, (_, phase)) = (&checkpoint["request"], saved_phase(checkpoint));
    let baseline = phase["baseline"].as_array();
    for id in baseline.into_iter().flatten().chain([&request["publisher"], &request["offer"]]) {
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        assert!(id.as_str().is_some_and(|id| !id.is_empty() && id.bytes().all(is_safe)), "{id:?}");
    }
    if let Some(baseline) = baseline {
        let ids: BTreeSet<_> = baseline.iter().map(|id| id.to_string().to_ascii_lowercase()).collect();
        assert!((1..=64).contains(&baseline.len()) && ids.len() == baseline.len(), "a baseline of {ids:?}");
    }
    let url = &phase["location"]["url"];
    assert!(url.is_null() || origin(url) == place, "a location elsewhere: {url}");
}

/// The service shows the baseline, takes the cancel, and carries it out.
fn meet_the_service(referee: &mut Referee) {
    let baseline = referee.machine().progress().baseline.iter();
    let list: Vec<_> =
        baseline.map(|tracked| json!({ "id": tracked.id().as_str(), "submissionState": "running" })).collect();
    let list = Value::from(list).to_string();
    for number in 0..12 {
        let Next::Send(exchange) = referee.drive() else { continue };
        let status = if number < 6 { r#"{"status":"running"}"# } else { r#"{"status":"canceled"}"# };
        let mut response = Response::new(Body::from(status));
        if exchange.is_post() {
            *response.status_mut() = StatusCode::ACCEPTED;
            response.headers_mut().insert(LOCATION, HeaderValue::from_static("/api/operations/a$b$2$preview"));
        } else if exchange.request.uri().path().ends_with("/submissions/") {
            *response.body_mut() = Body::from(list.clone());
        }
        referee.answer(referee.now, response);
    }
}
