//! The model check: every conversation between the machine, its driver, the network and the simulated portal, within
//! bounds.
//!
//! It is a breadth-first search over states. A state is the machine, the last durable checkpoint, the portal, what is
//! on its way between them, the budgets that are left, and the [ledger](crate::testing::ledger) that judges. [`world`]
//! is that state, [`event`] what can happen next, [`happening`] what an event does, [`properties`] what must hold in
//! every state, [`search`] the search. [`mutant`] has drivers that break one rule each. The check must fail for each of
//! them.
//!
//! # What happens
//!
//! - The machine's steps.
//! - A cancel works at once, works later, loses the race, does nothing, or fails. An operation ends as completed,
//!   failed or canceled. Somebody else starts one. The token expires.
//! - A request is refused, lost, doubled, or times out and arrives all the same. An answer is lost, cut off, or
//!   replaced by a gateway's.
//! - A replica answers a GET, and shows how the offer stood at first.
//! - A gateway answers in the service's place: 200 unreadable, 202 without a location or with a foreign one, 204, 303,
//!   400, 401, 404, 408, 409, 422, 429, 500, 503.
//! - A driver keeps a POST waiting, or does not send it.
//! - The process is killed at any moment: between an input and the write of the checkpoint, between that and the first
//!   byte of a POST, and after an error. Another process resumes what was durable, and may have another policy.
//! - The deadline passes.
//!
//! # What must hold
//!
//! | rule | what it says |
//! |---|---|
//! | `Truth` | `canceled` and `ended` with the proof `verified` are true of every operation of the baseline; `still_running` is true of one; `nothing_running` means that nothing was in progress, or not what was asked for, and that no POST left |
//! | `SecondPost` | No POST leaves while another exchange is in flight; nor without a reason (`NotSent`, 401 or 429, a poll and a recheck since the one in doubt in `Verified`, or `retry_ambiguous`); nor after a recheck that shows more than the baseline; nor on the word of an old list, but once. An answer to an exchange that is not in flight changes nothing |
//! | `Secrecy` | The token goes to the endpoint's origin only. It is in no checkpoint, error, outcome or progress, although every gateway echoes it |
//! | `Bounds` | From every state it comes to an end when nothing goes wrong any more and operations end. The deadline is not needed for that, except with a location that runs for ever. There are no more POSTs, and no more failures in a row, than the policy's attempts. No exchange goes beyond the deadline, and at the deadline it is over |
//! | `Liveness` | A verified run that may have posted ends with what became of the baseline: from each of its states when nothing goes wrong any more and operations end. Only the deadline, a token that is rejected twice, and a 403 can prevent that |
//! | `Resume` | The same across crashes. A run's own checkpoint is never refused |
//! | `Posted` | `Posted::No` only if no POST left, `Posted::Yes` only if one was answered |
//!
//! # What is abstracted, and why nothing is lost
//!
//! - Time is an order of events. Every wait is zero; "an attempt times out" and "the deadline passes" are events. The
//!   length of a wait decides nothing else, but for three rules of time: when a POST in doubt is repeated, when a
//!   failed cancel is believed, and when the last poll is. The model repeats and believes as soon as there was a poll.
//!   The scenarios tell the times. The service has its own clock, which goes on when its cancels end.
//! - The service changes only while a request is on its way to it. At any other time the next thing that client and
//!   driver do is the same. What is started between a list and a POST is started while the POST is on its way.
//! - A crash and the resume are one event: nothing between them could not happen before or after.
//! - The driver's write and the step after it are one event: a crash between them finds the same checkpoint.
//! - A late answer is handed in in every state, and must be refused without a trace. So it need not be on its way.
//! - One POST is remembered as late or doubled. A second one is lost.
//! - A gateway never says that an operation is running that has ended: a client cannot notice that.
//! - A replica is not asked after a cancel has failed: `still_running` is as old as the answer that it rests on.
//! - Left out of a state's print: ids of exchanges, times, waits, texts of errors, bodies but for the words for a
//!   state. Polls are counted up to four. The prints have 64 bits: ten million states collide with a chance of 1 in 300
//!   000.
//!
//! Not in the model: ids that are used again, a cancel of only some operations, a location of an old operation or of
//! another offer, two workers on one checkpoint, and clocks that differ. The scenarios and the fuzz scenes have some of
//! these. They have forms of locations, `Retry-After`, bodies over the limit and forms of a list, too.
//!
//! # How to run it
//!
//! ```text
//! cargo test --release -p cancel-core --features testing --lib model -- --nocapture
//! cargo test --release -p cancel-core --features testing --lib model -- --nocapture --ignored
//! ```
//!
//! The second takes hours and 16 GiB. The bounds are the budgets of the settings below. Without `--release` only the
//! tests whose names begin with `one_` run.

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

