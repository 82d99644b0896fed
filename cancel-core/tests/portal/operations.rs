//! What an operation looks like while it runs, while it waits, and after it has ended.

use cancel_core::testing::portal::{CancelBehavior, End, Portal, PublishOperation, Wording};
use serde_json::Value;

use crate::support::*;

fn view(portal: &mut Portal, now: u64) -> Value {
    json(&get(portal, now, &operation()))
}

/// The status, the first two letters of each step's status, and the percentage of the last step that was begun.
fn short(view: &Value) -> String {
    let steps = view["steps"].as_array().unwrap();
    let letters = steps.iter().map(|step| step["status"].as_str().unwrap().chars().take(2).collect::<String>());
    let begun = steps.iter().rev().find(|step| step["status"] != "notStarted");
    let percent = begun.map_or(0, |step| step["progressPercentage"].as_u64().unwrap());
    format!("{} {} {percent}", view["status"].as_str().unwrap(), letters.collect::<Vec<_>>().join(" "))
}

fn ten_minutes() -> PublishOperation {
    publish().runs_for(seconds(600))
}

#[test]
fn an_operation_goes_through_its_states_and_steps() {
    let later = publish().not_started_until(seconds(999));
    let waits = ten_minutes().started_at(seconds(10)).not_started_until(seconds(100));
    let signs = publish().waiting_for_sign_off();
    let fails = publish().fails_after(seconds(60));
    // With the time of a cancel, which works after 90 s.
    for (operation, canceled, now, expected) in [
        (ten_minutes(), None, 0, "running in no no no no no 0"),
        (ten_minutes(), None, 50, "running in no no no no no 50"),
        (ten_minutes(), None, 100, "running co in no no no no 0"),
        (ten_minutes(), None, 599, "running co co co co co in 99"),
        (ten_minutes(), None, 600, "completed co co co co co co 100"),
        (waits.clone(), None, 10, "notStarted no no no no no no 0"),
        (waits.clone(), None, 99, "notStarted no no no no no no 0"),
        (waits.clone(), None, 100, "running in no no no no no 0"),
        (waits.clone(), None, 699, "running co co co co co in 99"),
        (waits.clone(), None, 700, "completed co co co co co co 100"),
        (publish(), None, 3_600, "running co co co co co in 99"),
        (publish(), None, u64::MAX, "running co co co co co in 99"),
        (signs.clone(), None, 0, "waitingForPublisherReview co co co co wa no 0"),
        (signs.clone(), None, 999_999, "waitingForPublisherReview co co co co wa no 0"),
        (fails.clone(), None, 59, "running co co co co co in 90"),
        (fails.clone(), None, 60, "failed co co co co co fa 99"),
        // The steps of a canceled operation stay where they were.
        (ten_minutes(), Some(160), 250, "canceled co co ca no no no 50"),
        (ten_minutes(), Some(160), 9_999, "canceled co co ca no no no 50"),
        // One that was canceled before it started never began a step.
        (later.clone(), Some(5), 99, "canceled ca no no no no no 0"),
        (later.clone().runs_for(seconds(9)), Some(5), 99, "canceled ca no no no no no 0"),
        (later.clone().waiting_for_sign_off(), Some(5), 99, "canceled ca no no no no no 0"),
    ] {
        let mut portal = portal(contoso().cancel(CancelBehavior::After(seconds(90))).operation(operation));
        if let Some(at) = canceled {
            cancel(&mut portal, at);
        }
        assert_eq!(short(&view(&mut portal, now)), expected, "at {now}");
    }
    let mut portal = portal(contoso().operation(signs));
    portal.end_operation(seconds(1_000_000), "contoso", "contoso-offer", ID, End::Completed).unwrap();
    assert_eq!(short(&view(&mut portal, 1_000_000)), "completed co co co co co co 100");
}

