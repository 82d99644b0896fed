//! A conversation from its beginning to its end, and what crosses the boundary in it.

use cancel_boundary::Session;
use serde_json::{Value, json};

use crate::{BEGIN, TOKEN, call, listing, step};

fn answer(session: &mut Session, now: u64, id: u64, status: u16, body: &str) -> Value {
    let json = format!(r#"{{"call":"response","now_ms":{now},"id":{id},"status":{status}}}"#);
    call(session, &json, format!("Content-Type: application/json\r\n\r\n{body}").as_bytes())
}

#[test]
fn it_ends_with_the_outcome_of_the_manual() {
    let mut session = Session::new();
    let begin = BEGIN
        .replace("\"offer\"", "\"notify\":\"a@contoso.com\",\"offer\"")
        .replace("\"request\"", "\"policy\":{\"list_limit\":1000},\"request\"");
    assert_eq!(call(&mut session, &begin, b""), json!({}));
    assert_eq!(step(&mut session, 0), json!({ "step": "authenticate", "reason": "first_use" }));
    call(&mut session, r#"{"call":"token"}"#, TOKEN.as_bytes());
    let list = step(&mut session, 10);
    assert_eq!((&list["id"], &list["method"], &list["headers"]), (&json!(1), &json!("GET"), &json!({})));
    let url = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/submissions/";
    assert!(list["url"].as_str().unwrap().starts_with(url), "{list}");
    assert_eq!((&list["timeout_ms"], &list["until_ms"]), (&json!(30_000), &json!(30_010)));
    assert_eq!((&list["body_limit"], &list["loopback"]), (&json!(1000), &json!(false)));
    assert_eq!(session.authorization(), format!("Bearer {TOKEN}").as_bytes());
    assert_eq!(session.body(), b"");

    assert_eq!(answer(&mut session, 20, 1, 200, r#"[{"id":"a","submissionState":"running"}]"#), json!({}));
    assert_eq!(session.authorization(), b"");
    let post = step(&mut session, 20);
    let headers = json!({ "content-length": session.body().len().to_string(), "content-type": "application/json" });
    assert_eq!((&post["method"], &post["headers"]), (&json!("POST"), &headers));
    assert_eq!(session.body(), br#"{"metadata":{"notification-emails":"a@contoso.com"}}"#);
    assert_eq!(answer(&mut session, 30, 2, 200, ""), json!({}));
    let wait = step(&mut session, 30);
    assert_eq!(wait["step"], "wait");
    let due = wait["until_ms"].as_u64().unwrap();
    assert!(due >= 1030, "{wait}");
    assert_eq!(wait["wait_ms"], due - 30);
    assert_eq!(step(&mut session, due)["id"], 3);
    answer(&mut session, due, 3, 200, r#"{"status":"canceled"}"#);
    let end = json!({
        "step": "done",
        "result": {
            "outcome": "canceled", "proof": "verified", "posted": "yes", "status": "canceled",
            "operations": [{ "id": "a", "status": "canceled" }],
        },
    });
    assert_eq!(step(&mut session, due), end);
    assert_eq!(call(&mut session, r#"{"call":"checkpoint"}"#, b""), json!({}), "there is nothing to resume");
}

#[test]
fn the_token_is_in_no_json() {
    let mut session = listing("{}");
    for now in [1, 2] {
        assert!(!step(&mut session, now).to_string().contains("canary"));
    }
    for name in ["checkpoint", "progress"] {
        assert!(!call(&mut session, &format!(r#"{{"call":"{name}"}}"#), b"").to_string().contains("canary"));
    }
    answer(&mut session, 3, 1, 418, TOKEN);
    assert!(!step(&mut session, 4).to_string().contains("canary"));
    assert!(!format!("{session:?}").contains("canary"));
}

#[test]
fn a_limit_is_never_0_and_never_too_long() {
    let mut session = listing(r#"{"attempt_timeout_ms":0}"#);
    let again = step(&mut session, 0);
    assert_ne!(again["step"], "done");
    let mut session = Session::new();
    call(&mut session, &BEGIN.replace("\"request\"", r#""policy":{"attempt_timeout_ms":0},"request""#), b"");
    call(&mut session, r#"{"call":"token"}"#, TOKEN.as_bytes());
    let send = step(&mut session, 7);
    assert_eq!((&send["timeout_ms"], &send["until_ms"]), (&json!(1), &json!(7)));
}

#[test]
fn a_wait_ends_when_it_is_over() {
    let mut session = listing(r#"{"poll_interval_ms":1}"#);
    call(&mut session, r#"{"call":"failure","now_ms":0,"id":1,"failure":"not_sent","why":"refused"}"#, b"");
    let wait = step(&mut session, 0);
    assert_eq!(wait["step"], "wait");
    assert_eq!(step(&mut session, wait["until_ms"].as_u64().unwrap())["step"], "send", "it was rounded up");
}

#[test]
fn an_exchange_in_flight_is_awaited_until_its_time_is_over() {
    let mut session = listing("{}");
    assert_eq!(step(&mut session, 5), json!({ "step": "await", "id": 1, "until_ms": 30_000 }));
    assert_ne!(session.authorization(), b"");
    assert_eq!(step(&mut session, 30_000)["step"], "wait");
    assert_eq!(session.authorization(), b"");
}

#[test]
fn it_resumes_from_its_checkpoint() {
    let mut session = listing("{}");
    answer(&mut session, 20, 1, 200, r#"[{"id":"a","submissionState":"running"}]"#);
    step(&mut session, 20);
    let checkpoint = call(&mut session, r#"{"call":"checkpoint"}"#, b"")["checkpoint"].to_string();
    let mut resumed = Session::new();
    let resume = format!(r#"{{"call":"resume","now_ms":30,"checkpoint":{checkpoint}}}"#);
    assert_eq!(call(&mut resumed, &resume, b""), json!({}));
    let progress = call(&mut resumed, r#"{"call":"progress"}"#, b"");
    assert_eq!(progress["progress"]["posted"], "maybe", "{progress}");
}

#[test]
fn a_head_that_cannot_be_read_is_a_failure() {
    for (status, head) in
        [(200, "no colon\r\n\r\n[]"), (200, "a: \0\r\n\r\n[]"), (99, "\r\n[]"), (103, "\r\n[]"), (1 << 20, "\r\n[]")]
    {
        let mut session = listing("{}");
        let json = format!(r#"{{"call":"response","now_ms":1,"id":1,"status":{status}}}"#);
        assert!(call(&mut session, &json, head.as_bytes())["unusable"].is_string(), "{head:?}");
        assert_eq!(step(&mut session, 1)["step"], "wait", "it is tried again");
    }
}

#[test]
fn a_body_that_did_not_arrive_whole_is_known_as_such() {
    for (arrived, next) in [("cut_off", "wait"), ("too_large", "done")] {
        let mut session = listing("{}");
        let json = format!(r#"{{"call":"response","now_ms":1,"id":1,"status":200,"body":"{arrived}"}}"#);
        call(&mut session, &json, b"\r\n[]");
        assert_eq!(step(&mut session, 1)["step"], next, "{arrived}");
    }
}
