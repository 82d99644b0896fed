//! Every conversation there can be between the machine, its driver, the network and the simulated portal, within bounds.
//!
//! A breadth-first search over states. A state is the machine, the last durable checkpoint, the portal, what is on its
//! way between them, the budgets that are left, and what a property has to remember; [`world`] is that state, [`event`]
//! what can happen next, [`happening`] what it does, [`properties`] what must hold, [`search`] the search, and
//! [`mutant`] a set of drivers that break a rule each, for which it must fail.
//!
//! # What happens
//!
//! The machine's steps. A cancel works at once, works later, loses the race, does nothing, or fails. An operation ends as
//! completed, failed or canceled; someone else starts one. A request is refused, lost, late (given up, and it arrives all
//! the same), or doubled; an answer is lost, cut off, or replaced by a gateway's; a gateway answers in the service's
//! place: 200 unreadable, 202 without a location or with a foreign one, 204, 303, 400, 401, 404, 408, 409, 422, 429, 500,
//! 503. A POST is kept waiting, or kept back, by its driver. The token expires. The process is killed at any moment, also
//! between an input and the write of the checkpoint, between that and the first byte of a POST, and after an error; another
//! resumes what was durable. The deadline passes.
//!
//! # What must hold
//!
//! 1. `canceled` and `ended` with proof `verified` are true of every noted operation, and `still_running` of one when the
//!    answer was made.
//! 2. `nothing_running` only if nothing was in progress (or not what was asked for) on the list, and no POST left.
//! 3. No POST leaves after a look that shows what was not noted, nor while another is out, nor without a reason (`NotSent`,
//!    401, 408 or 429; a look directly before it in `Verified`; or `retry_ambiguous`), nor on the word of a list from before it
//!    was kept waiting, but once.
//!    An answer to an exchange that is not out changes nothing.
//! 4. The token goes to the endpoint's origin only, and stands in no checkpoint, error, outcome or progress. (Every
//!    gateway echoes it.)
//! 5. From every state it comes to an end when nothing goes wrong any more and operations end: without the deadline, but
//!    for a location that runs for ever. No more POSTs or failures in a row than the policy's attempts; no exchange
//!    beyond the deadline; at the deadline it is over.
//! 6. The same across crashes; a run's own checkpoint is never refused.
//! 7. `Posted::No` only if no POST left, `Posted::Yes` only if one was answered.
//!
//! # What is abstracted, and why nothing is lost
//!
//! - Time is an order of events: every wait is zero, and "an attempt's time is up" and "the deadline passes" are events.
//!   How long a wait is decides nothing else. The service has its own clock, which goes on when its cancels end.
//! - The service changes only while a request is on its way to it: at any other time the next thing that client and
//!   driver do is the same, and what is started between a look and a POST is started while the POST is on its way.
//! - A crash and the resume are one event: nothing between them could not happen before or after.
//! - The driver's write and the step after it are one event: a crash between them finds the same checkpoint.
//! - A late answer is handed in in every state, and must be refused without a trace; so it need not be on its way.
//! - One POST is remembered as late or doubled; a second one is lost.
//! - A gateway never says that an operation goes on that has ended: a service that lies of itself cannot be told apart.
//! - Left out of a state's print: ids of exchanges, times, waits, texts of errors, bodies but for the words for a state;
//!   looks are counted up to four. The prints have 64 bits: ten million states collide with a chance of 1 in 300 000.
//!
//! Forms of locations, `Retry-After`, bodies over the limit and what a list can look like are tested apart.
//!
//! # How to run it
//!
//! ```text
//! cargo test --release -p cancel-core --features testing --lib model -- --nocapture
//! cargo test --release -p cancel-core --features testing --lib model -- --nocapture --ignored    # for hours, 16 GiB
//! ```
//!
//! The bounds are the budgets of the settings below; without `--release` they are smaller.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a check that fails is a test that fails, and it prints what it found"
)]

mod event;
mod happening;
mod mutant;
mod properties;
mod search;
mod setting;
mod text;
mod world;

use std::collections::BTreeSet;

use super::Until;
use crate::testing::ledger::Rule;
use mutant::Mutant;
use search::explore;
use setting::{Budget, Setting};

