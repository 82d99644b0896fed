//! Scripted faults: what the client gets, and what the service did.

use cancel_core::testing::portal::{Call, Delivery, Fault};

use crate::support::*;

#[test]
fn what_the_client_gets_and_what_the_service_did() {
    let busy = || Fault::status(503).header("Retry-After", "2").body("busy");
    let table: [(Fault, Option<u16>, Delivery, &str); 6] = [
        (Fault::Pass, Some(202), Delivery::Whole, "canceled"),
        (busy().into(), Some(503), Delivery::Whole, "running"),
        (busy().after_processing(), Some(503), Delivery::Whole, "canceled"),
        (Fault::LoseRequest, None, Delivery::Dropped, "running"),
        (Fault::LoseAnswer, None, Delivery::Dropped, "canceled"),
        (Fault::CutBody { keep: 3 }, Some(202), Delivery::Whole, "canceled"),
    ];
    for (fault, status, delivery, publish) in table {
        let mut portal = portal(publishing());
        portal.script(Call::Cancel, fault.clone());
        let response = cancel(&mut portal, 0);
        assert_eq!(Delivery::of(&response), delivery, "{fault:?}");
        if delivery == Delivery::Dropped {
            // The placeholder must not be mistaken for an answer.
            assert_eq!((response.status().as_u16(), header(&response, "location")), (599, None), "{fault:?}");
        }
        assert_eq!(portal.calls()[0].status, status, "{fault:?}");
        assert_eq!(portal.calls()[0].processed, publish == "canceled", "{fault:?}");
        assert_eq!(truth(&portal, 90), [publish], "{fault:?}");
        assert_eq!((portal.posts(), portal.unplayed()), (1, 0), "{fault:?}");
    }
    let mut portal = portal(publishing());
    portal.script(Call::Cancel, Fault::status(502).after_processing());
    let refused = request("POST cancel", &[("content-length", ABSENT)], "");
    assert_eq!(portal.handle(seconds(0), refused).status(), 502);
    assert_eq!(truth(&portal, 90), ["running"], "the service refused it, and the client cannot know");
}

#[test]
fn a_scripted_answer_is_exactly_what_was_scripted() {
    let mut portal = portal(publishing());
    let scripted = Fault::status(429)
        .header("X-Thing", "1")
        .header("X-Thing", "2")
        .header("Operation-Location", "https://evil.example/")
        .body("no");
    portal.script(Call::Any, scripted).script(Call::List, Fault::status(204)).script(Call::List, Fault::status(202));
    let response = cancel(&mut portal, 0);
    assert_eq!((response.status().as_u16(), response.body().as_ref()), (429, &b"no"[..]));
    let headers = response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    assert_eq!(
        headers.collect::<Vec<_>>(),
        [("x-thing", "1"), ("x-thing", "2"), ("operation-location", "https://evil.example/"), ("content-length", "2")]
    );
    for length in [None, Some("0")] {
        assert_eq!(header(&get(&mut portal, 0, "submissions/"), "content-length"), length, "a 204 has none");
    }
}

#[test]
fn an_answer_that_http_cannot_carry_becomes_a_500() {
    for answer in [Fault::status(99), Fault::status(200).header("a b", "c"), Fault::status(200).header("a", "b\n")] {
        let mut portal = portal(publishing());
        portal.script(Call::Cancel, answer);
        let response = cancel(&mut portal, 0);
        assert_eq!(response.status(), 500);
        assert_eq!(response.body().as_ref(), b"the scripted answer cannot be sent");
    }
}

#[test]
fn each_fault_waits_for_the_next_call_of_its_kind() {
    let mut portal = portal(publishing());
    portal
        .script(Call::Operation, Fault::Pass)
        .script(Call::Operation, Fault::status(500))
        .script(Call::Any, Fault::status(501))
        .script(Call::List, Fault::status(502))
        .script(Call::Status, Fault::status(503));
    assert_eq!(portal.unplayed(), 5);
    for (path, expected) in [
        (&*operation(), 200),
        (SLOT, 500),
        ("submissions/", 501),
        ("submissions/", 502),
        ("submissions/", 200),
        ("status", 503),
        ("status", 200),
        ("/unknown", 404),
    ] {
        assert_eq!(get(&mut portal, 0, path).status(), expected, "{path}");
    }
    assert_eq!(portal.unplayed(), 0);
    portal.script(Call::Any, Fault::status(418));
    assert_eq!(get(&mut portal, 0, "/unknown").status(), 418);
}

#[test]
fn a_cut_body_keeps_the_length_that_was_promised() {
    let mut portal = portal(publishing());
    let whole = get(&mut portal, 0, "submissions/");
    let length = whole.body().len();
    for (keep, delivery) in [
        (0, Delivery::CutBody),
        (10, Delivery::CutBody),
        (length - 1, Delivery::CutBody),
        (length, Delivery::Whole),
        (usize::MAX, Delivery::Whole),
    ] {
        portal.script(Call::List, Fault::CutBody { keep });
        let cut = get(&mut portal, 0, "submissions/");
        assert_eq!(Delivery::of(&cut), delivery, "{keep}");
        assert_eq!(header(&cut, "content-length"), header(&whole, "content-length"));
        assert_eq!(cut.body(), &whole.body()[..keep.min(length)]);
    }
}
