//! What ends, errors and progress are in JSON: by the schema of the manual.

use boon::{Compiler, SchemaIndex, Schemas};
use cancel_core::{Answer, ErrorKind, Policy};
use serde_json::{Value, json};

use crate::run::{
    CANCEL_OPERATION, LIST, MIGRATED, NO_HEADERS, Run, accepted, only_if_running, secs, settled, status, verified,
};

const PAGE: &str = include_str!("../../src/guide/json.md");

/// The block of JSON below this heading of the page.
fn block(heading: &str) -> Value {
    let below = PAGE.split(&format!("# {heading}\n")).nth(1).unwrap();
    let text = below.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    serde_json::from_str(text).unwrap()
}

fn valid() -> impl Fn(&Value) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", block("An outcome or an error")).unwrap();
    let schema: SchemaIndex = compiler.compile("schema.json", &mut schemas).unwrap();
    move |value| schemas.validate(value, schema).unwrap_or_else(|error| panic!("{value:#}: {error:#}"))
}

fn end(mut run: Run) -> Value {
    match run.end() {
        Ok(outcome) => serde_json::to_value(outcome),
        Err(error) => serde_json::to_value(error),
    }
    .unwrap()
}

fn ends() -> Vec<Value> {
    let mut ends = Vec::new();
    let mut end = |run| ends.push(end(run));

    let mut canceled = Run::verifying(&["a"]);
    canceled.ends_canceled("a");
    end(canceled);
    let mut acknowledged = Run::new(accepted());
    acknowledged.post().answer(200, NO_HEADERS, "");
    end(acknowledged);
    let mut by_location = Run::following(settled());
    by_location.ends_canceled_by_location();
    end(by_location);
    let mut taken = Run::new(accepted());
    taken.post().answer(202, [("Location", MIGRATED), ("Retry-After", "7")], "");
    end(taken);
    let mut foreign = Run::new(accepted());
    foreign.post().answer(202, [("Location", "https://evil.example/")], "");
    end(foreign);
    let mut ended = Run::verifying(&["a", "b"]);
    ended.poll_tracked("a", "completed");
    ended.poll_tracked("b", "failed");
    end(ended);
    let mut still_running = Run::verifying(&["a"]);
    still_running.now += secs(30);
    still_running.poll_tracked("a", "running");
    still_running.get(CANCEL_OPERATION).answer(200, NO_HEADERS, &status("failed"));
    still_running.poll_while_running("a");
    end(still_running);
    let mut others = Run::about(only_if_running("a"), verified());
    others.list(&[("a", "running"), ("b", "running")]);
    end(others);
    let mut nothing = Run::new(verified());
    nothing.list(&[]);
    end(nothing);
    let mut dry_run = Run::new(verified().dry_run(true));
    dry_run.list(&[("a", "waitingForPublisherReview")]);
    end(dry_run);
    let mut deadline = Run::new(verified().deadline(secs(1)));
    deadline.get(LIST).answer(503, [("Retry-After", "60")], "busy");
    deadline.deadline();
    end(deadline);
    let mut refused = Run::new(accepted());
    let ids = [("x-ms-request-id", "r"), ("x-ms-correlation-request-id", "c"), ("Retry-After", "3")];
    let details = r#"[{"code":"NoPlan","message":"A plan is missing."},{"message":"m"}]"#;
    let body = format!(r#"{{"error":{{"code":"Bad","message":"One or more errors","details":{details}}}}}"#);
    refused.post().answer(400, ids, &body);
    end(refused);
    ends
}

#[test]
fn every_end_has_the_schema_of_the_manual() {
    let valid = valid();
    let ends = ends();
    ends.iter().for_each(valid);
    let mut words: Vec<_> = ends.iter().map(|end| end["outcome"].as_str().unwrap()).collect();
    words.dedup();
    let expected = [
        "canceled",
        "accepted",
        "ended",
        "still_running",
        "others_running",
        "nothing_running",
        "would_cancel",
        "error",
    ];
    assert_eq!(words, expected, "each word of the schema has an end");
    assert_eq!(block("An outcome or an error")["properties"]["outcome"]["enum"], json!(expected));
}

#[test]
fn what_is_not_in_the_schema_is_found() {
    let valid = valid();
    for wrong in [
        json!({"outcome": "canceled"}),
        json!({"outcome": "canceled", "posted": "yes", "proof": null}),
        json!({"outcome": "error", "posted": "no"}),
        json!({"outcome": "canceled", "posted": "yes", "polls": 1}),
    ] {
        let is_valid = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| valid(&wrong))).is_ok();
        assert!(!is_valid, "{wrong}");
    }
}

#[test]
fn an_outcome_is_what_it_says() {
    let ends = ends();
    assert_eq!(
        ends[0],
        json!({"outcome": "canceled", "proof": "verified", "posted": "yes", "status": "canceled",
            "operations": [{"id": "a", "status": "canceled"}]})
    );
    assert_eq!(
        ends[3],
        json!({"outcome": "accepted", "posted": "yes", "retry_after_ms": 7000,
            "location": {"url": format!("https://cloudpartner.azure.com{MIGRATED}"), "kind": "migrated"}})
    );
    assert_eq!(ends[4]["refused_location"]["kind"], "foreign_location");
    assert_eq!(ends[5]["status"], "completed", "of the first that was not canceled");
    assert_eq!(ends[9]["status"], "waitingForPublisherReview");
}

#[test]
fn an_error_says_what_the_service_said() {
    let mut error = ends().pop().unwrap()["error"].take();
    let advice = error.as_object_mut().unwrap().remove("advice").unwrap();
    assert!(advice.as_str().unwrap().starts_with("Check the api-version"), "{advice}");
    assert_eq!(
        error,
        json!({"kind": "bad_request", "message": "One or more errors", "status": 400, "code": "Bad",
            "request_id": "r", "correlation_request_id": "c", "retry_after_ms": 3000,
            "details": [{"code": "NoPlan", "message": "A plan is missing."}, {"message": "m"}]})
    );
}

#[test]
fn the_schema_names_every_kind_of_error() {
    let kinds = block("An outcome or an error")["$defs"]["error"]["properties"]["kind"]["enum"].clone();
    let kinds: Vec<ErrorKind> = serde_json::from_value(kinds).unwrap();
    assert_eq!(kinds.len(), 21, "as many as there are");
}

#[test]
fn an_answer_and_a_progress() {
    let response = http::Response::builder().status(502).header("x-ms-request-id", "r").body("<html>").unwrap();
    let answer = serde_json::to_value(Answer::from_http(&response)).unwrap();
    assert_eq!(answer, json!({"status": 502, "request_id": "r"}));

    let shown = block("Progress");
    let mut run = Run::posting(&["publish-a"]);
    run.post().answer(200, NO_HEADERS, "");
    run.poll_tracked("publish-a", "running");
    let progress = serde_json::to_value(run.cancellation.progress()).unwrap();
    for (name, value) in progress.as_object().unwrap() {
        assert_eq!(shown[name].is_number(), value.is_number(), "{name}");
    }
    assert_eq!((&progress["phase"], &progress["operations"]), (&shown["phase"], &shown["operations"]));
}

#[test]
fn the_manual_shows_the_default_policy() {
    assert_eq!(serde_json::from_value::<Policy>(block("Policy")).unwrap(), Policy::default());
    assert_eq!(block("Policy").as_object().unwrap().len(), 12, "every member");
}