/// Looks are counted to know the first three: all later ones are alike.
pub(super) const POLLS_TOLD_APART: u32 = 4;

const VERIFIED: Setting = Setting {
    name: "verified",
    until: Until::Verified,
    retry_ambiguous: false,
    only: None,
    operations: 1,
    names_the_publish: false,
    budget: Budget { faults: 0, crashes: 0, starts: 0, expiries: 0 },
    mutant: None,
};
const SETTLED: Setting = Setting { name: "settled", until: Until::Settled, ..VERIFIED };
const ACCEPTED: Setting = Setting { name: "accepted", until: Until::Accepted, ..VERIFIED };

/// Faults, crashes, foreign starts and expiries.
const fn budget([faults, crashes, starts, expiries]: [u8; 4]) -> Budget {
    Budget { faults, crashes, starts, expiries }
}

/// Bounds for a second or two: a fault and a crash in the mode of the fewest states, nothing in the others.
fn without_optimization(setting: &Setting, counts: [u8; 4]) -> [u8; 4] {
    match setting.until {
        Until::Accepted => [counts[0].min(1), counts[1].min(1), 0, 0],
        Until::Settled | Until::Verified => [0; 4],
    }
}

/// Explores every setting, or fails with the first counterexample.
fn hold<const N: usize>(settings: [(Setting, [u8; 4]); N]) {
    let mut states = 0;
    for (setting, counts) in settings {
        let counts = if cfg!(debug_assertions) { without_optimization(&setting, counts) } else { counts };
        let setting = Setting { budget: budget(counts), ..setting };
        match explore(&setting) {
            Ok(explored) => {
                let [faults, crashes, starts, expiries] = counts;
                println!(
                    "{}: {} states, {} steps, {} ends, at most {} events to a state \
                     ({faults} faults, {crashes} crashes, {starts} starts, {expiries} expiries)",
                    setting.name, explored.states, explored.steps, explored.ends, explored.depth
                );
                states += explored.states;
            }
            Err(counterexample) => panic!("{}:\n{counterexample}", setting.name),
        }
    }
    println!("{}: {states} states in total", settings[0].0.name);
}

#[test]
fn accepted() {
    let retrying = Setting { name: "accepted, retry_ambiguous", retry_ambiguous: true, ..ACCEPTED };
    hold([(ACCEPTED, [2, 1, 0, 1]), (ACCEPTED, [1, 2, 1, 0]), (retrying, [2, 0, 0, 1]), (retrying, [1, 1, 0, 0])]);
}

#[test]
fn settled() {
    let by_slot = Setting { name: "settled, the location names the publish", names_the_publish: true, ..SETTLED };
    let retrying = Setting { name: "settled, retry_ambiguous", retry_ambiguous: true, ..SETTLED };
    hold([
        (SETTLED, [1, 1, 0, 0]),
        (SETTLED, [1, 0, 0, 1]),
        (SETTLED, [0, 2, 0, 1]),
        (by_slot, [1, 0, 0, 0]),
        (by_slot, [0, 1, 1, 0]),
        (retrying, [1, 0, 0, 0]),
        (retrying, [0, 1, 0, 0]),
    ]);
}

#[test]
fn verified_with_faults() {
    let idle = Setting { name: "verified, nothing in progress", operations: 0, ..VERIFIED };
    let by_slot = Setting { name: "verified, the location names the publish", names_the_publish: true, ..VERIFIED };
    hold([(VERIFIED, [2, 0, 0, 0]), (VERIFIED, [1, 0, 0, 1]), (idle, [1, 1, 0, 1]), (by_slot, [1, 0, 0, 0])]);
}

#[test]
fn verified_with_a_crash() {
    hold([(VERIFIED, [1, 1, 0, 0]), (VERIFIED, [0, 2, 0, 0])]);
}

#[test]
fn verified_with_several_operations() {
    let two = Setting { name: "verified, two in progress", operations: 2, ..VERIFIED };
    let only = Setting { name: "verified, only one of two", only: Some(1), ..two };
    let other = Setting { name: "verified, only what is not there", only: Some(1), ..VERIFIED };
    hold([(VERIFIED, [1, 0, 1, 0]), (VERIFIED, [0, 1, 1, 0]), (only, [0, 0, 0, 0]), (other, [1, 1, 1, 0])]);
}

