//! `--token-command`: it runs whenever a fresh token is needed, and its output is not shown.

use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, Fault};
use serde_json::json;

use crate::{TOKEN, bounded, example, json_of, serve, text};

fn run(endpoint: &str, command: &str) -> std::process::Output {
    let fixed = ["--publisher", "contoso", "--offer", "contoso-offer", "--poll-interval", "5ms", "--json"];
    let fixed = [&fixed[..], bounded(&[])].concat();
    example().args(["--endpoint", endpoint, "--token-command", command]).args(fixed).output().unwrap()
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
fn a_command_that_fails_is_an_error_of_its_own() {
    let served = serve(CancelBehavior::AtOnce);
    for (command, says) in [
        ("exit 7", "exit status: 7"),
        ("echo secret-words that-are-no-token", "printed no token"),
        ("true", "is empty"),
        ("no-such-command-anywhere", "127"),
    ] {
        let output = run(&served.endpoint(), command);
        let printed = json_of(&output);
        assert_eq!((&printed["error"]["kind"], output.status.code()), (&json!("token_source"), Some(2)), "{command}");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(says) && !stderr.contains("secret-words"), "{stderr}");
    }
    assert_eq!(served.portal().calls().len(), 0);
}
