//! What a cancel costs, compared with the least code that does the job (the floor) and with what people use instead
//! (the peers).
//!
//! ```sh
//! cargo run --release --manifest-path cancel-core/benches/suite/Cargo.toml              # one table
//! cargo run --release --manifest-path cancel-core/benches/suite/Cargo.toml -- --json    # the same as JSON
//! cargo run --release --manifest-path cancel-core/benches/suite/Cargo.toml -- --check   # the guard of `.ci/run`
//! ```
//!
//! The names of measures select some of them. Figures are counted, not timed: instructions (by callgrind, so valgrind
//! must be installed), allocations, bytes, requests and virtual seconds are the same on a busy machine. Only what a
//! conversation of a fleet takes is timed, and with the feature `times` the adapters are; no time is part of the guard.
//!
//! A measure is a module with a function `rows`. [`MEASURES`] lists them. No measure uses another one.

mod bodies;
mod callgrind;
mod conversation;
mod counting;
mod guard;
mod in_flight;
mod knowing;
mod table;
#[cfg(feature = "times")]
mod times;
mod versions;

use std::process::ExitCode;

use table::Row;

type Measure = (&'static str, fn() -> Vec<Row>);

/// Everything that is measured, in the order of the table.
const MEASURES: &[Measure] = &[
    ("conversation", conversation::rows),
    ("in-flight", in_flight::rows),
    ("bodies", bodies::rows),
    ("knowing", knowing::rows),
    #[cfg(feature = "times")]
    ("times", times::rows),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["task", runs, task @ ..] => perform(task, number(runs)),
        ["--check"] => return check(&measured(&guard::GUARDED)),
        ["--json", names @ ..] if are_known(names) => {
            println!("{}", table::json(&measured(names), &versions::compared()));
        }
        names if are_known(names) => print!("{}\n{}\n", table::markdown(&measured(names)), versions::compared()),
        _ => {
            eprintln!("usage: suite [--json | --check] [{}]", names().join(" | "));
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn names() -> Vec<&'static str> {
    MEASURES.iter().map(|(name, _)| *name).collect()
}

fn are_known(names: &[&str]) -> bool {
    names.iter().all(|name| self::names().contains(name))
}

/// The rows of these measures, or of all of them when none is named.
fn measured(names: &[&str]) -> Vec<Row> {
    let wanted = MEASURES.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    wanted.flat_map(|(_, rows)| rows()).collect()
}

fn check(rows: &[Row]) -> ExitCode {
    print!("{}", table::markdown(rows));
    let broken = guard::broken(rows);
    for limit in &broken {
        eprintln!("{limit}");
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A task for which the suite runs this program again, for example under [`callgrind`].
fn perform(task: &[&str], runs: u64) {
    match task {
        ["converse", name, mode] => {
            let contender = conversation::contender(name, mode);
            assert!((0..runs).all(|_| contender.converse()));
        }
        #[cfg(feature = "times")]
        ["serve", offers] => times::serve(number(offers)),
        ["read", reader, filling, size] => bodies::read(reader, filling, number(size), runs),
        _ => panic!("no task is called {task:?}"),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("a number")
}