/// The table of the docs and the diagram beside it name the phases between which the machine goes, and no others.
#[test]
fn the_phases_are_as_they_are_told() {
    let table = include_str!("../phases.md").lines().skip(2).filter_map(|row| {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
        Some((cells.nth(1)?, cells.next()?))
    });
    let diagram = include_str!("../diagram.md").lines().filter_map(|line| {
        let (from, to) = line.trim().split_once(':')?.0.split_once(" --> ")?;
        Some((from, to))
    });
    let told = |pairs: &mut dyn Iterator<Item = (&'static str, &'static str)>| -> BTreeSet<_> {
        let phases = pairs.map(|(from, to)| (from.to_lowercase(), to.to_lowercase()));
        phases.filter(|(from, to)| from != to && !["start", "[*]"].contains(&&**from)).collect()
    };
    let (table, diagram) = (told(&mut table.into_iter()), told(&mut diagram.into_iter()));
    assert_eq!(table, diagram);

    let mut found = BTreeSet::new();
    for (setting, counts) in
        [(ACCEPTED, [1, 0, 0, 0]), (SETTLED, [1, 0, 0, 0]), (VERIFIED, [1, 0, 0, 0]), (VERIFIED, [0, 0, 1, 0])]
    {
        let counts = if cfg!(debug_assertions) { without_optimization(&setting, counts) } else { counts };
        let explored = explore(&Setting { budget: budget(counts), ..setting }).unwrap();
        found.extend(explored.phases.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())));
    }
    if cfg!(debug_assertions) {
        assert!(found.is_subset(&table), "{found:?}");
    } else {
        assert_eq!(found, table);
    }
}

#[test]
#[ignore = "takes hours and much memory"]
fn large() {
    let two = Setting { name: "verified, two in progress", operations: 2, ..VERIFIED };
    let only = Setting { name: "verified, only one of two", only: Some(1), ..two };
    hold([
        (ACCEPTED, [3, 2, 1, 1]),
        (SETTLED, [2, 1, 1, 0]),
        (Setting { name: "settled, retry_ambiguous", retry_ambiguous: true, ..SETTLED }, [1, 1, 0, 0]),
        (two, [1, 0, 0, 0]),
        (only, [1, 0, 0, 0]),
        (only, [0, 1, 0, 0]),
        (VERIFIED, [1, 1, 1, 0]),
        (VERIFIED, [2, 1, 0, 0]),
    ]);
}

/// Each of these must be found out, by the property that it breaks.
#[test]
fn every_mutant_is_found() {
    for (mutant, setting, counts, rule) in [
        (Mutant::RepeatsAfterMaybeSent, ACCEPTED, [1, 0, 0, 0], Rule::SecondPost),
        (Mutant::ReportsNotSent, ACCEPTED, [1, 0, 0, 0], Rule::Posted),
        (Mutant::WritesAfterSending, ACCEPTED, [0, 1, 0, 0], Rule::Posted),
        (Mutant::BeginsAnew, VERIFIED, [0, 1, 0, 0], Rule::Posted),
        (Mutant::TrustsThatThePostWasLost, SETTLED, [0, 1, 0, 0], Rule::SecondPost),
        (Mutant::SkipsTheSecondLook, VERIFIED, [1, 0, 0, 0], Rule::SecondPost),
        (Mutant::HidesThatItWasKeptWaiting, VERIFIED, [1, 0, 0, 0], Rule::SecondPost),
        (Mutant::OverlooksOthers, VERIFIED, [1, 0, 1, 0], Rule::SecondPost),
        (Mutant::TakesCompletedForCanceled, VERIFIED, [0, 0, 0, 0], Rule::Truth),
        (Mutant::WaitsForCanceled, VERIFIED, [0, 0, 0, 0], Rule::Bounds),
        (Mutant::FollowsRedirects, ACCEPTED, [1, 0, 0, 0], Rule::Secrecy),
    ] {
        let setting = Setting { budget: budget(counts), mutant: Some(mutant), ..setting };
        let Err(counterexample) = explore(&setting) else { panic!("{mutant:?} is not found") };
        println!("{mutant:?} ({}):\n{counterexample}\n", setting.name);
        assert_eq!(counterexample.violation.rule, rule, "{mutant:?}");
    }
}
