//! The measure `build`: what the smallest program that cancels one offer with TLS takes to build, and how large it is.
//!
//! The programs are in `programs/`, each a package of its own with its own lock file, so that no features are shared. All
//! of them read ids and states, list, POST, and look; each is run once against the simulated portal, and must do just that.
//! Every build begins with an empty folder, has its crates on the disk, and is alone.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "times are measured here, which the core must not"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::adapters::{Portal, TOKEN};
use crate::table::{AZURE_CORE, Row, Unit};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");

/// What is shown of a build: its name, its unit, and the figure.
type Figure = (&'static str, Unit, fn(&Build) -> f64);

/// What one program adds.
struct Build {
    crates: f64,
    seconds: f64,
    bytes: f64,
}

pub fn rows() -> Vec<Row> {
    let by_hand = Build::of("by_hand_ureq");
    let peer = Build::of("azure_core_poller");
    let ours = [
        ("ours over ureq", "ours_ureq", Some(&by_hand)),
        ("ours over ureq, without Unicode tables", "ours_ureq_ascii", Some(&by_hand)),
        // By hand there is only the program over ureq, which is no floor for this one.
        ("ours over hyper", "ours_hyper", None),
    ];
    let ours = ours.map(|(what, program, floor)| (what, Build::of(program), floor));
    ours.iter().flat_map(|(what, ours, floor)| compared(what, ours, *floor, &peer)).collect()
}

fn compared(what: &str, ours: &Build, floor: Option<&Build>, peer: &Build) -> [Row; 3] {
    let figures: [Figure; 3] = [
        ("", Unit::Crates, |build| build.crates),
        (", a clean release build", Unit::Seconds, |build| build.seconds),
        (", stripped", Unit::Bytes, |build| build.bytes),
    ];
    figures.map(|(more, unit, figure)| {
        let row = Row::new("what it adds to a build", format!("{what}{more}"), unit, figure(ours));
        let row = row.peer(AZURE_CORE, figure(peer));
        floor.map(figure).into_iter().fold(row, Row::floor)
    })
}

impl Build {
    fn of(program: &str) -> Self {
        let package = Path::new(PROGRAMS).join(program);
        let target = Target::new(program);
        let cargo = |arguments: &[&str]| output(cargo(&package, &target).args(arguments));
        cargo(&["fetch"]);
        let tree = cargo(&["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
        let start = Instant::now();
        cargo(&["build", "--offline", "--release", "--quiet"]);
        let seconds = start.elapsed().as_secs_f64();
        let binary = target.0.join("release").join(program).with_extension(std::env::consts::EXE_EXTENSION);
        must_cancel(&binary);
        let bytes = binary.metadata().expect("it was built").len() as f64;
        Self { crates: distinct(&tree) as f64, seconds, bytes }
    }
}

/// Names and versions, the program's own among them. What was shown before is marked, and ends otherwise.
fn distinct(tree: &str) -> usize {
    let mut crates: Vec<_> = tree.lines().map(|line| line.split(" (").next()).collect();
    crates.sort_unstable();
    crates.dedup();
    crates.len()
}

/// It must do what the others do: cancel the one offer, with three exchanges.
fn must_cancel(program: &Path) {
    let portal = Portal::start(1);
    let mut run = Command::new(program);
    run.args(["contoso", "offer-0", portal.endpoint()]).env("AZURE_TOKEN", TOKEN).env("NO_PROXY", "127.0.0.1");
    let said = output(&mut run);
    assert!(said.to_lowercase().contains("canceled"), "{said}");
    portal.stop();
}

fn cargo(package: &Path, target: &Target) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(package).env("CARGO_TARGET_DIR", &target.0).arg("--locked");
    cargo
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("it can be run");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

/// A folder for one build, which goes with it.
struct Target(PathBuf);

impl Target {
    fn new(program: &str) -> Self {
        Self(std::env::temp_dir().join(format!("suite-{}-{program}", std::process::id())))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
