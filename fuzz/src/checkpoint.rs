//! Any text as a checkpoint: it is refused as one, or what goes on from it keeps every rule.
//!
//! The input: settings on the first line, and the checkpoint. What goes on meets a service that answers as documented.

use std::time::Duration;

use http::Response;
use serde_json::Value;

use super::input::script;
use super::origin::Origin;
use super::referee::{Referee, Wish, read_again};
use super::settings::Settings;
use crate::machine::{Body, Checkpoint};

/// On the clock of the checkpoints that tests write.
const NOW: Duration = Duration::from_secs(1_000_060);

/// Reads a checkpoint and goes on from it.
pub fn checkpoint(data: &[u8]) {
    let text = script(data);
    let (first, text) = text.split_once('\n').unwrap_or((&text, ""));
    let settings = Settings::read(first);
    if let Ok(checkpoint) = Checkpoint::from_json(text) {
        let again = Checkpoint::from_json(&checkpoint.to_json());
        assert_eq!(again.ok(), Some(checkpoint), "written and read again");
    }
    let place = settings.place();
    let Some(mut referee) = Referee::of_checkpoint(&settings, text, NOW) else {
        return;
    };
    check_is_ours(&read_again(text), &settings, &place);
    let saved = referee.save();
    assert!(settings.dry || saved.text.contains("\"resumes\":"), "it is counted");
    if referee.machine().result().is_none() {
        meet_the_service(&mut referee);
    }
    referee.end();
}

/// What has been let through is of this service and mode, and names nothing elsewhere.
fn check_is_ours(checkpoint: &Value, settings: &Settings, place: &Origin) {
    let word = |name: &str| checkpoint[name].as_str().unwrap_or_default();
    assert_eq!(word("until"), settings.until.as_str());
    assert_eq!(Origin::by_url(word("endpoint")).as_ref(), Some(place), "another service");
    assert!(checkpoint["version"] == 1 && checkpoint["over"] != "outcome" && !settings.dry);
    assert!(checkpoint["resumes"].as_u64().is_some_and(|times| times < 1000), "a loop that lives for ever");
    let ids = checkpoint["noted"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for id in ids.chain(["publisher", "offer"].map(word)) {
        assert!(
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
            "{id:?}"
        );
    }
    if let Some(url) = checkpoint["location"]["url"].as_str() {
        assert_eq!(Origin::by_url(url).as_ref(), Some(place), "a location elsewhere: {url}");
    }
}

/// Shows what was noted, takes the cancel, and carries it out.
fn meet_the_service(referee: &mut Referee) {
    let noted: Vec<_> = referee.machine().progress().noted.iter().map(|noted| noted.id().to_string()).collect();
    let entry = |id: &String| format!(r#"{{"id":"{id}","submissionState":"running"}}"#);
    let list = format!("[{}]", noted.iter().map(entry).collect::<Vec<_>>().join(","));
    for number in 0..12 {
        let exchange = match referee.step(referee.now) {
            Wish::Token => {
                referee.provide_token();
                continue;
            }
            Wish::Sent(exchange) => exchange,
            Wish::Time(when) | Wish::Answer(when) => {
                referee.now = when;
                continue;
            }
            Wish::Nothing => return,
        };
        let mut response =
            Response::new(Body::from(if number < 6 { r#"{"status":"running"}"# } else { r#"{"status":"canceled"}"# }));
        if exchange.is_post() {
            *response.status_mut() = http::StatusCode::ACCEPTED;
            response.headers_mut().insert("location", http::HeaderValue::from_static("/api/operations/a$b$2$preview"));
        } else if exchange.request.uri().path().ends_with("/submissions/") {
            *response.body_mut() = Body::from(list.clone());
        }
        referee.answer(referee.now, response);
    }
}
