//! What an operation looks like while it runs, waits, and after it has ended.

use cancel_core::testing::portal::{CancelBehavior, End, Generation, Offer, Portal, PublishOperation, Wording};
use serde_json::Value;

use crate::support::*;

fn view(portal: &mut Portal, now: u64) -> Value {
    let response = portal.handle(seconds(now), get(&operation_url(ID)));
    assert_eq!(response.status(), 200);
    json(&response)
}

fn step_words(view: &Value) -> Vec<(String, u64)> {
    let steps = view["steps"].as_array().unwrap();
    let word = |step: &Value| step["status"].as_str().unwrap().to_owned();
    steps.iter().map(|step| (word(step), step["progressPercentage"].as_u64().unwrap())).collect()
}

/// The first two letters of each step's status, and the percentage of the last that was begun.
fn short(view: &Value) -> String {
    let steps = step_words(view);
    let letters = steps.iter().map(|(word, _)| word.chars().take(2).collect::<String>());
    let letters = letters.collect::<Vec<_>>().join(" ");
    let current = steps.iter().rev().find(|(word, _)| word != "notStarted");
    format!("{letters} {}", current.map_or(0, |(_, percent)| *percent))
}

fn ten_minutes() -> PublishOperation {
    PublishOperation::new(ID).runs_for(seconds(600))
}

#[test]
fn a_publish_goes_through_its_steps() {
    let mut portal = portal(contoso().operation(ten_minutes()));
    for (now, expected) in [
        (0, "in no no no no no 0"),
        (50, "in no no no no no 50"),
        (100, "co in no no no no 0"),
        (599, "co co co co co in 99"),
        (600, "co co co co co co 100"),
    ] {
        assert_eq!(short(&view(&mut portal, now)), expected, "{now}");
    }
}

#[test]
fn a_step_has_its_documented_members() {
    let mut portal = portal(contoso().operation(ten_minutes()));
    let view = view(&mut portal, 50);
    let ids = view["steps"].as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap());
    assert_eq!(
        ids.collect::<Vec<_>>(),
        ["displaydummycertify", "displaycertify", "displayprovision", "displaypackage", "publisher-signoff", "live"]
    );
    let step = &view["steps"][0];
    for member in ["estimatedTimeFrame", "stepName", "description", "status"] {
        assert!(!step[member].as_str().unwrap().is_empty(), "{member}");
    }
    let message = &step["messages"][0];
    assert!(message["messageHtml"].as_str().unwrap().contains('<'));
    assert_eq!(message["level"], "information");
    assert_eq!(message["timestamp"], "2018-09-01T00:00:00Z");
    assert!(view["steps"][4].get("estimatedTimeFrame").is_none(), "an optional member");
}

#[test]
fn an_operation_has_its_documented_members() {
    let offer =
        contoso().generation(Generation::NonMigrated2020).operation(ten_minutes().notification_emails("a@contoso.com"));
    let view = view(&mut portal(offer), 50);
    assert_eq!(view["status"], "running");
    assert_eq!(view["publishingVersion"], 2);
    assert_eq!(view["offerVersion"], 1);
    assert_eq!(view["cancellationRequestState"], "canCancel");
    assert_eq!(view["notificationEmails"], "a@contoso.com");
    assert_eq!(view["messages"][0]["level"], "information");
    assert!(view["previewLinks"].is_array() && view["liveLinks"].is_array());
    assert!(view.get("error").is_none());
}

#[test]
fn a_migrated_offer_shows_no_addresses() {
    let offer = contoso().operation(ten_minutes().notification_emails("a@contoso.com"));
    assert!(view(&mut portal(offer), 0).get("notificationEmails").is_none());
}

#[test]
fn a_cancel_operation_shows_the_addresses_that_it_was_given() {
    let offer = contoso().generation(Generation::Absolute2018).cancel(CancelBehavior::After(seconds(1)));
    let mut portal = portal(offer);
    let body = r#"{"metadata":{"notification-emails":"a@contoso.com,b@contoso.com"}}"#;
    let request = request("POST", &cancel_url())
        .header("content-length", body.len())
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    let response = portal.handle(seconds(0), request);
    let url = format!("{}?{VERSION}", header(&response, "operation-location").unwrap());
    let view = json(&portal.handle(seconds(0), get(&url)));
    assert_eq!(view["notificationEmails"], "a@contoso.com,b@contoso.com");
}

#[test]
fn canceled_steps_stay_where_they_were() {
    let offer = contoso().cancel(CancelBehavior::After(seconds(90))).operation(ten_minutes());
    let mut portal = portal(offer);
    cancel(&mut portal, seconds(160));
    assert!(view(&mut portal, 200).get("cancellationRequestState").is_none());
    for now in [250, 600, 9_999] {
        let view = view(&mut portal, now);
        assert_eq!(view["status"], "canceled");
        assert_eq!(short(&view), "co co ca no no no 50", "{now}");
    }
}

