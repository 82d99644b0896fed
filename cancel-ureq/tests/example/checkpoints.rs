//! `--checkpoint`: a run that was killed at any moment is resumed by the next.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cancel_core::testing::portal::{Call, CancelBehavior, End, Fault, Portal};
use cancel_hyper::portal::Served;
use serde_json::json;

use crate::{TOKEN, bounded, example, json_of, serve, text};

fn command(served: &Served, checkpoint: &Path, arguments: &[&str]) -> Command {
    let fixed = ["--publisher", "contoso", "--offer", "contoso-offer", "--poll-interval", "10ms", "--json"];
    let mut command = example();
    command.args(["--endpoint", &served.endpoint(), "--checkpoint"]).arg(checkpoint).args(fixed);
    command.args(bounded(arguments)).args(arguments);
    command.env("AZURE_TOKEN", TOKEN);
    command
}

fn run(served: &Served, checkpoint: &Path, arguments: &[&str]) -> Output {
    command(served, checkpoint, arguments).output().unwrap()
}

/// Waits until the portal is in this state.
fn wait_until(served: &Served, is_so: impl Fn(&Portal) -> bool) {
    let start = Instant::now();
    while !is_so(&served.portal()) {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not get there");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Starts the example and kills it this long after so many more calls. It must not end before.
fn kill_after(served: &Served, checkpoint: &Path, arguments: &[&str], calls: usize, time: Duration) {
    let before = served.portal().calls().len();
    let mut child = command(served, checkpoint, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(served, |portal| portal.calls().len() >= before + calls);
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
        wait_until(&served, |portal| portal.posts() > 0);
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
    let served = serve(CancelBehavior::After(Duration::from_secs(500)));
    let printed = json_of(&run(&served, &checkpoint, &["--deadline", "60ms"]));
    assert_eq!(printed["error"]["kind"], "deadline");
    let written = fs::read_to_string(&checkpoint).unwrap();
    assert!(written.starts_with("{\"version\":1,") && !written.contains(TOKEN), "{written}");
    let printed = json_of(&run(&served, &checkpoint, &[]));
    assert_eq!((&printed["outcome"], served.portal().posts()), (&json!("canceled"), 1));
    assert!(!checkpoint.exists());
}

#[test]
fn nothing_is_posted_where_it_cannot_be_written() {
    let served = serve(CancelBehavior::AtOnce);
    let nowhere = Path::new("/no-such-folder/run.json");
    let output = run(&served, nowhere, &[]);
    let printed = json_of(&output);
    assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!("no")));
    assert_eq!(served.portal().posts(), 0);
}

#[test]
fn a_path_that_is_not_a_file_is_not_read() {
    let served = serve(CancelBehavior::AtOnce);
    let mut paths = vec![std::env::temp_dir()];
    if cfg!(unix) {
        paths.push("/dev/zero".into());
    }
    for path in paths {
        let printed = json_of(&run(&served, &path, &[]));
        assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!("maybe")));
    }
    assert_eq!(served.portal().calls().len(), 0);
}

#[test]
fn the_checkpoint_of_another_run_is_refused_and_kept() {
    let served = serve(CancelBehavior::AtOnce);
    let other = serve(CancelBehavior::AtOnce);
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("run.json");
    json_of(&run(&served, &checkpoint, &["--deadline", "0s"]));
    let written = fs::read_to_string(&checkpoint).unwrap();
    for (text, arguments) in [
        (written.clone(), &["--until", "settled"][..]),
        (written.clone(), &["--notify", "a@b"]),
        (written.clone(), &["--operation", "x"]),
        (written.replace(&served.endpoint(), &other.endpoint()), &[]),
        (written.replace("\"version\":1", "\"version\":2"), &[]),
        (written.split_at(written.len() / 2).0.to_owned(), &[]),
        (String::new(), &[]),
    ] {
        fs::write(&checkpoint, &text).unwrap();
        let output = run(&served, &checkpoint, arguments);
        let printed = json_of(&output);
        assert_eq!((&printed["error"]["kind"], output.status.code()), (&json!("checkpoint"), Some(2)), "{arguments:?}");
        assert_eq!(fs::read_to_string(&checkpoint).unwrap(), text);
    }
    assert_eq!(served.portal().calls().len() + other.portal().calls().len(), 0);
}
