//! `--checkpoint` where it cannot be written: a disk that is full, a folder without rights. What was written before
//! stays whole.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use cancel_core::testing::portal::{Call, CancelBehavior, End, Fault};
use cancel_hyper::portal::Served;
use serde_json::json;
use tempfile::TempDir;

use crate::checkpoints::command;
use crate::{TOKEN, command_at, json_of, names, serve, text, wait_until};

/// The user `nobody`.
const NOBODY: u32 = 65534;
/// A checkpoint and the text that replaces it have a page each.
const TWO_PAGES: &str = "8k";

/// A file system that is full as soon as somebody fills it. It is seen by the processes that are started in it, and goes
/// with the one that holds it.
struct SmallDisk {
    folder: TempDir,
    holder: Child,
}

impl SmallDisk {
    /// It needs namespaces, which not every machine allows.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--mount", "sh", "-c"]);
        unshare.arg("mount -t tmpfs -o size=$0 none \"$1\" && echo && exec cat").arg(TWO_PAGES).arg(folder.path());
        let holder = unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut disk = Self { folder, holder };
        disk.holder.stdout.as_mut()?.read_exact(&mut [0]).ok()?;
        Some(disk)
    }

    /// The folder as it is seen from outside.
    fn outside(&self) -> PathBuf {
        format!("/proc/{}/root{}", self.holder.id(), self.folder.path().display()).into()
    }

    fn inside(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--preserve-credentials", "--user", "--mount", "--target", &self.holder.id().to_string()]);
        inside.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside
    }

    /// Takes what is free.
    fn fill(&self) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.outside().join("filler")).unwrap();
        while file.write_all(&[0; 512]).is_ok() {}
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// A user who is not root.
struct Nobody {
    /// The program, where this user can read it.
    program: PathBuf,
    home: TempDir,
    is_root: bool,
}

impl Nobody {
    fn new() -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        let program = home.path().join("cancel-publish");
        fs::copy(env!("CARGO_BIN_EXE_cancel-publish"), &program).unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
        let is_root = fs::metadata(home.path()).unwrap().uid() == 0;
        let nobody = Self { program, home, is_root };
        // Root of a container may not become somebody else.
        let runs = nobody.of(Command::new("").arg("--version")).output().is_ok_and(|output| output.status.success());
        runs.then_some(nobody)
    }

    fn of(&self, command: &Command) -> Command {
        let mut of = Command::new(&self.program);
        of.args(command.get_args()).env("AZURE_TOKEN", TOKEN);
        if self.is_root {
            of.uid(NOBODY).gid(NOBODY);
        }
        of
    }

    /// A folder of this user.
    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.home.path().join(name);
        fs::create_dir(&folder).unwrap();
        self.own(&folder);
        folder
    }

    fn own(&self, path: &Path) {
        if self.is_root {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: this machine does not let a test {what}");
}

/// What can be done to a folder, and how the program is started there.
struct Place<'a> {
    /// As the program sees it, and as the test does.
    folder: PathBuf,
    outside: PathBuf,
    start: &'a dyn Fn(Command) -> Command,
    /// Does it again and again: a text that is being written may still get through.
    spoil: &'a dyn Fn(),
    mend: &'a dyn Fn(),
    says: &'a str,
}

/// What was written last is resumed when the place is mended.
fn loses_nothing(place: &Place<'_>) {
    let served = serve(CancelBehavior::DoesNothing { completes_after: None });
    let (checkpoint, outside) = (place.folder.join("run.json"), place.outside.join("run.json"));
    let run = || {
        let mut command = (place.start)(command(&served, &checkpoint, &[]));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut running = run();
    wait_until(|| served.portal().posts() > 0);
    wait_until(|| {
        (place.spoil)();
        running.try_wait().unwrap().is_some()
    });
    let output = running.wait_with_output().unwrap();
    let printed = json_of(&output);
    assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!("yes")), "{printed}");
    let said = text(&output.stderr);
    assert!(said.contains(place.says), "{said}");
    assert!(said.contains("Mend what is named here, then resume."), "{said}");
    assert_eq!(output.status.code(), Some(4));
    assert!(fs::read_to_string(&outside).unwrap().ends_with('}'), "it is whole");

    (place.mend)();
    let now = served.now();
    served.portal().end_operation(now, "contoso", "contoso-offer", "id-1", End::Canceled).unwrap();
    let output = run().wait_with_output().unwrap();
    assert_eq!((&json_of(&output)["outcome"], served.portal().posts()), (&json!("canceled"), 1));
    assert_eq!(names(&place.outside), [""; 0], "nothing is left");
}

#[test]
fn a_disk_that_is_full_after_the_post_keeps_the_checkpoint() {
    let Some(disk) = SmallDisk::new() else { return skipped("mount a disk") };
    loses_nothing(&Place {
        folder: disk.folder.path().to_owned(),
        outside: disk.outside(),
        start: &|command| disk.inside(&command),
        spoil: &|| disk.fill(),
        mend: &|| fs::remove_file(disk.outside().join("filler")).unwrap(),
        says: "No space left on device",
    });
}

#[test]
fn a_folder_that_loses_its_rights_after_the_post_keeps_the_checkpoint() {
    let Some(nobody) = Nobody::new() else { return skipped("become another user") };
    let folder = nobody.folder("runs");
    loses_nothing(&Place {
        outside: folder.clone(),
        start: &|command| nobody.of(&command),
        spoil: &|| allow(&folder, 0o500),
        mend: &|| allow(&folder, 0o700),
        says: "Permission denied",
        folder: folder.clone(),
    });
}

