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
    let response = portal.handle(seconds(10), get(&list_url(filter)));
    assert_eq!(response.status(), 200);
    json(&response).as_array().unwrap().clone()
}

fn ids(list: &[Value]) -> Vec<&str> {
    list.iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}

#[test]
fn an_entry_has_its_documented_members() {
    let mut portal = portal(contoso().operation(PublishOperation::new(ID).started_at(seconds(5))));
    let list = list(&mut portal, "");
    let entry = &list[0];
    assert_eq!(entry["id"], ID);
    assert_eq!(entry["offerId"], "contoso-offer");
    assert_eq!(entry["publisherId"], "contoso");
    assert_eq!(entry["submissionState"], "running");
    assert_eq!(entry["slot"], "staging");
    assert_eq!(entry["version"].as_u64(), Some(636_713_568_050_000_000), "64 bits");
    assert_eq!(entry["changedTime"], "2018-09-01T00:00:05Z");
    for member in ["offerTypeId", "submissionType"] {
        assert!(entry[member].is_string(), "{member}");
    }
    for member in ["offerVersion", "publishingVersion"] {
        assert!(entry[member].is_u64(), "{member}");
    }
    assert!(entry["definition"].is_object());
}

#[test]
fn filters() {
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
        assert_eq!(ids(&list(&mut portal(mixed()), filter)), expected, "{filter}");
    }
}

#[test]
fn a_filter_means_the_offers_own_word_or_the_documented_one() {
    let mut portal = portal(mixed().wording(Wording::default().completed("succeeded")));
    for filter in ["&status=succeeded", "&status=completed"] {
        let list = list(&mut portal, filter);
        assert_eq!(ids(&list), ["over"], "{filter}");
        assert_eq!(list[0]["submissionState"], "succeeded");
    }
}

#[test]
fn a_filter_can_be_ignored() {
    assert_eq!(list(&mut portal(mixed().ignore_filter()), "&status=running").len(), 5);
}

#[test]
fn slots_have_other_names_in_the_list() {
    let list = list(&mut portal(mixed().operation(PublishOperation::new("x").slot("draft"))), "");
    let slots = list.iter().map(|entry| entry["slot"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(slots, ["staging", "staging", "production", "staging", "staging", "draft"]);
}

#[test]
fn cancel_operations_are_listed_only_where_a_test_wants_it() {
    let offer = mixed().cancel(CancelBehavior::After(seconds(90)));
    let mut usual = portal(offer.clone());
    cancel(&mut usual, seconds(10));
    assert_eq!(list(&mut usual, "").len(), 5);
    let mut unusual = portal(offer.list_cancel_operations());
    cancel(&mut unusual, seconds(10));
    assert_eq!(list(&mut unusual, "").len(), 6);
    assert_eq!(list(&mut unusual, "&status=running").len(), 2);
}

#[test]
fn the_path_may_end_without_a_slash() {
    let response = portal(mixed()).handle(seconds(0), get(&format!("{OFFER}/submissions?{VERSION}")));
    assert_eq!(response.status(), 200);
}
