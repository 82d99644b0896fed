//! `--checkpoint` that is a symbolic link: it is the file that it leads to.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use cancel_core::testing::portal::{Call, CancelBehavior, Fault};
use cancel_hyper::portal::Served;
use serde_json::json;

use crate::{command_at, json_of, names, serve, wait_until};

fn command(served: &Served, checkpoint: &Path) -> Command {
    let mut command = command_at(&served.endpoint(), &["--json"]);
    command.arg("--checkpoint").arg(checkpoint);
    command
}

#[test]
fn the_file_is_written_and_the_link_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
    // It leads by another link to a file that is not there yet.
    symlink("real.json", folder.path().join("between")).unwrap();
    symlink(folder.path().join("between"), &link).unwrap();
    let served = serve(CancelBehavior::AtOnce);
    for _ in 0..2 {
        served.portal().script(Call::List, Fault::status(403));
        let printed = json_of(&command(&served, &link).output().unwrap());
        assert_eq!(printed["error"]["kind"], "forbidden", "{printed}");
        assert!(link.is_symlink() && real.is_file() && !real.is_symlink());
    }
    assert_eq!(json_of(&command(&served, &link).output().unwrap())["outcome"], "canceled");
    assert!(link.is_symlink() && !real.exists());
}

#[test]
fn a_file_has_one_lock_by_all_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
    symlink(&real, &link).unwrap();
    let served = serve(CancelBehavior::DoesNothing { completes_after: None });
    let mut first = command(&served, &real).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| served.portal().posts() > 0);
    let printed = json_of(&command(&served, &link).output().unwrap());
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!("no")), "{printed}");
    assert!(printed["error"]["message"].as_str().unwrap().contains("is in use by another process"), "{printed}");
}

#[test]
fn links_in_a_circle_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    symlink(&one, &other).unwrap();
    symlink(&other, &one).unwrap();
    let served = serve(CancelBehavior::AtOnce);
    let printed = json_of(&command(&served, &one).output().unwrap());
    assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!("maybe")), "{printed}");
    assert!(served.portal().calls().is_empty());
    assert_eq!(names(folder.path()).len(), 2);
}
