//! `--checkpoint`: a run that was killed at any moment is resumed by the next.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, End, Fault};
use cancel_hyper::portal::Served;
use serde_json::json;

use crate::{TOKEN, command_at, json_of, names, serve, text, wait_until};

pub(crate) fn command(served: &Served, checkpoint: &Path, arguments: &[&str]) -> Command {
    let mut command = command_at(&served.endpoint(), arguments);
    command.arg("--json").arg("--checkpoint").arg(checkpoint);
    command
}

fn run(served: &Served, checkpoint: &Path, arguments: &[&str]) -> Output {
    command(served, checkpoint, arguments).output().unwrap()
}

/// Starts the program and kills it this long after so many more calls. It must not end before.
fn kill_after(served: &Served, checkpoint: &Path, arguments: &[&str], calls: usize, time: Duration) {
    let before = served.portal().calls().len();
    let mut child = command(served, checkpoint, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| served.portal().calls().len() >= before + calls);
    thread::sleep(time);
    assert!(child.try_wait().unwrap().is_none(), "it has ended, and nothing was tested");
    // SIGKILL, on Unix.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_run_that_was_killed_at_any_moment_ends_like_one_that_was_not() {
    for round in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = folder.path().join("run.json");
        // Nothing ends before the last run, even on a slow machine.
        let served = serve(CancelBehavior::DoesNothing { completes_after: None });
        // The answer to the POST is lost, so that there is time to kill the run with a POST in doubt.
        if round % 3 == 2 {
            served.portal().script(Call::Cancel, Fault::LoseAnswer);
        }
        for kill in 0..3 {
            let calls = 1 + (round + kill) % 4;
            kill_after(&served, &checkpoint, &[], calls, Duration::from_millis((round / 4 * 7) as u64));
        }
        let last = command(&served, &checkpoint, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until(|| served.portal().posts() > 0);
        let now = served.now();
        served.portal().end_operation(now, "contoso", "contoso-offer", "id-1", End::Canceled).unwrap();
        let output = last.wait_with_output().unwrap();
        let printed = json_of(&output);
        assert_eq!(
            (&printed["outcome"], &printed["proof"]),
            (&json!("canceled"), &json!("verified")),
            "round {round}: {printed} {}",
            text(&output.stderr)
        );
        let posts = served.portal().posts();
        assert!((1..=5).contains(&posts), "round {round}: {posts} POSTs");
        assert!(!checkpoint.exists(), "there is an outcome");
    }
}

#[test]
fn without_a_list_a_run_that_was_killed_ends_as_ambiguous_or_as_usual() {
    let mut ended = 0;
    for round in 0..6 {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = folder.path().join("run.json");
        let served = serve(CancelBehavior::LosesRace);
        let calls = 1 + round % 3;
        kill_after(&served, &checkpoint, &["--until", "settled"], calls, Duration::from_millis((round / 3) as u64));
        // The cancel completes with the publish.
        let now = served.now();
        served.portal().end_operation(now, "contoso", "contoso-offer", "id-1", End::Completed).unwrap();
        let printed = json_of(&run(&served, &checkpoint, &["--until", "settled"]));
        let ambiguous = printed["error"]["kind"] == "ambiguous";
        assert!(ambiguous || printed["outcome"] == "ended", "round {round}: {printed}");
        assert_eq!(served.portal().posts(), 1, "round {round}");
        assert_eq!(checkpoint.exists(), ambiguous);
        ended += usize::from(!ambiguous);
    }
    assert!(ended >= 3, "a run that had a location is resumed there");
}

#[test]
fn it_is_kept_after_an_error_and_the_next_run_resumes_it() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("run.json");
    // At the portal's speed that is four seconds: on a busy machine the first run posts, and ends before.
    let served = serve(CancelBehavior::After(Duration::from_secs(4000)));
    let output = run(&served, &checkpoint, &["--deadline", "2s"]);
    let printed = json_of(&output);
    assert_eq!((&printed["error"]["kind"], output.status.code()), (&json!("deadline"), Some(4)));
    assert!(printed["next"].as_str().unwrap().contains("run.json"), "{printed}");
    let written = fs::read_to_string(&checkpoint).unwrap();
    assert!(written.starts_with("{\"version\":1,") && !written.contains(TOKEN), "{written}");
    let printed = json_of(&run(&served, &checkpoint, &[]));
    assert_eq!((&printed["outcome"], served.portal().posts()), (&json!("canceled"), 1));
    assert!(!checkpoint.exists());
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_a_file_is_not_read() {
    let served = serve(CancelBehavior::AtOnce);
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let printed = json_of(&run(&served, &pipe, &[]));
    assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!("maybe")));
    assert!(printed["error"]["message"].as_str().unwrap().contains("it is not a file"), "{printed}");
    assert_eq!(served.portal().calls().len(), 0);
}

