//! The conversation that the manual shows takes place as it stands there.

use cancel_boundary::Session;
use serde_json::Value;

use crate::call;

#[test]
fn the_conversation_of_the_manual() {
    let page = include_str!("../../../../src/guide/embedding.md");
    let conversation = page.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let mut session = Session::new();
    let mut count = 0;
    // An answer is indented. It may have more than one line.
    for part in conversation.split("\n{").map(|part| part.trim_start_matches('{')) {
        let (call_line, answer) = part.split_once('\n').unwrap();
        let (json, bytes) = call_line.split_once("bytes: ").unwrap_or((call_line, ""));
        let expected: Value = serde_json::from_str(answer).unwrap();
        let mut said = call(&mut session, &format!("{{{json}"), bytes.replace("\\r\\n", "\r\n").as_bytes());
        if said.get("url").is_some() {
            said["url"] = "https://…".into();
        }
        assert_eq!(said, expected, "{call_line}");
        count += 1;
    }
    assert_eq!(count, 6);
}
