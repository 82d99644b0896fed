//! The flags, and what each outcome prints.

use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, Fault};
use serde_json::json;

use crate::{TOKEN, example, json_of, run, run_at, serve, text};

#[test]
fn without_arguments_it_cancels_a_simulated_operation() {
    let output = run(&["--json", "--poll-interval", "100ms"]);
    let printed = json_of(&output);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        (&printed["outcome"], &printed["proof"], &printed["posted"], &printed["status"]),
        (&json!("canceled"), &json!("verified"), &json!("yes"), &json!("canceled"))
    );
    assert_eq!(printed["operations"][0]["status"], "canceled");
    assert!(printed["polls"].as_u64().unwrap() > 1);
    assert!(text(&output.stderr).contains("simulated portal at http://127.0.0.1:"));
}

#[test]
fn each_outcome_has_its_exit_code() {
    let minute = Duration::from_secs(60);
    for (behavior, arguments, outcome, code) in [
        (CancelBehavior::AtOnce, &["--until", "settled"][..], "canceled", 0),
        (CancelBehavior::After(minute), &["--until", "accepted"], "accepted", 0),
        (CancelBehavior::After(minute), &["--until", "settled"], "ended", 3),
        (CancelBehavior::Fails { after: minute }, &["--until", "settled"], "ended", 3),
        (CancelBehavior::After(minute), &[], "canceled", 0),
        (CancelBehavior::Fails { after: minute }, &[], "still_running", 1),
        (CancelBehavior::After(minute), &["--operation", "another"], "others_running", 1),
        (CancelBehavior::After(minute), &["--dry-run"], "would_cancel", 1),
        (CancelBehavior::DoesNothing { completes_after: None }, &["--deadline", "200ms"], "error", 2),
    ] {
        let served = serve(behavior);
        let output = run_at(&served.endpoint(), TOKEN, &[&["--json"], arguments].concat());
        let printed = json_of(&output);
        assert_eq!((&printed["outcome"], output.status.code()), (&json!(outcome), Some(code)), "{behavior:?}");
        if outcome == "accepted" {
            assert_eq!(printed["location"]["kind"], "migrated");
        }
        let served = serve(behavior);
        let plain = run_at(&served.endpoint(), TOKEN, arguments);
        assert_eq!(text(&plain.stdout).lines().count(), usize::from(code != 2), "a sentence, unless it is an error");
    }
}

#[test]
fn a_location_that_was_not_called_is_in_the_sentence() {
    let elsewhere = Fault::status(202).header("Location", "https://elsewhere.example/api/operations/a");
    for (until, says) in [("accepted", "accepted. "), ("verified", "canceled. ")] {
        let served = serve(CancelBehavior::AtOnce);
        served.portal().script(Call::Cancel, elsewhere.clone().after_processing());
        let output = run_at(&served.endpoint(), TOKEN, &["--until", until]);
        let shown = text(&output.stdout);
        assert!(shown.contains(says) && shown.contains("was not called: "), "{shown}");
        assert_eq!((output.status.code(), shown.lines().count()), (Some(0), 1));
    }
}

#[test]
fn what_stands_in_the_way_is_named() {
    let served = serve(CancelBehavior::AtOnce);
    let output = run_at(&served.endpoint(), TOKEN, &["--operation", "another"]);
    let shown = text(&output.stdout);
    assert!(shown.contains("is not in progress, and nothing was posted. In progress: id-1 (running)."), "{shown}");
    let output = run_at(&served.endpoint(), TOKEN, &["--operation", "another", "--json"]);
    assert_eq!(json_of(&output)["others"], json!([{ "id": "id-1", "status": "running" }]));
    assert_eq!(served.portal().posts(), 0);
}

#[test]
fn an_error_of_the_service_is_printed_in_full() {
    let served = serve(CancelBehavior::AtOnce);
    let output = run_at(&served.endpoint(), "another-token", &["--json"]);
    let printed = json_of(&output);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!((&printed["error"]["kind"], &printed["error"]["status"]), (&json!("unauthorized"), &json!(401)));
    assert!(printed["error"]["request_id"].is_string());
    let stderr = text(&output.stderr);
    assert!(stderr.contains("contoso/contoso-offer") && stderr.contains("cloudpartner.azure.com"), "{stderr}");
    assert!(!stderr.contains("another-token") && !text(&output.stdout).contains("another-token"));
}

#[test]
fn invalid_input_prints_one_line_and_one_object_and_sends_nothing() {
    let long = "a".repeat(129);
    let bad_ids = ["", ".", "..", "a/b", "a?b", "a#b", "a$b", "a%2Fb", "a\\b", "a b", "a@b", "a:b", "\u{e4}", &long];
    let ids = bad_ids.iter().flat_map(|id| [vec!["--offer", id], vec!["--publisher", id]]);
    let emails = ["", "a", "a@", "a@b,", "a@b\n,c@d", "a@b,,c@d"].map(|emails| vec!["--notify", emails]);
    let others = [
        vec!["--deadline", "soon"],
        vec!["--poll-interval", "-1s"],
        vec!["--until", "forever"],
        vec!["--operation", "a/b"],
        vec!["--operation", "a", "--until", "settled"],
        vec!["--dry-run", "--checkpoint", "x"],
        vec!["--no-such-flag"],
        vec!["argument"],
    ];
    for arguments in ids.chain(emails).chain(others) {
        let output = run(&[&arguments[..], &["--json"]].concat());
        let printed = json_of(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!((&printed["outcome"], &printed["posted"]), (&json!("error"), &json!("no")), "{arguments:?}");
        assert_eq!(printed["error"]["kind"], "invalid_input", "{arguments:?}");
        assert_eq!(text(&output.stderr).lines().count(), 1, "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&run(&arguments).stdout), "", "{arguments:?}");
    }
}

#[test]
fn an_invalid_endpoint_or_token_is_refused_before_anything_is_sent() {
    for endpoint in [
        "cloudpartner.azure.com",
        "https://cloudpartner.azure.com/api",
        "https://cloudpartner.azure.com?x",
        "https://me:pw@cloudpartner.azure.com",
        "http://cloudpartner.azure.com",
    ] {
        let output = run_at(endpoint, TOKEN, &["--json"]);
        let printed = json_of(&output);
        assert_eq!((&printed["error"]["kind"], &printed["offer"]), (&json!("invalid_input"), &json!("contoso-offer")));
        assert!(!text(&output.stderr).contains("pw"));
    }
    let served = serve(CancelBehavior::AtOnce);
    for token in ["", "a\nb", "a\r\nX: y", "Bearer x", "\u{e4}"] {
        let output = run_at(&served.endpoint(), token, &["--json"]);
        assert_eq!(json_of(&output)["error"]["kind"], "invalid_input", "{token:?}");
    }
    let output =
        example().args(["--endpoint", &served.endpoint(), "--publisher", "a", "--offer", "b"]).output().unwrap();
    assert_eq!(text(&output.stderr), "error: AZURE_TOKEN is not set: --endpoint needs a token, or a --token-command\n");
    assert_eq!(served.portal().calls().len(), 0);
}

#[test]
fn words_of_the_service_are_sanitized_for_the_terminal() {
    let served = serve(CancelBehavior::AtOnce);
    let list = r#"[{"id":"id-1","submissionState":"\u001b[2Jwaiting\u202e"}]"#;
    served.portal().script(Call::List, Fault::status(200).body(list));
    let output = run_at(&served.endpoint(), TOKEN, &["--dry-run"]);
    let shown = text(&output.stdout);
    assert!(shown.contains("id-1 ([2Jwaiting)") && !shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
}