#[test]
fn a_folder_holds_the_checkpoint_of_one_offer_too() {
    let served = serve(CancelBehavior::After(Duration::from_secs(500)));
    let folder = tempfile::tempdir().unwrap();
    json_of(&run(&served, folder.path(), &["--deadline", "60ms"]));
    assert_eq!(names(folder.path()), ["contoso+contoso-offer.json"]);
}

#[cfg(unix)]
#[test]
fn it_is_private_and_what_stands_beside_it_is_not_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let served = serve(CancelBehavior::After(Duration::from_secs(500)));
    let folder = tempfile::tempdir().unwrap();
    let (checkpoint, victim) = (folder.path().join("run.json"), folder.path().join("victim"));
    fs::write(&victim, "untouched").unwrap();
    symlink(&victim, folder.path().join("run.json.new")).unwrap();
    json_of(&run(&served, &checkpoint, &["--deadline", "60ms"]));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&checkpoint), 0o600);
    let made = folder.path().join("made");
    json_of_many(&command(&served, &made, &["--deadline", "60ms", "--offer", "another"]).output().unwrap());
    assert_eq!(mode(&made), 0o700);

    fs::remove_file(&checkpoint).unwrap();
    symlink(&victim, folder.path().join("run.json.lock")).unwrap();
    let printed = json_of(&run(&served, &checkpoint, &[]));
    assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!("no")), "{printed}");
    assert!(printed["error"]["message"].as_str().unwrap().contains("cannot be locked"), "{printed}");
}

#[cfg(unix)]
fn json_of_many(output: &Output) {
    assert!(text(&output.stdout).lines().count() > 1, "{}", text(&output.stderr));
}

#[test]
fn one_process_at_a_time_has_a_checkpoint() {
    let served = serve(CancelBehavior::DoesNothing { completes_after: None });
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("run.json");
    let mut first = command(&served, &checkpoint, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| served.portal().posts() > 0);
    let output = run(&served, &checkpoint, &[]);
    let printed = json_of(&output);
    assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!("no")));
    assert!(text(&output.stderr).contains("run.json is in use by another process"), "{}", text(&output.stderr));
    first.kill().unwrap();
    first.wait().unwrap();
    // The system has freed the lock of the one that was killed.
    let printed = json_of(&run(&served, &checkpoint, &["--deadline", "60ms"]));
    assert_eq!((&printed["error"]["kind"], served.portal().posts()), (&json!("deadline"), 1), "{printed}");
    assert_eq!(names(folder.path()), ["run.json"]);
}

#[test]
fn the_checkpoint_of_another_run_is_refused_and_kept() {
    let served = serve(CancelBehavior::AtOnce);
    let other = serve(CancelBehavior::AtOnce);
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("run.json");
    served.portal().script(Call::List, Fault::status(403));
    json_of(&run(&served, &checkpoint, &[]));
    let calls = served.portal().calls().len();
    let written = fs::read_to_string(&checkpoint).unwrap();
    let of_request = |member: &str| written.replace("\"request\":{", &format!("\"request\":{{{member},"));
    for (text, arguments, says, code) in [
        (written.clone(), &["--until", "settled"][..], "it has --until verified", 2),
        (written.clone(), &["--notify", "a@b"], "it has no --notify", 2),
        (written.clone(), &["--operation", "x"], "it has no --operation", 2),
        (written.replace(&served.endpoint(), &other.endpoint()), &[], "it has --endpoint", 2),
        (written.replace("contoso-offer", "offer-b"), &[], "it has --offer offer-b", 2),
        (written.replace("\"posted\":\"no\"", "\"posted\":\"yes\"").replace("contoso-offer", "b"), &[], "--offer b", 2),
        // No flag asks for these.
        (of_request("\"even_with_others\":true"), &[], "it has even_with_others, which no flag asks for", 2),
        (of_request("\"if_match\":\"*\""), &[], "it has if_match, which no flag asks for", 2),
        (of_request("\"client_request_id\":\"x\""), &[], "it has client_request_id, which no flag asks for", 2),
        // What stands in these is not known.
        (written.replace("\"version\":1", "\"version\":2"), &[], "is of version 2", 4),
        (written.split_at(written.len() / 2).0.to_owned(), &[], "cannot be read", 4),
        (String::new(), &[], "cannot be read", 4),
    ] {
        fs::write(&checkpoint, &text).unwrap();
        let output = run(&served, &checkpoint, arguments);
        let printed = json_of(&output);
        assert_eq!((&printed["error"]["kind"], output.status.code()), (&json!("checkpoint"), Some(code)), "{says}");
        let said = crate::text(&output.stderr);
        assert!(said.contains(says) && said.contains("run.json"), "{said}");
        assert_eq!(fs::read_to_string(&checkpoint).unwrap(), text);
    }
    assert_eq!(served.portal().calls().len() + other.portal().calls().len(), calls);
}
