//! The location table: what a 202 carries, and that every form can be read back.

use cancel_core::testing::portal::{CancelBehavior, Generation, LocationNames, PublishOperation, RetryAfter};
use serde_json::{Value, json};

use crate::support::*;

const CANCEL_ID: &str = "0000ca4c-0000-4000-8000-000000000001";
const OFFER_GUID: &str = "00000ffe-0000-4000-8000-000000000001";

#[test]
fn the_generation_says_where_a_202_has_its_location() {
    let operation = format!("{OFFER}/operations/{CANCEL_ID}");
    let absolute = format!("https://cloudpartner.azure.com{operation}");
    let relative = format!("{operation}?{VERSION}");
    let slot = format!("{SLOT}?{VERSION}");
    let guid = format!("/api/operations/contoso${OFFER_GUID}$2$preview?{VERSION}");
    let nowhere = format!("{OFFER}/operations/00000000-0000-0000-0000-000000000000?{VERSION}");
    let member = |name: &str| (Generation::BodyMember(name.to_owned()), None, None, json!({ name: relative }));
    for (generation, operation_location, location, body) in [
        (Generation::Absolute2018, Some(&absolute), None, Value::Null),
        (Generation::Slot2018, Some(&guid), None, Value::Null),
        (Generation::Migrated2020, None, Some(&relative), Value::Null),
        (Generation::NonMigrated2020, None, Some(&slot), Value::Null),
        (Generation::BothHeaders, Some(&relative), Some(&nowhere), Value::Null),
        (Generation::NoLocation, None, None, Value::Null),
        (Generation::BodyString, None, None, json!(relative)),
        member("location"),
        member("operationLocation"),
        member("Operation-Location"),
    ] {
        let response = cancel(&mut portal(publishing().generation(generation.clone())), 0);
        assert_eq!(response.status(), 202);
        assert_eq!(header(&response, "operation-location"), operation_location.map(String::as_str), "{generation:?}");
        assert_eq!(header(&response, "location"), location.map(String::as_str), "{generation:?}");
        let json_type = header(&response, "content-type").is_some_and(|value| value.starts_with("application/json"));
        assert_eq!((json(&response), json_type), (body.clone(), !body.is_null()), "{generation:?}");
        assert_eq!(response.body().is_empty(), body.is_null(), "{generation:?}");
    }
}

#[test]
fn a_location_shows_the_cancel_or_in_the_slot_form_the_publish() {
    for (generation, end) in [
        (Generation::Absolute2018, "completed"),
        (Generation::Slot2018, "canceled"),
        (Generation::Migrated2020, "completed"),
        (Generation::NonMigrated2020, "canceled"),
        (Generation::BothHeaders, "completed"),
    ] {
        let mut portal = portal(publishing().generation(generation.clone()));
        let location = location(&cancel(&mut portal, 0));
        assert_eq!(poll(&mut portal, 89, &location), "running", "{generation:?}");
        assert_eq!(poll(&mut portal, 90, &location), end, "{generation:?}");
    }
}

#[test]
fn the_slot_form_can_show_the_newest_cancel() {
    let names = LocationNames::CancelOperation;
    let mut portal = portal(publishing().generation(Generation::NonMigrated2020).location_names(names));
    assert_eq!(poll(&mut portal, 0, SLOT), "running");
    cancel(&mut portal, 0);
    assert_eq!(poll(&mut portal, 90, SLOT), "completed");
    cancel(&mut portal, 91);
    assert_eq!(poll(&mut portal, 91, SLOT), "running");
}

#[test]
fn of_two_headers_location_leads_nowhere() {
    let mut portal = portal(publishing().generation(Generation::BothHeaders));
    let response = cancel(&mut portal, 0);
    assert_eq!(poll(&mut portal, 1, header(&response, "location").unwrap()), "404 OperationNotFound");
}