#[test]
fn an_operation_and_a_step_have_their_documented_members() {
    let mut portal = portal(contoso().cancel(CancelBehavior::After(seconds(90))).operation(ten_minutes()));
    let view_at_50 = view(&mut portal, 50);
    assert_eq!((&view_at_50["publishingVersion"], &view_at_50["offerVersion"]), (&2.into(), &1.into()));
    assert_eq!(view_at_50["cancellationRequestState"], "canCancel");
    assert_eq!(view_at_50["messages"][0]["level"], "information");
    assert!(view_at_50["previewLinks"].is_array() && view_at_50["liveLinks"].is_array());
    assert!(view_at_50.get("error").is_none());
    let ids = view_at_50["steps"].as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap());
    assert_eq!(
        ids.collect::<Vec<_>>(),
        ["displaydummycertify", "displaycertify", "displayprovision", "displaypackage", "publisher-signoff", "live"]
    );
    let step = &view_at_50["steps"][0];
    for member in ["estimatedTimeFrame", "stepName", "description", "status"] {
        assert!(!step[member].as_str().unwrap().is_empty(), "{member}");
    }
    let message = &step["messages"][0];
    assert!(message["messageHtml"].as_str().unwrap().contains('<'));
    assert_eq!((&message["level"], &message["timestamp"]), (&"information".into(), &"2018-09-01T00:00:00Z".into()));
    assert!(view_at_50["steps"][4].get("estimatedTimeFrame").is_none(), "an optional member");
    cancel(&mut portal, 160);
    assert!(view(&mut portal, 200).get("cancellationRequestState").is_none());
}

#[test]
fn a_failed_publish_has_an_error_and_a_failed_step() {
    let failed = view(&mut portal(contoso().operation(publish().fails_after(seconds(60)))), 60);
    assert!(failed["error"]["code"].is_string());
    assert_eq!(failed["messages"][0]["level"], "error");
    assert_eq!(failed["steps"][5]["messages"][0]["level"], "error");
}

#[test]
fn an_offer_can_have_its_own_words() {
    let wording = Wording::default()
        .not_started("not started")
        .running("Running")
        .waiting("Waiting_For_Publisher_Review")
        .completed("succeeded")
        .canceled("Cancelled")
        .failed("FAILED");
    let words = |operation| portal(contoso().wording(wording.clone()).operation(operation));
    for (operation, expected) in [
        (publish().not_started_until(seconds(1)), "not started"),
        (publish(), "Running"),
        (publish().waiting_for_sign_off(), "Waiting_For_Publisher_Review"),
        (publish().runs_for(seconds(0)), "succeeded"),
        (publish().fails_after(seconds(0)), "FAILED"),
    ] {
        assert_eq!(poll(&mut words(operation), 0, &self::operation()), expected);
    }
    let mut portal = words(publish());
    cancel(&mut portal, 0);
    assert_eq!(poll(&mut portal, 0, &operation()), "Cancelled");
    assert_eq!(truth(&portal, 0), ["canceled"], "the truth has the default words");
}

#[test]
fn an_operation_can_be_an_array_and_its_messages_texts() {
    let offer = publishing().operation_as_array(true).messages_as_text();
    let mut portal = portal(offer);
    for url in [operation(), location(&cancel(&mut portal, 0))] {
        let view = json(&get(&mut portal, 0, &url));
        assert_eq!(view.as_array().unwrap().len(), 1);
        assert_eq!(view[0]["status"], "running");
        assert!(view[0]["messages"][0].is_string());
    }
}

#[test]
fn the_status_of_an_offer_is_that_of_its_newest_operation() {
    let newer = PublishOperation::new(OTHER).started_at(seconds(1)).runs_for(seconds(1));
    for (offer, status) in [
        (contoso(), "neverPublished"),
        (contoso().operation(ten_minutes()), "running"),
        (contoso().operation(newer).operation(ten_minutes()), "completed"),
    ] {
        assert_eq!(poll(&mut portal(offer), 5, "status"), status);
    }
}
