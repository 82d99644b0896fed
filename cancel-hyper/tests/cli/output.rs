//! Output: what is on stdout, lines on stderr without a terminal, and output that cannot be written.

use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, Fault};

use crate::{TOKEN, command_at, json_of, program, run_at, serve, text};

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    for arguments in
        [&["--help"][..], &["--version"], &["--completions", "bash"], &["--simulate"], &["--simulate", "--json"]]
    {
        let output = program().args(arguments).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("error: the output cannot be written: No space left"), "{arguments:?}");
    }
    let unwritable = Stdio::from(OpenOptions::new().read(true).open("/dev/null").unwrap());
    let output = program().args(["--simulate", "--json"]).stdout(unwritable).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("the output cannot be written: Bad file descriptor"));
    let status = program().arg("--simulate").stderr(full()).stdout(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(0), "what is only for a person is not needed");
}

#[test]
fn without_a_terminal_each_change_is_a_line() {
    let served = serve(CancelBehavior::After(Duration::from_secs(300)));
    let output = command_at(&served.endpoint(), &[]).output().unwrap();
    let lines: Vec<_> = text(&output.stderr).lines().collect();
    for said in ["listing what is in progress (", "sending the cancel (", "cancel sent; the publish is running"] {
        assert!(
            lines.iter().any(|line| line.starts_with("contoso/contoso-offer: ") && line.contains(said)),
            "{lines:?}"
        );
    }
    let changes: Vec<_> = lines.iter().map(|line| line.split(" (").next()).collect();
    assert!(changes.windows(2).all(|pair| pair[0] != pair[1]), "{lines:?}");
    assert_eq!(text(&output.stdout).lines().count(), 1);
}

#[test]
fn an_error_tells_what_the_service_said_and_its_ids() {
    let served = serve(CancelBehavior::AtOnce);
    let details = r#"[{"code":"NoPlan","message":"The plan is missing."}]"#;
    let body = format!(r#"{{"error":{{"code":"Bad","message":"One or more errors","details":{details}}}}}"#);
    let refusal = Fault::status(400).body(body).header("x-ms-request-id", "r-1");
    let refusal = refusal.header("x-ms-correlation-request-id", "c-1");
    served.portal().script(Call::List, refusal.clone()).script(Call::List, refusal);
    let output = run_at(&served.endpoint(), TOKEN, &[]);
    let said = text(&output.stderr);
    for part in ["One or more errors", "NoPlan: The plan is missing.", "r-1", "c-1", "A cancel went out: no"] {
        assert!(said.contains(part), "{said}");
    }
    let error = &json_of(&run_at(&served.endpoint(), TOKEN, &["--json"]))["error"];
    assert_eq!((&error["request_id"], &error["correlation_request_id"]), (&"r-1".into(), &"c-1".into()));
    assert_eq!(error["details"][0]["code"], "NoPlan");
}

#[test]
fn help_names_what_a_person_needs_and_fits_a_terminal() {
    for flag in ["--help", "-h"] {
        let output = program().arg(flag).output().unwrap();
        let help = text(&output.stdout);
        for part in ["Examples:", "Exit codes", "AZURE_TOKEN", "SSL_CERT_FILE", "--token-command", "130"] {
            assert!(help.contains(part), "{help}");
        }
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
    let version = program().arg("--version").output().unwrap();
    assert_eq!(text(&version.stdout), concat!("cancel-publish ", env!("CARGO_PKG_VERSION"), "\n"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = program().args(["--completions", shell]).output().unwrap();
        assert!(text(&script.stdout).contains("token-command"), "{shell}");
    }
}
