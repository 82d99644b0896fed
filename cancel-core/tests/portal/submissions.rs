//! The list of submissions, and its filter.

use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation, Wording};
use serde_json::Value;

use crate::support::*;

fn mixed() -> Offer {
    contoso()
        .operation(PublishOperation::new("over").runs_for(seconds(1)))
        .operation(PublishOperation::new("failed").fails_after(seconds(1)))
        .operation(PublishOperation::new("runs").slot("live"))
        .operation(PublishOperation::new("later").not_started_until(seconds(99)))
        .operation(PublishOperation::new("signs").waiting_for_sign_off())
}

fn list(portal: &mut Portal, filter: &str) -> Vec<Value> {
    let response = get(portal, 10, &format!("submissions?{VERSION}{filter}"));
    json(&response).as_array().unwrap().clone()
}

/// A member of each entry.
fn each<'a>(list: &'a [Value], member: &str) -> Vec<&'a str> {
    list.iter().map(|entry| entry[member].as_str().unwrap()).collect()
}

#[test]
fn an_entry_has_its_documented_members() {
    let list = list(&mut portal(contoso().operation(publish().started_at(seconds(5)))), "");
    let entry = &list[0];
    for (member, value) in [
        ("id", ID),
        ("offerId", "contoso-offer"),
        ("publisherId", "contoso"),
        ("submissionState", "running"),
        ("slot", "staging"),
        ("changedTime", "2018-09-01T00:00:05Z"),
    ] {
        assert_eq!(entry[member], value, "{member}");
    }
    assert_eq!(entry["version"].as_u64(), Some(636_713_568_050_000_000), "64 bits");
    assert!(entry["offerTypeId"].is_string() && entry["submissionType"].is_string());
    assert!(entry["offerVersion"].is_u64() && entry["publishingVersion"].is_u64());
    assert!(entry["definition"].is_object());
}

#[test]
fn a_filter_lets_the_entries_of_a_state_pass() {
    let all = ["over", "failed", "runs", "later", "signs"].as_slice();
    for (filter, expected) in [
        ("", all),
        ("&status=running", &["runs"]),
        ("&submissionState=running", &["runs"]),
        ("&status=RUNNING", &["runs"]),
        ("&status=not%20started", &["later"]),
        ("&status=waitingForPublisherReview", &["signs"]),
        ("&status=completed", &["over"]),
        ("&status=canceled", &[]),
        ("&status=unheard-of", &[]),
        ("&status=running&submissionState=failed", &[]),
        ("&unknown=running", all),
    ] {
        assert_eq!(each(&list(&mut portal(mixed()), filter), "id"), expected, "{filter}");
    }
    assert_eq!(each(&list(&mut portal(mixed().ignore_filter()), "&status=running"), "id"), all);
    // The word of the offer, or the documented one.
    for filter in ["&status=succeeded", "&status=completed"] {
        let list = list(&mut portal(mixed().wording(Wording::default().completed("succeeded"))), filter);
        assert_eq!((each(&list, "id"), each(&list, "submissionState")), (vec!["over"], vec!["succeeded"]), "{filter}");
    }
}

#[test]
fn slots_have_other_names_in_the_list() {
    let list = list(&mut portal(mixed().operation(PublishOperation::new("x").slot("draft"))), "");
    assert_eq!(each(&list, "slot"), ["staging", "staging", "production", "staging", "staging", "draft"]);
}

#[test]
fn cancel_operations_are_listed_only_where_a_test_asks_for_it() {
    let offer = mixed().cancel(CancelBehavior::After(seconds(90)));
    for (offer, all, running) in [(offer.clone(), 5, 1), (offer.list_cancel_operations(), 6, 2)] {
        let mut portal = portal(offer);
        cancel(&mut portal, 10);
        assert_eq!((list(&mut portal, "").len(), list(&mut portal, "&status=running").len()), (all, running));
    }
}