/// Polls are counted to know the first three: all later ones are alike.
pub(super) const POLLS_TOLD_APART: u32 = 4;

const VERIFIED: Setting = Setting {
    name: "verified",
    until: Until::Verified,
    retry_ambiguous: false,
    resumes_alike: true,
    attempts: 2,
    dry_run: false,
    only: None,
    even_with_others: false,
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

/// Explores every setting, or fails with the first counterexample.
fn hold<const N: usize>(settings: [(Setting, [u8; 4]); N]) {
    let mut states = 0;
    for (setting, counts) in settings {
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

/// The bounds of these tests take some seconds without `--release`.
#[test]
fn one_fault_or_one_crash_in_accepted() {
    hold([(ACCEPTED, [1, 0, 0, 0]), (ACCEPTED, [0, 1, 0, 1])]);
}

#[test]
fn one_fault_or_one_crash_in_settled() {
    hold([(SETTLED, [1, 0, 0, 0]), (SETTLED, [0, 1, 0, 0])]);
}

#[test]
fn one_fault_in_verified() {
    hold([(VERIFIED, [1, 0, 0, 0])]);
}

#[test]
fn one_crash_or_one_start_in_verified() {
    hold([(VERIFIED, [0, 1, 0, 0]), (VERIFIED, [0, 0, 1, 0])]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without --release")]
fn accepted() {
    let retrying = Setting { name: "accepted, retry_ambiguous", retry_ambiguous: true, ..ACCEPTED };
    let cautious = Setting { name: "accepted, retry_ambiguous until it is resumed", resumes_alike: false, ..retrying };
    hold([
        (ACCEPTED, [2, 1, 0, 1]),
        (ACCEPTED, [1, 2, 1, 0]),
        (retrying, [2, 0, 0, 1]),
        (retrying, [1, 1, 0, 0]),
        (cautious, [1, 1, 0, 0]),
    ]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without --release")]
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
#[cfg_attr(debug_assertions, ignore = "takes minutes without --release")]
fn verified_with_faults() {
    let idle = Setting { name: "verified, nothing in progress", operations: 0, ..VERIFIED };
    let by_slot = Setting { name: "verified, the location names the publish", names_the_publish: true, ..VERIFIED };
    let once = Setting { name: "verified, one attempt", attempts: 1, ..VERIFIED };
    let dry = Setting { name: "verified, a dry run", dry_run: true, ..VERIFIED };
    hold([
        (VERIFIED, [2, 0, 0, 0]),
        (VERIFIED, [1, 0, 0, 1]),
        (idle, [1, 1, 0, 1]),
        (by_slot, [1, 0, 0, 0]),
        (once, [1, 0, 1, 0]),
        (dry, [1, 0, 1, 1]),
    ]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without --release")]
fn verified_with_a_crash() {
    hold([(VERIFIED, [1, 1, 0, 0]), (VERIFIED, [0, 2, 0, 0])]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without --release")]
fn verified_with_several_operations() {
    let two = Setting { name: "verified, two in progress", operations: 2, ..VERIFIED };
    let only = Setting { name: "verified, only one of two", only: Some(1), ..two };
    let other = Setting { name: "verified, only what is not there", only: Some(1), ..VERIFIED };
    let beside = Setting { name: "verified, one of two", even_with_others: true, ..only };
    hold([
        (VERIFIED, [1, 0, 1, 0]),
        (VERIFIED, [0, 1, 1, 0]),
        (only, [0, 0, 0, 0]),
        (beside, [0, 0, 0, 0]),
        (other, [1, 1, 1, 0]),
    ]);
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
        let explored = explore(&Setting { budget: budget(counts), ..setting }).unwrap();
        found.extend(explored.phases.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())));
    }
    assert_eq!(found, table);
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
        (Mutant::StartsOver, VERIFIED, [0, 1, 0, 0], Rule::Posted),
        (Mutant::TrustsThatThePostWasLost, SETTLED, [0, 1, 0, 0], Rule::SecondPost),
        (Mutant::SkipsTheRecheck, VERIFIED, [1, 0, 0, 0], Rule::SecondPost),
        (Mutant::HidesThatItWasKeptWaiting, VERIFIED, [1, 0, 0, 0], Rule::SecondPost),
        (Mutant::OverlooksOthers, VERIFIED, [1, 0, 1, 0], Rule::SecondPost),
        (Mutant::GivesUpAfterAttempts, VERIFIED, [2, 0, 0, 0], Rule::Liveness),
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
