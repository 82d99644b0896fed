//! `--token-command`: it runs whenever a fresh token is needed, and its output is not shown.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use cancel_core::testing::portal::{Call, CancelBehavior, Fault};
use serde_json::json;

use crate::{TOKEN, command_at, json_of, serve, text, wait_until};

fn run(endpoint: &str, command: &str) -> std::process::Output {
    command_at(endpoint, &["--json", "--token-command", command]).output().unwrap()
}

#[test]
fn a_command_gives_the_token() {
    let served = serve(CancelBehavior::After(Duration::from_secs(60)));
    let printed = json_of(&run(&served.endpoint(), &format!("echo; echo '  {TOKEN}'")));
    assert_eq!(printed["outcome"], "canceled");
}

#[test]
fn it_is_run_again_when_the_token_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let asked = folder.path().join("asked");
    let served = serve(CancelBehavior::After(Duration::from_secs(60)));
    served.portal().accept_token("short-lived-token", None).script(Call::Operation, Fault::status(401));
    let command =
        format!("if [ -e {0} ]; then echo {TOKEN}; else touch {0}; echo short-lived-token; fi", asked.display());
    let printed = json_of(&run(&served.endpoint(), &command));
    assert_eq!((&printed["outcome"], served.portal().posts()), (&json!("canceled"), 1));
}

#[test]
fn a_command_may_print_much_beside_the_token() {
    let served = serve(CancelBehavior::AtOnce);
    let command = format!(r#"printf '{{"x":"%060000d","accessToken":"{TOKEN}"}}' 7"#);
    assert_eq!(json_of(&run(&served.endpoint(), &command))["outcome"], "canceled");
}

#[test]
fn a_command_that_fails_is_an_error_of_its_own() {
    let served = serve(CancelBehavior::AtOnce);
    for (command, says) in [
        ("exit 7", "exit status: 7"),
        ("echo secret-words that-are-no-token", "printed no token"),
        ("true", "is empty"),
        ("no-such-command-anywhere", "127"),
        ("yes", "its output is longer than 64 KiB"),
    ] {
        let output = run(&served.endpoint(), command);
        let printed = json_of(&output);
        assert_eq!((&printed["error"]["kind"], output.status.code()), (&json!("token_source"), Some(2)), "{command}");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(says) && !stderr.contains("secret-words"), "{stderr}");
    }
    assert_eq!(served.portal().calls().len(), 0);
}

