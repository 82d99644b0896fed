//! What a cancel costs, against the least that does the job (the floor) and what people take instead (the peers).
//!
//! Prints one table; `--json` prints it as JSON. Times are never measured: instructions, allocations, bytes, requests and
//! virtual seconds are the same on a busy machine.

mod callgrind;
mod conversation;
mod counting;
mod in_flight;
mod table;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["task", runs, task @ ..] => {
            perform(task, runs.parse().expect("a number of runs"));
        }
        _ => {
        let mut rows = conversation::rows();
        rows.extend(in_flight::rows());
        print!("{}", table::markdown(&rows));
        println!("{}", table::json(&rows, "x"));
        }
    }
}

/// What [`callgrind`] runs this program for.
fn perform(task: &[&str], runs: u64) {
    match task {
        ["converse", name] => {
            let contender = conversation::contender(name);
            assert!((0..runs).all(|_| contender.converse()));
        }
        _ => panic!("no task is called {task:?}"),
    }
}
