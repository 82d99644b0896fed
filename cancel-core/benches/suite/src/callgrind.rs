//! Counts instructions: this program runs itself under `valgrind --tool=callgrind`.
//!
//! A task is run N times and 2N times. The difference of the counts, divided by N, is the cost of one run. So the start
//! of the process and the first run, which fills caches and tables, do not count.

use std::process::Command;

/// The instructions of one run of a task.
pub fn instructions(task: &[&str], runs: u64) -> u64 {
    (collected(task, 2 * runs) - collected(task, runs)) / runs
}

/// The instructions of a process that runs a task so often.
pub fn collected(task: &[&str], runs: u64) -> u64 {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .arg("task")
        .arg(runs.to_string())
        .args(task)
        .output()
        .expect("valgrind is installed (apt-get install valgrind)");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{task:?}: {report}");
    let line = report.lines().find_map(|line| line.split_once("Collected : ")).expect("callgrind reports a count");
    line.1.trim().parse().expect("the count is a number")
}
