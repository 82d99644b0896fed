//! The location table: what a 202 carries, and that every form can be read back.

use cancel_core::testing::portal::{CancelBehavior, Generation, LocationNames, Offer, PublishOperation, RetryAfter};

use crate::support::*;

const CANCEL_ID: &str = "0000ca4c-0000-4000-8000-000000000001";
const OFFER_GUID: &str = "00000ffe-0000-4000-8000-000000000001";

fn offer(generation: Generation) -> Offer {
    contoso().generation(generation).cancel(CancelBehavior::After(seconds(90))).operation(PublishOperation::new(ID))
}

#[test]
fn headers_by_generation() {
    let operation = format!("{OFFER}/operations/{CANCEL_ID}");
    let absolute = format!("https://cloudpartner.azure.com{operation}");
    let relative = format!("{operation}?{VERSION}");
    let slot = format!("/api/operations/contoso$contoso-offer$2$preview?{VERSION}");
    let guid = format!("/api/operations/contoso${OFFER_GUID}$2$preview?{VERSION}");
    let nowhere = operation_url("00000000-0000-0000-0000-000000000000");
    let table = [
        (Generation::Absolute2018, Some(&absolute), None),
        (Generation::Slot2018, Some(&guid), None),
        (Generation::Migrated2020, None, Some(&relative)),
        (Generation::NonMigrated2020, None, Some(&slot)),
        (Generation::BothHeaders, Some(&relative), Some(&nowhere)),
        (Generation::BodyString, None, None),
        (Generation::NoLocation, None, None),
    ];
    for (generation, operation_location, location) in table {
        let response = cancel(&mut portal(offer(generation.clone())), seconds(0));
        assert_eq!(response.status(), 202);
        let operation_location = operation_location.map(String::as_str);
        assert_eq!(header(&response, "operation-location"), operation_location, "{generation:?}");
        assert_eq!(header(&response, "location"), location.map(String::as_str), "{generation:?}");
    }
}

#[test]
fn bodies_by_generation() {
    let location = operation_url(CANCEL_ID);
    let response = cancel(&mut portal(offer(Generation::BodyString)), seconds(0));
    assert_eq!(json(&response), serde_json::json!(location));
    for member in ["location", "operationLocation", "Operation-Location"] {
        let generation = Generation::BodyMember(member.to_owned());
        let response = cancel(&mut portal(offer(generation)), seconds(0));
        assert_eq!(json(&response), serde_json::json!({ member: location }));
        assert!(header(&response, "content-type").unwrap().starts_with("application/json"));
    }
    let response = cancel(&mut portal(offer(Generation::NoLocation)), seconds(0));
    assert!(response.body().is_empty());
}

#[test]
fn the_slot_forms_show_the_publish_and_the_others_the_cancel() {
    for (generation, end) in [
        (Generation::Absolute2018, "completed"),
        (Generation::Slot2018, "canceled"),
        (Generation::Migrated2020, "completed"),
        (Generation::NonMigrated2020, "canceled"),
    ] {
        let mut portal = portal(offer(generation.clone()));
        let response = cancel(&mut portal, seconds(0));
        let url = header(&response, "operation-location").or(header(&response, "location")).unwrap();
        let url = if url.contains('?') { url.to_owned() } else { format!("{url}?{VERSION}") };
        assert_eq!(status(&mut portal, seconds(89), &url), "running", "{generation:?}");
        assert_eq!(status(&mut portal, seconds(90), &url), end, "{generation:?}");
    }
}

#[test]
fn a_slot_can_show_the_cancel_operation() {
    let names = LocationNames::CancelOperation;
    let mut portal = portal(offer(Generation::NonMigrated2020).location_names(names));
    let slot = format!("/api/operations/contoso$contoso-offer$2$preview?{VERSION}");
    assert_eq!(status(&mut portal, seconds(0), &slot), "running");
    cancel(&mut portal, seconds(0));
    assert_eq!(status(&mut portal, seconds(90), &slot), "completed");
    cancel(&mut portal, seconds(91));
    assert_eq!(status(&mut portal, seconds(91), &slot), "running", "the newest");
}

#[test]
fn of_two_headers_the_other_one_leads_nowhere() {
    let mut portal = portal(offer(Generation::BothHeaders));
    let response = cancel(&mut portal, seconds(0));
    assert_eq!(portal.handle(seconds(1), get(&location(&response))).status(), 404);
    let right = header(&response, "operation-location").unwrap();
    assert_eq!(portal.handle(seconds(1), get(right)).status(), 200);
}