/// On any machine: where the next text goes, nothing can be made.
#[test]
fn what_stands_in_the_way_after_the_post_keeps_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("run.json.new");
    loses_nothing(&Place {
        folder: folder.path().to_owned(),
        outside: folder.path().to_owned(),
        start: &|command| command,
        spoil: &|| drop(fs::create_dir(&new)),
        mend: &|| fs::remove_dir(&new).unwrap(),
        says: "run.json.new: Is a directory",
    });
}

/// No call, exit code and words of a run that could not begin.
fn sends_nothing(served: &Served, output: &Output, posted: &str, says: &str) {
    let printed = json_of(output);
    assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("checkpoint"), &json!(posted)), "{printed}");
    let said = text(&output.stderr);
    assert!(said.contains(says), "{said}");
    assert!(said.contains(&format!("(A cancel went out: {posted}.)")), "{said}");
    assert_eq!(output.status.code(), Some(if posted == "no" { 2 } else { 4 }));
    assert!(served.portal().calls().is_empty());
}

#[test]
fn nothing_is_sent_where_there_is_no_folder() {
    let served = serve(CancelBehavior::AtOnce);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    std::os::unix::fs::symlink("no-such-folder/run.json", folder.path().join("link.json")).unwrap();
    for (name, says) in [
        ("no-such-folder/run.json", "no-such-folder/run.json cannot be locked: No such file"),
        ("link.json", "link.json cannot be locked: No such file"),
        ("file/run.json", "file/run.json cannot be locked: Not a directory"),
        (&*"x".repeat(256), "cannot be locked: File name too long"),
    ] {
        let output = command(&served, &folder.path().join(name), &[]).output().unwrap();
        sends_nothing(&served, &output, "no", says);
    }
}

/// The run of each offer has a file.
#[test]
fn nothing_is_sent_where_too_many_files_are_open() {
    let (served, folder) = (serve(CancelBehavior::AtOnce), tempfile::tempdir().unwrap());
    let offers: Vec<_> = (0..30).map(|number| format!("o{number}")).collect();
    let program = command(&served, &folder.path().join("runs"), &["--offer", &offers.join(",")]);
    let output = limited("ulimit -n 15", &program).output().unwrap();
    let printed: Vec<_> = text(&output.stdout).lines().filter(|line| line.contains("Too many open files")).collect();
    assert!(!printed.is_empty() && printed.iter().all(|line| line.contains(r#""posted":"no""#)), "{printed:?}");
}

/// A connection is kept for each offer.
#[test]
fn results_are_printed_where_too_many_files_are_open() {
    let served = serve(CancelBehavior::AtOnce);
    let offers: Vec<_> = (0..30).map(|number| format!("o{number}")).collect();
    let program = command_at(&served.endpoint(), &["--json", "--offer", &offers.join(",")]);
    let output = limited("ulimit -n 20", &program).output().unwrap();
    assert_eq!(text(&output.stdout).lines().count(), 31, "{}", text(&output.stderr));
}

/// The program, under this limit of a shell.
fn limited(limit: &str, program: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("{limit} && exec \"$0\" \"$@\"")]).arg(program.get_program());
    limited.args(program.get_args()).env("AZURE_TOKEN", TOKEN);
    limited
}

#[test]
fn nothing_is_sent_where_the_disk_is_full() {
    let Some(disk) = SmallDisk::new() else { return skipped("mount a disk") };
    let served = serve(CancelBehavior::AtOnce);
    disk.fill();
    let output = disk.inside(&command(&served, &disk.folder.path().join("run.json"), &[])).output().unwrap();
    sends_nothing(&served, &output, "no", "No space left on device");
    assert_eq!(names(&disk.outside()), ["filler"]);
}

/// Its signal would end the process without a word.
#[test]
fn nothing_is_sent_where_a_file_may_not_grow() {
    let (served, folder) = (serve(CancelBehavior::AtOnce), tempfile::tempdir().unwrap());
    let program = command(&served, &folder.path().join("run.json"), &[]);
    let output = limited("ulimit -f 0", &program).output().unwrap();
    sends_nothing(&served, &output, "no", "File too large");
    assert!(!text(&output.stderr).contains("resumes the run"), "there is nothing to resume");
}

#[test]
fn nothing_is_sent_from_a_folder_without_rights() {
    let Some(nobody) = Nobody::new() else { return skipped("become another user") };
    let (served, other) = (serve(CancelBehavior::AtOnce), serve(CancelBehavior::AtOnce));
    let folder = nobody.folder("runs");
    let (checkpoint, written) = (folder.join("run.json"), folder.join("written.json"));
    let run = |arguments: &[&str]| nobody.of(&command(&served, &checkpoint, arguments)).output().unwrap();
    allow(&folder, 0o500);
    sends_nothing(&served, &run(&[]), "no", "run.json cannot be locked: Permission denied");
    let many = nobody.of(&command(&served, &checkpoint, &["--offer", "another"])).output().unwrap();
    sends_nothing(&served, &many, "no", "run.json cannot be made: Permission denied");

    // A run before it may have posted.
    allow(&folder, 0o700);
    other.portal().script(Call::List, Fault::status(403));
    json_of(&nobody.of(&command(&other, &written, &[])).output().unwrap());
    let text = fs::read_to_string(&written).unwrap();
    fs::write(&checkpoint, text.replace("\"posted\":\"no\"", "\"posted\":\"yes\"")).unwrap();
    nobody.own(&checkpoint);
    allow(&folder, 0o500);
    sends_nothing(&served, &run(&[]), "yes", "to resume it.");
    allow(&folder, 0);
    sends_nothing(&served, &run(&[]), "maybe", "to resume it.");
    allow(&folder, 0o700);
}
