//! Calls that are wrong: each is refused, and changes nothing.

use cancel_boundary::Session;

use crate::{BEGIN, TOKEN, call, listing, step};

/// That a call is refused, and that nothing has changed.
fn refuses(session: &mut Session, json: &str, bytes: &[u8]) -> String {
    let before = format!("{session:?}");
    let answer = call(session, json, bytes);
    assert_eq!(format!("{session:?}"), before, "{json}");
    answer["refused"].as_str().unwrap_or_else(|| panic!("{json} was taken: {answer}")).to_owned()
}

#[test]
fn what_is_no_call() {
    for session in [&mut Session::new(), &mut listing("{}")] {
        for json in ["", "{", "[]", "null", "{}", "\u{feff}{}", r#"{"call":"close"}"#, r#"{"call":1}"#, "\0"] {
            refuses(session, json, b"");
        }
        refuses(session, &"[".repeat(100_000), b"");
        let broken = session.call(b"\xff\xfe", b"");
        assert!(broken.starts_with(br#"{"refused":"#));
    }
}

#[test]
fn a_member_that_is_missing_unknown_or_no_time() {
    let mut session = listing("{}");
    for json in [
        r#"{"call":"step"}"#,
        r#"{"call":"step","now_ms":-1}"#,
        r#"{"call":"step","now_ms":1.5}"#,
        r#"{"call":"step","now_ms":"1"}"#,
        r#"{"call":"step","now_ms":1,"now":1}"#,
        r#"{"call":"step","now_ms":1,"now_ms":1}"#,
        r#"{"call":"response","now_ms":1,"id":1}"#,
        r#"{"call":"response","now_ms":1,"id":1,"status":200,"body":"whole"}"#,
        r#"{"call":"failure","now_ms":1,"id":1,"failure":"lost"}"#,
        r#"{"call":"progress","now_ms":1}"#,
    ] {
        refuses(&mut session, json, b"\r\n[]");
    }
}

#[test]
fn before_it_has_begun_and_twice() {
    let calls = [
        (r#"{"call":"step","now_ms":1}"#, ""),
        (r#"{"call":"token"}"#, TOKEN),
        (r#"{"call":"response","now_ms":1,"id":1,"status":200}"#, "\r\n"),
        (r#"{"call":"failure","now_ms":1,"id":1,"failure":"dropped"}"#, ""),
        (r#"{"call":"checkpoint"}"#, ""),
        (r#"{"call":"progress"}"#, ""),
        (r#"{"call":"pass_time","now_ms":1}"#, ""),
    ];
    for (json, bytes) in calls {
        assert!(refuses(&mut Session::new(), json, bytes.as_bytes()).contains("has not begun"), "{json}");
    }
    assert!(refuses(&mut listing("{}"), BEGIN, b"").contains("has begun"));
    let checkpoint = call(&mut listing("{}"), r#"{"call":"checkpoint"}"#, b"")["checkpoint"].to_string();
    let resume = format!(r#"{{"call":"resume","now_ms":1,"checkpoint":{checkpoint}}}"#);
    assert!(refuses(&mut listing("{}"), &resume, b"").contains("has begun"));
}

#[test]
fn an_exchange_that_is_not_in_flight() {
    for id in [0, 2, u64::MAX] {
        let answer = format!(r#"{{"call":"response","now_ms":1,"id":{id},"status":200}}"#);
        let failure = format!(r#"{{"call":"failure","now_ms":1,"id":{id},"failure":"not_sent"}}"#);
        for session in [&mut listing("{}"), &mut { listing("{}") }] {
            assert!(refuses(session, &answer, b"\r\n[]").contains("not in flight"));
            assert!(refuses(session, &answer, b"unusable\r\n\r\n").contains("not in flight"));
            assert!(refuses(session, &failure, b"").contains("not in flight"));
        }
    }
}

#[test]
fn bytes_that_are_not_what_the_call_needs() {
    let mut session = listing("{}");
    let answer = r#"{"call":"response","now_ms":1,"id":1,"status":200}"#;
    assert!(refuses(&mut session, answer, b"[]").contains("blank line"));
    for token in [&b""[..], b"a b", b"\xff", b"Bearer a"] {
        refuses(&mut session, r#"{"call":"token"}"#, token);
    }
    assert_eq!(step(&mut session, 1)["step"], "await", "the exchange is still in flight");
}

#[test]
fn values_that_the_core_refuses() {
    for (from, to) in [
        ("contoso-offer", "a/b"),
        ("\"now_ms\":0", r#""now_ms":0,"endpoint":"http://example.com""#),
        ("\"now_ms\":0", r#""now_ms":0,"api_version":"1&2""#),
        ("\"now_ms\":0", r#""now_ms":0,"policy":{"deadline":1}"#),
        ("\"now_ms\":0", r#""now_ms":0,"policy":{"until":"never"}"#),
    ] {
        refuses(&mut Session::new(), &BEGIN.replace(from, to), b"");
    }
    for checkpoint in ["1", "{}", r#"{"version":99}"#, "null"] {
        let resume = format!(r#"{{"call":"resume","now_ms":1,"checkpoint":{checkpoint}}}"#);
        let mut session = Session::new();
        refuses(&mut session, &resume, b"");
        assert_eq!(call(&mut session, &resume, b"")["result"]["error"]["kind"], "checkpoint");
    }
}