#[test]
fn a_failed_publish_has_an_error_and_a_failed_step() {
    let mut portal = portal(contoso().operation(PublishOperation::new(ID).fails_after(seconds(60))));
    assert_eq!(view(&mut portal, 59)["status"], "running");
    let failed = view(&mut portal, 60);
    assert_eq!(failed["status"], "failed");
    assert!(failed["error"]["code"].is_string());
    assert_eq!(failed["messages"][0]["level"], "error");
    assert_eq!(short(&failed), "co co co co co fa 99");
    assert_eq!(failed["steps"][5]["messages"][0]["level"], "error");
}

#[test]
fn sign_off_waits_for_the_publisher() {
    let mut portal = portal(contoso().operation(PublishOperation::new(ID).waiting_for_sign_off()));
    for now in [0, 999_999] {
        let view = view(&mut portal, now);
        assert_eq!(view["status"], "waitingForPublisherReview");
        assert_eq!(short(&view), "co co co co wa no 0");
    }
    portal.end_operation(seconds(1_000_000), "contoso", "contoso-offer", ID, End::Completed).unwrap();
    assert_eq!(short(&view(&mut portal, 1_000_000)), "co co co co co co 100");
}

#[test]
fn what_is_canceled_before_it_started_never_ran_a_step() {
    let later = PublishOperation::new(ID).not_started_until(seconds(9));
    for operation in [later.clone(), later.clone().runs_for(seconds(9)), later.waiting_for_sign_off()] {
        let mut portal = portal(contoso().operation(operation));
        assert_eq!(short(&view(&mut portal, 5)), "no no no no no no 0");
        cancel(&mut portal, seconds(5));
        assert_eq!(short(&view(&mut portal, 99)), "ca no no no no no 0");
    }
}

#[test]
fn not_started_until() {
    let later = ten_minutes().started_at(seconds(10)).not_started_until(seconds(100));
    let mut portal = portal(contoso().operation(later));
    for (now, word) in [(10, "notStarted"), (99, "notStarted"), (100, "running"), (699, "running"), (700, "completed")]
    {
        assert_eq!(view(&mut portal, now)["status"], word, "{now}");
    }
    assert_eq!(short(&view(&mut portal, 99)), "no no no no no no 0");
}

#[test]
fn an_endless_publish_stays_in_its_last_step() {
    let mut portal = portal(contoso().operation(PublishOperation::new(ID)));
    for now in [3_600, 999_999_999] {
        assert_eq!(short(&view(&mut portal, now)), "co co co co co in 99");
    }
    let response = portal.handle(std::time::Duration::MAX, get(&operation_url(ID)));
    assert_eq!(short(&json(&response)), "co co co co co in 99");
}

#[test]
fn the_words_are_the_offers_own() {
    let wording = Wording::default()
        .not_started("not started")
        .running("Running")
        .waiting("Waiting_For_Publisher_Review")
        .completed("succeeded")
        .canceled("Cancelled")
        .failed("FAILED")
        .step_running("running")
        .step_completed("completed");
    let after = |operation: PublishOperation, now| {
        view(&mut portal(contoso().wording(wording.clone()).operation(operation)), now)
    };
    let operation = PublishOperation::new(ID);
    assert_eq!(after(operation.clone().not_started_until(seconds(1)), 0)["status"], "not started");
    assert_eq!(after(operation.clone(), 0)["status"], "Running");
    assert_eq!(after(operation.clone().waiting_for_sign_off(), 0)["status"], "Waiting_For_Publisher_Review");
    assert_eq!(after(operation.clone().runs_for(seconds(0)), 0)["status"], "succeeded");
    assert_eq!(after(operation.clone().fails_after(seconds(0)), 0)["status"], "FAILED");
    assert_eq!(after(operation.clone(), 700)["steps"][0]["status"], "completed");
    assert_eq!(after(operation.clone(), 700)["steps"][1]["status"], "running");
    let mut portal = portal(contoso().wording(wording.clone()).operation(operation));
    cancel(&mut portal, seconds(0));
    assert_eq!(view(&mut portal, 0)["status"], "Cancelled");
    assert_eq!(truth(&portal, seconds(0)), "canceled", "the truth is told in the default words");
}

#[test]
fn one_operation_may_be_an_array() {
    let offer = contoso().operation_as_array(true).cancel(CancelBehavior::After(seconds(1))).operation(ten_minutes());
    let mut portal = portal(offer);
    let location = location(&cancel(&mut portal, seconds(0)));
    for url in [operation_url(ID), location] {
        let view = json(&portal.handle(seconds(0), get(&url)));
        assert_eq!(view.as_array().unwrap().len(), 1);
        assert_eq!(view[0]["status"], "running");
    }
}

#[test]
fn messages_may_be_plain_strings() {
    let view = view(&mut portal(contoso().messages_as_text().operation(ten_minutes())), 0);
    assert!(view["messages"][0].is_string());
}

#[test]
fn the_offers_own_status() {
    let url = format!("{OFFER}/status?{VERSION}");
    let status_of = |offer: Offer| status(&mut portal(offer), seconds(5), &url);
    assert_eq!(status_of(contoso()), "neverPublished");
    assert_eq!(status_of(contoso().operation(ten_minutes())), "running");
    let newer = PublishOperation::new(OTHER).started_at(seconds(1)).runs_for(seconds(1));
    assert_eq!(status_of(contoso().operation(newer).operation(ten_minutes())), "completed");
}
