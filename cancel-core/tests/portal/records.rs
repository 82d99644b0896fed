//! What a test can look at afterwards, that the token is nowhere in it, and that a portal is a plain value.

use std::collections::HashSet;

use cancel_core::testing::portal::{Call, CancelBehavior, Generation, Portal, PublishOperation};

use crate::support::*;

fn publishing() -> Portal {
    portal(contoso().cancel(CancelBehavior::After(seconds(90))).operation(PublishOperation::new(ID)))
}

#[test]
fn a_record_has_everything_but_the_token() {
    let mut portal = publishing();
    let request = request("POST", &cancel_url())
        .header("Content-Length", "0")
        .header("If-Match", "*")
        .header("x-ms-client-request-id", "c1")
        .body("");
    portal.handle(seconds(7), request.unwrap());
    let call = &portal.calls()[0];
    assert_eq!(call.at, seconds(7));
    assert_eq!(call.call, Some(Call::Cancel));
    assert_eq!(call.method, "POST");
    assert_eq!(call.path_and_query, cancel_url());
    assert!(call.has_authorization);
    assert_eq!(call.header("if-match"), Some("*"));
    assert_eq!(call.header("X-MS-Client-Request-Id"), Some("c1"));
    assert_eq!(call.header("authorization"), None);
    assert_eq!(call.header("content-length"), Some("0"));
    assert_eq!(call.notification_emails, None);
    assert_eq!(call.status, Some(202));
    assert!(call.processed);
}

#[test]
fn a_call_without_a_token_or_a_known_path_is_on_record() {
    let mut portal = publishing();
    portal.handle(seconds(0), http::Request::get("/somewhere?else=1").body("").unwrap());
    let call = &portal.calls()[0];
    assert_eq!((call.call, call.has_authorization, call.status), (None, false, Some(404)));
    assert_eq!(call.path_and_query, "/somewhere?else=1");
}

#[test]
fn only_posts_of_a_cancel_count() {
    let mut portal = publishing();
    portal.handle(seconds(0), get(&cancel_url()));
    portal.handle(seconds(0), post(&operation_url(ID)));
    portal.handle(seconds(0), post(&cancel_url()));
    portal.handle(seconds(0), post(&format!("{OFFER}/cancel")));
    assert_eq!(portal.posts(), 2, "a refused one is one too");
    assert_eq!(portal.calls().len(), 4);
}

#[test]
fn the_token_is_nowhere() {
    let mut portal = publishing();
    portal.accept_token("expired-secret", Some(seconds(1)));
    let expired = || http::Request::get(operation_url(ID)).header("authorization", "Bearer expired-secret");
    let basic = http::Request::get(operation_url(ID)).header("authorization", format!("Basic {TOKEN}"));
    for request in [
        get(&operation_url(ID)),
        get(&list_url("")),
        post(&cancel_url()),
        post(&operation_url(ID)),
        expired().body("").unwrap(),
        basic.body("").unwrap(),
    ] {
        let response = portal.handle(seconds(5), request);
        let shown = format!("{response:?} {}", String::from_utf8_lossy(response.body()));
        assert!(!shown.contains(TOKEN) && !shown.contains("expired-secret"), "{shown}");
    }
    let shown = format!("{portal:?} {portal:#?}");
    assert!(!shown.contains(TOKEN) && !shown.contains("expired-secret"), "{shown}");
}

#[test]
fn request_ids_differ_and_are_the_same_in_every_run() {
    let run = || {
        let mut portal = publishing();
        let mut ids = Vec::new();
        for url in [list_url(""), operation_url(ID), "/unknown".to_owned()] {
            let response = portal.handle(seconds(0), get(&url));
            for name in ["x-ms-request-id", "x-ms-correlation-request-id"] {
                ids.push(header(&response, name).unwrap().to_owned());
            }
        }
        ids
    };
    let ids = run();
    assert_eq!(ids, run());
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 6);
    assert!(ids.iter().all(|id| id.len() == ID.len()));
}

#[test]
fn a_portal_is_a_plain_value() {
    let mut first = publishing();
    let mut second = first.clone();
    assert_eq!(first, second);
    first.handle(seconds(0), get(&list_url("")));
    assert_ne!(first, second, "the call is on record");
    first.forget_calls();
    assert_eq!(first, second, "to look changes nothing");
    assert_eq!(HashSet::from([first.clone(), second.clone()]).len(), 1);
    let (one, other) = (cancel(&mut first, seconds(0)), cancel(&mut second, seconds(0)));
    assert_eq!(one.headers()["location"], other.headers()["location"]);
    second.forget_calls();
    first.forget_calls();
    assert_eq!(first, second);
    assert_ne!(first, publishing(), "a cancel changes something");
}

#[test]
fn time_may_be_anything() {
    for generation in [Generation::Migrated2020, Generation::NonMigrated2020] {
        let mut portal = portal(
            contoso()
                .generation(generation)
                .cancel(CancelBehavior::After(std::time::Duration::MAX))
                .operation(PublishOperation::new(ID).runs_for(std::time::Duration::MAX)),
        );
        let end = std::time::Duration::MAX;
        let location = location(&cancel(&mut portal, end));
        for url in [location, operation_url(ID), list_url("")] {
            assert_eq!(portal.handle(end, get(&url)).status(), 200, "{url}");
        }
    }
}
