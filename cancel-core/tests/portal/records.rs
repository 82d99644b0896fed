//! What a test can read afterwards, that the token is nowhere in it, and that a portal is a plain value.

use std::collections::HashSet;
use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, Generation};

use crate::support::*;

#[test]
fn a_record_has_everything_but_the_token() {
    let mut portal = portal(publishing());
    let headers = [("if-match", "*"), ("x-ms-client-request-id", "c1")];
    portal.handle(seconds(7), request("POST cancel", &headers, ""));
    let call = &portal.calls()[0];
    assert_eq!((call.at, call.call, &*call.method), (seconds(7), Some(Call::Cancel), "POST"));
    assert_eq!(call.path_and_query, format!("{OFFER}/cancel?{VERSION}"));
    assert!(call.has_authorization && call.processed);
    for (name, value) in [
        ("if-match", Some("*")),
        ("X-MS-Client-Request-Id", Some("c1")),
        ("content-length", Some("0")),
        ("authorization", None),
    ] {
        assert_eq!(call.header(name), value, "{name}");
    }
    assert_eq!((&call.notification_emails, call.status), (&None, Some(202)));

    portal.handle(seconds(0), request("GET /somewhere?else=1", &[("authorization", ABSENT)], ""));
    let call = &portal.calls()[1];
    assert_eq!((call.call, call.has_authorization, call.status), (None, false, Some(404)));
    assert_eq!(call.path_and_query, "/somewhere?else=1");
}

#[test]
fn only_posts_of_a_cancel_count() {
    let mut portal = portal(publishing());
    for line in ["GET cancel", "POST status", "POST cancel", "POST cancel?"] {
        portal.handle(seconds(0), request(line, &[], ""));
    }
    assert_eq!((portal.posts(), portal.calls().len()), (2, 4), "one that is refused counts too");
}

#[test]
fn the_token_is_nowhere() {
    let mut portal = portal(publishing());
    portal.accept_token("expired-secret", Some(seconds(1)));
    let basic = format!("Basic {TOKEN}");
    for (line, headers) in [
        ("GET status", &[][..]),
        ("GET submissions/", &[]),
        ("POST cancel", &[]),
        ("POST status", &[]),
        ("GET status", &[("authorization", "Bearer expired-secret")]),
        ("GET status", &[("authorization", &basic)]),
    ] {
        let response = portal.handle(seconds(5), request(line, headers, ""));
        let shown = format!("{response:?} {}", String::from_utf8_lossy(response.body()));
        assert!(!shown.contains(TOKEN) && !shown.contains("expired-secret"), "{shown}");
    }
    let shown = format!("{portal:?} {portal:#?}");
    assert!(!shown.contains(TOKEN) && !shown.contains("expired-secret"), "{shown}");
}

#[test]
fn request_ids_differ_and_are_the_same_in_every_run() {
    let ids = || {
        let mut portal = portal(publishing());
        let responses = ["submissions/", "status", "/unknown"].map(|path| get(&mut portal, 0, path));
        let names = ["x-ms-request-id", "x-ms-correlation-request-id"];
        let ids = responses.iter().flat_map(|response| names.map(|name| header(response, name).unwrap().to_owned()));
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(), ids());
    assert_eq!(ids().iter().collect::<HashSet<_>>().len(), 6);
    assert!(ids().iter().all(|id| id.len() == ID.len()));
}

#[test]
fn a_portal_is_a_plain_value() {
    let mut first = portal(publishing());
    let mut second = first.clone();
    assert_eq!(first, second);
    get(&mut first, 0, "status");
    assert_ne!(first, second, "the call is on record");
    first.forget_calls();
    assert_eq!(first, second, "a poll changes nothing else");
    assert_eq!(HashSet::from([first.clone(), second.clone()]).len(), 1);
    assert_eq!(location(&cancel(&mut first, 0)), location(&cancel(&mut second, 0)));
    first.forget_calls();
    second.forget_calls();
    assert_eq!(first, second);
    assert_ne!(first, portal(publishing()), "a cancel changes something");
}

#[test]
fn the_longest_times_do_not_panic() {
    for generation in [Generation::Migrated2020, Generation::NonMigrated2020] {
        let offer = contoso().generation(generation).cancel(CancelBehavior::After(Duration::MAX));
        let mut portal = portal(offer.operation(publish().runs_for(Duration::MAX)));
        let location = location(&portal.handle(Duration::MAX, request("POST cancel", &[], "")));
        for path in [&*location, &*operation(), "submissions/"] {
            let response = portal.handle(Duration::MAX, request(&format!("GET {path}"), &[], ""));
            assert_eq!(response.status(), 200, "{path}");
        }
    }
}