#[test]
fn the_json_of_the_azure_cli_is_read() {
    let served = serve(CancelBehavior::AtOnce);
    let command = format!(r#"printf '{{\n "accessToken": "{TOKEN}",\n "tokenType": "Bearer" }}\n'"#);
    assert_eq!(json_of(&run(&served.endpoint(), &command))["outcome"], "canceled");
}

#[test]
fn it_does_not_get_the_token_of_the_environment() {
    let served = serve(CancelBehavior::AtOnce);
    let command = format!("test -z \"$AZURE_TOKEN\" && echo {TOKEN}");
    assert_eq!(json_of(&run(&served.endpoint(), &command))["outcome"], "canceled");
}

/// A command may ask a person to sign in elsewhere, and end only then.
#[test]
fn a_line_on_its_stderr_is_shown_at_once() {
    let served = serve(CancelBehavior::AtOnce);
    let folder = tempfile::tempdir().unwrap();
    let entered = folder.path().join("entered");
    let command = "echo 'enter the code ABCD1234' >&2; until [ -e \"$ENTERED\" ]; do sleep 0.05; done; echo";
    let mut program = command_at(&served.endpoint(), &["--json", "--token-command", &format!("{command} {TOKEN}")]);
    program.env("ENTERED", &entered).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines();
    for line in said.map(Result::unwrap) {
        if line == "enter the code ABCD1234" {
            std::fs::write(&entered, "").unwrap();
        }
    }
    assert_eq!(json_of(&child.wait_with_output().unwrap())["outcome"], "canceled");
}

#[test]
fn its_stderr_is_readable_bounded_and_without_the_token() {
    let token = "an-opaque-token-of-more-than-32-characters";
    let served = serve(CancelBehavior::AtOnce);
    served.portal().accept_token(token, None);
    let show = "printf 'ERROR: AADSTS70043: Please run:\\n\\033[2Jaz login\\n' >&2";
    let output = run(&served.endpoint(), &format!("{show}; set -x; : {token}; sleep 0.3; echo {token}"));
    let said = text(&output.stderr);
    assert!(said.contains("ERROR: AADSTS70043: Please run:\n [2Jaz login\n+ : ***\n"), "{said}");
    assert_eq!(json_of(&output)["outcome"], "canceled");

    // It is not known yet what the token is. A code and a URL are for a person who waits.
    let url = "https://login.example/start?with=a-parameter-of-more-than-32-characters";
    let show = format!("echo {token} open {url} >&2; sleep 1.5; echo {token}");
    let said = run(&served.endpoint(), &show).stderr;
    assert!(text(&said).contains(&format!("*** open {url}\n")), "{}", text(&said));

    let output = run(&served.endpoint(), &format!("yes flood | head -c 1000000 >&2; echo {token}"));
    let said = text(&output.stderr);
    assert!(said.len() < 70_000 && said.contains("The rest is not shown."), "{} bytes", said.len());
    assert_eq!(json_of(&output)["outcome"], "nothing_running");
}

/// The command is a shell with a child: both are ended.
#[cfg(unix)]
#[test]
fn one_that_hangs_is_ended_at_the_deadline() {
    let served = serve(CancelBehavior::AtOnce);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let command = format!("echo asking >&2; sleep 300 & echo $! > {}; wait", file.display());
    let start = Instant::now();
    let output =
        command_at(&served.endpoint(), &["--json", "--token-command", &command, "--deadline", "4s"]).output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let printed = json_of(&output);
    assert_eq!((&printed["error"]["kind"], output.status.code()), (&json!("deadline"), Some(2)), "{printed}");
    let said = text(&output.stderr);
    assert!(said.contains("asking") && said.contains("no token was handed in"), "{said}");
    let pid = std::fs::read_to_string(file).unwrap();
    wait_until(|| !is_running(pid.trim()));
}

/// As a command does that starts an agent: its output stays open.
#[cfg(unix)]
#[test]
fn what_it_leaves_in_the_background_is_not_waited_for() {
    let served = serve(CancelBehavior::AtOnce);
    let blanks = "(while :; do printf ' '; sleep 0.2; done) & echo";
    let starts = ["sleep 60 & echo", "yes >&2 & echo", "sleep 60 & printf", blanks];
    for command in starts.map(|start| format!("{start} {TOKEN}")) {
        let arguments = ["--json", "--token-command", &command, "--deadline", "30s", "--dry-run"];
        let output = command_at(&served.endpoint(), &arguments).output().unwrap();
        assert_eq!(json_of(&output)["outcome"], "would_cancel", "{command}");
    }
    let arguments = ["--json", "--token-command", "sleep 60 & echo gone >&2; false", "--deadline", "30s"];
    let said = text(&command_at(&served.endpoint(), &arguments).output().unwrap().stderr).to_owned();
    assert!(said.contains("gone\n") && said.contains("the token command failed: exit status: 1"), "{said}");
}

/// As in a shell that prints through another process, which it does not wait for.
#[cfg(unix)]
#[test]
fn what_is_still_to_print_the_token_is_waited_for() {
    let served = serve(CancelBehavior::AtOnce);
    let (half, rest) = TOKEN.split_at(8);
    for command in
        [format!("(sleep 2; echo {TOKEN}) &"), format!("(sleep 2; printf {half}; sleep 0.5; echo {rest}; sleep 60) &")]
    {
        let arguments = ["--json", "--token-command", &command, "--deadline", "30s", "--dry-run"];
        let output = command_at(&served.endpoint(), &arguments).output().unwrap();
        assert_eq!(json_of(&output)["outcome"], "would_cancel", "{command}");
    }
}

/// One that was killed may wait for its parent to hear of it.
#[cfg(unix)]
pub(crate) fn is_running(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains("Z (zombie)"))
}
