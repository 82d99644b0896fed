//! Scripted faults: what the client sees, and what the service did.

use cancel_core::testing::portal::{Call, CancelBehavior, Delivery, Fault, Portal, PublishOperation};

use crate::support::*;

fn publishing() -> Portal {
    portal(contoso().cancel(CancelBehavior::After(seconds(90))).operation(PublishOperation::new(ID)))
}

#[test]
fn what_the_client_sees_and_what_the_service_did() {
    let busy = || Fault::status(503).header("Retry-After", "2").body("busy");
    let table: [(Fault, Option<u16>, Delivery, &str); 6] = [
        (Fault::Pass, Some(202), Delivery::Whole, "canceled"),
        (busy().into(), Some(503), Delivery::Whole, "running"),
        (busy().after_processing(), Some(503), Delivery::Whole, "canceled"),
        (Fault::LoseRequest, None, Delivery::Dropped, "running"),
        (Fault::LoseAnswer, None, Delivery::Dropped, "canceled"),
        (Fault::CutBody { keep: 3 }, Some(202), Delivery::Whole, "canceled"),
    ];
    for (fault, seen, delivery, publish) in table {
        let mut portal = publishing();
        portal.script(Call::Cancel, fault.clone());
        let response = cancel(&mut portal, seconds(0));
        assert_eq!(Delivery::of(&response), delivery, "{fault:?}");
        assert_eq!(portal.calls()[0].status, seen, "{fault:?}");
        assert_eq!(portal.calls()[0].processed, publish == "canceled", "{fault:?}");
        assert_eq!(truth(&portal, seconds(90)), publish, "{fault:?}");
        assert_eq!(portal.posts(), 1, "{fault:?}");
        assert_eq!(portal.unplayed(), 0, "{fault:?}");
    }
}

#[test]
fn a_scripted_answer_is_exactly_what_was_scripted() {
    let mut portal = publishing();
    let scripted = Fault::status(429)
        .header("X-Thing", "1")
        .header("X-Thing", "2")
        .header("Operation-Location", "https://evil.example/")
        .body("no");
    portal.script(Call::Any, scripted);
    let response = cancel(&mut portal, seconds(0));
    assert_eq!(response.status(), 429);
    let names = response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    assert_eq!(
        names.collect::<Vec<_>>(),
        [("x-thing", "1"), ("x-thing", "2"), ("operation-location", "https://evil.example/"), ("content-length", "2")]
    );
    assert_eq!(response.body().as_ref(), b"no");
}

#[test]
fn an_answer_that_http_cannot_carry_is_seen_at_once() {
    for answer in [Fault::status(99), Fault::status(200).header("a b", "c"), Fault::status(200).header("a", "b\n")] {
        let mut portal = publishing();
        portal.script(Call::Cancel, answer);
        let response = cancel(&mut portal, seconds(0));
        assert_eq!(response.status(), 500);
        assert_eq!(response.body().as_ref(), b"the scripted answer cannot be sent");
    }
}

#[test]
fn faults_are_used_up_in_order_by_the_calls_that_they_wait_for() {
    let mut portal = publishing();
    portal
        .script(Call::Operation, Fault::Pass)
        .script(Call::Operation, Fault::status(500))
        .script(Call::Any, Fault::status(501))
        .script(Call::List, Fault::status(502))
        .script(Call::Status, Fault::status(503));
    let slot = format!("/api/operations/contoso$contoso-offer$2$preview?{VERSION}");
    let offer_status = format!("{OFFER}/status?{VERSION}");
    assert_eq!(portal.unplayed(), 5);
    for (url, expected) in [
        (operation_url(ID), 200),
        (slot, 500),
        (list_url(""), 501),
        (list_url(""), 502),
        (list_url(""), 200),
        (offer_status.clone(), 503),
        (offer_status, 200),
        ("/unknown".to_owned(), 404),
    ] {
        assert_eq!(portal.handle(seconds(0), get(&url)).status(), expected, "{url}");
    }
    assert_eq!(portal.unplayed(), 0);
    portal.script(Call::Any, Fault::status(418));
    assert_eq!(portal.handle(seconds(0), get("/unknown")).status(), 418);
}

#[test]
fn a_cut_body_keeps_its_promise_of_a_length() {
    for (keep, delivery) in [(0, Delivery::CutBody), (10, Delivery::CutBody), (usize::MAX, Delivery::Whole)] {
        let mut portal = publishing();
        let whole = portal.handle(seconds(0), get(&operation_url(ID)));
        portal.script(Call::Operation, Fault::CutBody { keep });
        let cut = portal.handle(seconds(0), get(&operation_url(ID)));
        assert_eq!(Delivery::of(&cut), delivery);
        assert_eq!(header(&cut, "content-length"), header(&whole, "content-length"));
        assert_eq!(cut.body(), &whole.body()[..keep.min(whole.body().len())]);
    }
}

#[test]
fn a_body_that_is_kept_to_its_last_byte_is_not_cut() {
    let mut portal = publishing();
    let whole = portal.handle(seconds(0), get(&list_url("")));
    portal.script(Call::List, Fault::CutBody { keep: whole.body().len() });
    let kept = portal.handle(seconds(0), get(&list_url("")));
    assert_eq!(Delivery::of(&kept), Delivery::Whole);
    assert_eq!(kept.body(), whole.body());
}

#[test]
fn a_scripted_204_has_no_length() {
    let mut portal = publishing();
    portal.script(Call::List, Fault::status(204)).script(Call::List, Fault::status(202));
    assert_eq!(header(&portal.handle(seconds(0), get(&list_url(""))), "content-length"), None);
    assert_eq!(header(&portal.handle(seconds(0), get(&list_url(""))), "content-length"), Some("0"));
}

#[test]
fn a_lost_answer_is_not_mistaken_for_one() {
    let mut portal = publishing();
    portal.script(Call::Cancel, Fault::LoseAnswer);
    let response = cancel(&mut portal, seconds(0));
    assert_eq!(response.status(), 599);
    assert!(header(&response, "location").is_none());
}

#[test]
fn a_processed_refusal_can_be_hidden_too() {
    let mut portal = publishing();
    portal.script(Call::Cancel, Fault::status(502).after_processing());
    let response = portal.handle(seconds(0), request("POST", &cancel_url()).body("").unwrap());
    assert_eq!(response.status(), 502);
    assert_eq!(truth(&portal, seconds(90)), "running", "refused with a 411 that nobody saw");
}
