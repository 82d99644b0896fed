//! The flags, and what each outcome prints.

use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, Fault};
use serde_json::json;

use crate::{TOKEN, json_of, program, run, run_at, serve, text};

#[test]
fn without_arguments_it_cancels_a_simulated_publish_and_says_so() {
    let output = program().output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("(simulated) contoso/contoso-offer: canceled. "), "{output:?}");
    assert!(text(&output.stderr).contains("nothing leaves this machine"));

    let printed = json_of(&program().args(["--simulate", "--json"]).output().unwrap());
    assert_eq!(printed["simulated"], true);
    assert_eq!(
        (&printed["outcome"], &printed["proof"], &printed["posted"], &printed["status"]),
        (&json!("canceled"), &json!("verified"), &json!("yes"), &json!("canceled"))
    );
    assert_eq!(printed["operations"][0]["status"], "canceled");
    assert!(printed["polls"].as_u64().unwrap() > 1);
}

/// Nothing but `--simulate` may make a person believe that a real publish was canceled.
#[test]
fn nothing_but_its_flag_starts_the_simulation() {
    for arguments in [
        &["--json"][..],
        &["--publisher", "contoso", "--json"],
        &["--offer", "contoso-offer", "--json"],
        &["--checkpoint", "/tmp/x", "--json"],
        &["--token-command", "echo x", "--json"],
        &["--deadline", "3s", "--json"],
        &["--simulate", "--endpoint", "http://127.0.0.1:9", "--json"],
        &["--simulate", "--checkpoint", "/tmp/x", "--json"],
        &["--simulate", "--token-command", "echo x", "--json"],
    ] {
        let output = program().args(arguments).output().unwrap();
        let printed = json_of(&output);
        assert_eq!(
            (&printed["error"]["kind"], output.status.code()),
            (&json!("invalid_input"), Some(2)),
            "{arguments:?}"
        );
        assert!(printed.get("simulated").is_none());
    }
    // With the offer named, the service is the real one: without a token it is not called.
    let output = program().args(["--publisher", "contoso", "--offer", "contoso-offer", "--json"]).output().unwrap();
    let message = &json_of(&output)["error"]["message"];
    assert!(message.as_str().unwrap().contains("AZURE_TOKEN is not set"), "{message}");
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
        (CancelBehavior::DoesNothing { completes_after: None }, &["--deadline", "3s"], "error", 4),
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
        assert_eq!(text(&plain.stdout).lines().count(), usize::from(code < 4), "a sentence, unless it is an error");
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
    assert!(printed["error"]["request_id"].is_string() && printed["error"]["advice"].is_string());
    assert!(stderr.contains("contoso/contoso-offer") && stderr.contains("cloudpartner.azure.com"), "{stderr}");
    assert!(!stderr.contains("another-token") && !text(&output.stdout).contains("another-token"));
}

