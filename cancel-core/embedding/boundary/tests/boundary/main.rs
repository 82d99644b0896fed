//! What a caller can do to a session, right or wrong.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test panics when it fails")]

mod c;
mod conversation;
mod manual;
mod refusals;

use cancel_boundary::Session;
use serde_json::Value;

const BEGIN: &str = r#"{"call":"begin","now_ms":0,"request":{"publisher":"contoso","offer":"contoso-offer"}}"#;
const TOKEN: &str = "eyJ0eXAi-canary-canary-canary-canary-canary";

fn call(session: &mut Session, json: &str, bytes: &[u8]) -> Value {
    serde_json::from_slice(&session.call(json.as_bytes(), bytes)).unwrap()
}

fn step(session: &mut Session, now: u64) -> Value {
    call(session, &format!(r#"{{"call":"step","now_ms":{now}}}"#), b"")
}

/// A session whose list is in flight, as exchange 1.
fn listing(policy: &str) -> Session {
    let mut session = Session::new();
    let begin = BEGIN.replace("\"request\"", &format!("\"policy\":{policy},\"request\""));
    assert_eq!(call(&mut session, &begin, b""), serde_json::json!({}));
    assert_eq!(step(&mut session, 0)["step"], "authenticate");
    assert_eq!(call(&mut session, r#"{"call":"token"}"#, TOKEN.as_bytes()), serde_json::json!({}));
    assert_eq!(step(&mut session, 0)["step"], "send");
    session
}
