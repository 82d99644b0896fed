//! The model check.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "a test")]

mod event;
mod happening;
mod mutant;
mod properties;
mod search;
mod setting;
mod text;
mod world;

use super::Until;
use search::explore;
use setting::{Budget, Setting};

/// Looks are counted to know the first three: all later ones are alike.
pub(super) const LOOKS_TOLD_APART: u32 = 4;

const VERIFIED: Setting = Setting {
    name: "verified",
    until: Until::Verified,
    retry_ambiguous: false,
    only: None,
    operations: 1,
    names_the_publish: false,
    budget: Budget { faults: 1, crashes: 1, starts: 1, expiries: 0 },
    mutant: None,
};

#[test]
fn try_it() {
    for until in [Until::Accepted, Until::Settled, Until::Verified] {
        let setting = Setting { until, name: until.as_str(), ..VERIFIED };
        match explore(&setting) {
            Ok(explored) => println!("{}: {explored:?}", setting.name),
            Err(counterexample) => println!("{}:\n{counterexample}", setting.name),
        }
    }
}