#[test]
fn every_spelling_of_a_location_reads_the_same() {
    let mut portal = portal(publishing().generation(Generation::NonMigrated2020));
    cancel(&mut portal, 0);
    for path in [
        operation(),
        format!("operations/{ID}/"),
        format!("operations/{}", ID.to_ascii_uppercase()),
        format!("operations/{ID}?x=1&{VERSION}&y"),
        format!("https://cloudpartner.azure.com{OFFER}/operations/{ID}"),
        format!("HTTPS://CloudPartner.Azure.com:443{OFFER}/operations/{ID}"),
        SLOT.to_owned(),
        format!("{SLOT}/"),
        format!("/api/operations/contoso%24contoso-offer%242%24preview?{VERSION}&x=%24"),
        format!("/api/operations/contoso${OFFER_GUID}$2$preview"),
        format!("/api/operations/contoso${}$2$preview", OFFER_GUID.to_uppercase()),
    ] {
        assert_eq!(poll(&mut portal, 90, &path), "canceled", "{path}");
    }
}

#[test]
fn the_slot_form_finds_an_operation_by_version_and_slot() {
    let live = || publish().slot("live").publishing_version(7);
    let preview = PublishOperation::new(OTHER).runs_for(seconds(1));
    let offer = contoso().generation(Generation::NonMigrated2020).cancel(CancelBehavior::After(seconds(1)));
    let mut portal = portal(offer.operation(live()).operation(preview));
    for (name, found) in [
        ("2$preview", "completed"),
        ("7$live", "running"),
        ("7$preview", "404 OperationNotFound"),
        ("2$live", "404 OperationNotFound"),
        ("2$Preview", "404 OperationNotFound"),
    ] {
        assert_eq!(poll(&mut portal, 1, &format!("/api/operations/contoso$contoso-offer${name}")), found, "{name}");
    }
    let response = cancel(&mut portal, 5);
    let in_progress = format!("/api/operations/contoso$contoso-offer$7$live?{VERSION}");
    assert_eq!(location(&response), in_progress, "a cancel names the slot that is in progress");
    portal.start_operation(seconds(95), "contoso", "contoso-offer", live()).unwrap();
    assert_eq!(poll(&mut portal, 94, &in_progress), "canceled");
    assert_eq!(poll(&mut portal, 95, &in_progress), "running", "the newest");
}

#[test]
fn an_absolute_location_has_the_origin_of_the_portal() {
    let mut portal = portal(publishing().generation(Generation::Absolute2018));
    portal.origin("http://127.0.0.1:1234/");
    let response = cancel(&mut portal, 0);
    let url = header(&response, "operation-location").unwrap();
    assert!(url.starts_with("http://127.0.0.1:1234/api/publishers/"), "{url}");
    assert_eq!(poll(&mut portal, 0, url), "running");
    assert_eq!(poll(&mut portal, 0, &format!("{url}?")), "400 InvalidAPIVersion", "it has no version");
}

#[test]
fn retry_after_comes_with_the_202_and_with_each_poll_of_what_runs() {
    for (retry_after, name, at_0, at_89) in [
        (RetryAfter::Seconds(7), "retry-after", "7", "7"),
        (RetryAfter::Milliseconds(1_500), "retry-after-ms", "1500", "1500"),
        (RetryAfter::MsMilliseconds(1_500), "x-ms-retry-after-ms", "1500", "1500"),
        (
            RetryAfter::Date(seconds(60)),
            "retry-after",
            "Sat, 01 Sep 2018 00:01:00 GMT",
            "Sat, 01 Sep 2018 00:02:29 GMT",
        ),
        (RetryAfter::Verbatim("-1".to_owned()), "retry-after", "-1", "-1"),
    ] {
        let mut portal = portal(publishing().retry_after(retry_after));
        let accepted = cancel(&mut portal, 0);
        assert_eq!(header(&accepted, name), Some(at_0));
        let url = location(&accepted);
        assert_eq!(header(&get(&mut portal, 89, &url), name), Some(at_89));
        let ended = get(&mut portal, 90, &url);
        assert_eq!(header(&ended, name), None);
        assert_eq!(header(&ended, "date"), Some("Sat, 01 Sep 2018 00:01:30 GMT"));
    }
}