#[test]
fn every_way_to_write_a_location_reads_the_same() {
    let mut portal = portal(offer(Generation::NonMigrated2020));
    cancel(&mut portal, seconds(0));
    let upper = ID.to_ascii_uppercase();
    let urls = [
        format!("{OFFER}/operations/{ID}?{VERSION}"),
        format!("{OFFER}/operations/{ID}/?{VERSION}"),
        format!("{OFFER}/operations/{upper}?{VERSION}"),
        format!("{OFFER}/operations/{ID}?x=1&{VERSION}&y"),
        format!("https://cloudpartner.azure.com{OFFER}/operations/{ID}?{VERSION}"),
        format!("HTTPS://CloudPartner.Azure.com:443{OFFER}/operations/{ID}?{VERSION}"),
        format!("/api/operations/contoso$contoso-offer$2$preview?{VERSION}"),
        format!("/api/operations/contoso$contoso-offer$2$preview/?{VERSION}"),
        format!("/api/operations/contoso%24contoso-offer%242%24preview?{VERSION}&x=%24"),
        format!("/api/operations/contoso${OFFER_GUID}$2$preview?{VERSION}"),
        format!("/api/operations/contoso${}$2$preview?{VERSION}", OFFER_GUID.to_uppercase()),
    ];
    for url in urls {
        assert_eq!(status(&mut portal, seconds(90), &url), "canceled", "{url}");
    }
}

#[test]
fn a_slot_is_found_by_version_and_name() {
    let mut portal = portal(
        contoso()
            .operation(PublishOperation::new(ID).slot("live").publishing_version(7))
            .operation(PublishOperation::new(OTHER).runs_for(seconds(1))),
    );
    for (name, found) in [
        ("2$preview", Some("completed")),
        ("7$live", Some("running")),
        ("7$preview", None),
        ("2$live", None),
        ("2$Preview", None),
    ] {
        let url = format!("/api/operations/contoso$contoso-offer${name}?{VERSION}");
        let response = portal.handle(seconds(1), get(&url));
        match found {
            Some(word) => assert_eq!(json(&response)["status"], word, "{name}"),
            None => assert_eq!(response.status(), 404, "{name}"),
        }
    }
}

#[test]
fn a_cancel_names_the_slot_that_is_in_progress() {
    let mut portal = portal(
        contoso()
            .generation(Generation::NonMigrated2020)
            .cancel(CancelBehavior::After(seconds(1)))
            .operation(PublishOperation::new(ID).slot("live").publishing_version(3))
            .operation(PublishOperation::new(OTHER).started_at(seconds(1)).runs_for(seconds(1))),
    );
    let location = location(&cancel(&mut portal, seconds(5)));
    assert_eq!(location, format!("/api/operations/contoso$contoso-offer$3$live?{VERSION}"));
}

#[test]
fn the_newest_operation_of_a_slot_is_shown() {
    let mut portal = portal(offer(Generation::NonMigrated2020));
    let location = location(&cancel(&mut portal, seconds(0)));
    portal.start_operation(seconds(95), "contoso", "contoso-offer", PublishOperation::new(OTHER)).unwrap();
    assert_eq!(status(&mut portal, seconds(94), &location), "canceled");
    assert_eq!(status(&mut portal, seconds(95), &location), "running");
}

#[test]
fn absolute_locations_have_the_portals_origin() {
    let mut portal = portal(offer(Generation::Absolute2018));
    portal.origin("http://127.0.0.1:1234/");
    let response = cancel(&mut portal, seconds(0));
    let url = header(&response, "operation-location").unwrap();
    assert!(url.starts_with("http://127.0.0.1:1234/api/publishers/"), "{url}");
    assert_eq!(status(&mut portal, seconds(0), &format!("{url}?{VERSION}")), "running");
}

#[test]
fn retry_after_comes_with_the_202_and_as_long_as_it_runs() {
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
        let mut portal = portal(offer(Generation::Migrated2020).retry_after(retry_after));
        let accepted = cancel(&mut portal, seconds(0));
        assert_eq!(header(&accepted, name), Some(at_0));
        let url = location(&accepted);
        assert_eq!(header(&portal.handle(seconds(89), get(&url)), name), Some(at_89));
        let ended = portal.handle(seconds(90), get(&url));
        assert_eq!(header(&ended, name), None);
        assert_eq!(header(&ended, "date"), Some("Sat, 01 Sep 2018 00:01:30 GMT"));
    }
}