#[test]
fn invalid_input_prints_one_object_and_sends_nothing() {
    let long = "a".repeat(129);
    let bad_ids = ["", ".", "..", "a/b", "a?b", "a#b", "a$b", "a%2Fb", "a\\b", "a b", "a@b", "a:b", "\u{e4}", &long];
    let ids = bad_ids.iter().flat_map(|id| [vec!["--offer", id], vec!["--publisher", id]]);
    let emails = ["", "a", "a@", "a@b,", "a@b\n,c@d", "a@b,,c@d"].map(|emails| vec!["--notify", emails]);
    let others = [
        vec!["--deadline", "soon"],
        vec!["--deadline", "0"],
        vec!["--deadline", "0s"],
        vec!["--poll-interval", "0s"],
        vec!["--poll-interval", "99ms"],
        vec!["--body-limit", "0"],
        vec!["--list-limit", "0"],
        vec!["--publisher", "contoso", "--offer", "a,b", "--operation", "x"],
        vec!["--publisher", "contoso", "--offer", "a,b,a"],
        vec!["--offers-from", "/no-such-file"],
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
        assert_eq!(text(&run(&arguments).stdout), "", "{arguments:?}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (arguments, says) in [
        (&["--until", "forever"][..], "[possible values: accepted, settled, verified]"),
        (&["--publishr", "x"], "--publisher"),
        (&["--publisher", "contoso", "--offer", "a,b", "--offer", "a"], "the offer a is named twice"),
        (&["--publisher", "contoso", "--offer", "a/b"], "--offer"),
        (&["--publisher", "contoso", "--offer", "a", "--poll-interval", "1ms"], "--poll-interval"),
        (&["--publisher", "contoso", "--offers-from", "/no-such-file"], "/no-such-file"),
        (&["--publisher", "contoso", "--offer", "a", "--ca-file", "/no-such-file"], "--ca-file /no-such-file"),
    ] {
        let output = run(&[arguments, &["--json"]].concat());
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
        assert!(json_of(&output)["error"]["message"].as_str().unwrap().contains(says));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn certificates_are_read_from_a_file_that_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, large) = (folder.path().join("pipe"), folder.path().join("large.pem"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::write(&large, "#".repeat((1 << 20) + 1)).unwrap();
    for (path, says) in [
        (pipe.to_str().unwrap(), "it is not a file"),
        ("/dev/zero", "it is not a file"),
        (large.to_str().unwrap(), "it is longer than 1 MiB"),
    ] {
        // Without the timeout it would wait for ever.
        let program = program();
        let mut bounded = std::process::Command::new("timeout");
        bounded.args(["--signal=KILL", "10"]).arg(program.get_program()).env("AZURE_TOKEN", TOKEN);
        bounded.args(["--publisher", "contoso", "--offer", "a", "--json", "--ca-file", path]);
        let output = bounded.output().unwrap();
        assert_eq!(json_of(&output)["error"]["message"], format!("--ca-file {path}: {says}"));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn offers_come_from_a_file_or_from_stdin() {
    let served = serve(CancelBehavior::AtOnce);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offers");
    std::fs::write(&file, "# the offers\n\n  contoso-offer  \r\n").unwrap();
    let at = ["--endpoint", &served.endpoint(), "--publisher", "contoso", "--json", "--offers-from"];
    let output = run(&[&at[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(json_of(&output)["outcome"], "canceled");

    let output = run(&[&at[..], &["-"]].concat());
    assert!(json_of(&output)["error"]["message"].as_str().unwrap().contains("there is no offer in it"));
    std::fs::write(&file, "contoso-offer\na/b\n").unwrap();
    let output = run(&[&at[..], &[file.to_str().unwrap()]].concat());
    assert!(json_of(&output)["error"]["message"].as_str().unwrap().contains("line 2: "));
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
        assert_eq!(json_of(&output)["error"]["kind"], "invalid_input");
        assert!(!text(&output.stdout).contains("pw@"), "{}", text(&output.stdout));
    }
    let served = serve(CancelBehavior::AtOnce);
    for (token, says) in [
        ("", "AZURE_TOKEN is empty: did the command that sets it fail?"),
        (" \n", "AZURE_TOKEN is empty"),
        ("a\nb", "AZURE_TOKEN holds no token"),
        ("a\r\nX: y", "AZURE_TOKEN holds no token"),
        ("Bearer x", "AZURE_TOKEN holds no token"),
        ("\u{e4}", "AZURE_TOKEN holds no token"),
    ] {
        let output = run_at(&served.endpoint(), token, &["--json"]);
        assert_eq!(json_of(&output)["error"]["kind"], "invalid_input", "{token:?}");
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
    }
    assert_eq!(served.portal().calls().len(), 0);
    let output = run_at(&served.endpoint(), &format!(" {TOKEN}\n"), &["--json"]);
    assert_eq!(json_of(&output)["outcome"], "canceled", "a token is trimmed");
}

#[test]
fn a_service_that_cannot_be_reached_is_told_within_seconds() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let start = std::time::Instant::now();
    for endpoint in [format!("http://{free}"), "https://no-such-host.invalid".to_owned()] {
        let output = run_at(&endpoint, TOKEN, &["--json", "--poll-interval", "1s"]);
        let printed = json_of(&output);
        assert_eq!((&printed["error"]["kind"], output.status.code()), (&json!("transport"), Some(2)), "{printed}");
        assert!(text(&output.stderr).contains(&format!("{endpoint} cannot be reached: ")), "{}", text(&output.stderr));
    }
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[test]
fn words_of_the_service_are_sanitized_for_the_terminal() {
    let served = serve(CancelBehavior::AtOnce);
    let list = r#"[{"id":"id-1","submissionState":"\u001b[2Jwaiting\u202e\u009b31m"}]"#;
    served.portal().script(Call::List, Fault::status(200).body(list));
    served.portal().script(Call::List, Fault::status(200).body(list));
    let word = "\u{fffd}[2Jwaiting\u{fffd}\u{fffd}31m";
    let output = run_at(&served.endpoint(), TOKEN, &["--dry-run"]);
    assert!(text(&output.stdout).contains(&format!("id-1 ({word})")), "{:?}", text(&output.stdout));
    let output = run_at(&served.endpoint(), TOKEN, &["--dry-run", "--json"]);
    assert!(text(&output.stdout).contains(&format!("\"{word}\"")), "{:?}", text(&output.stdout));
}
