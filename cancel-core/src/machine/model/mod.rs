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
    for (until, b) in [
        (Until::Accepted, [1, 1, 1, 1]),
        (Until::Settled, [1, 1, 1, 0]),
        (Until::Verified, [1, 0, 0, 0]),
        (Until::Verified, [1, 1, 0, 0]),
        (Until::Verified, [1, 0, 1, 0]),
        (Until::Verified, [0, 1, 1, 0]),
        (Until::Verified, [2, 0, 0, 0]),
        (Until::Verified, [1, 1, 1, 0]),
    ] {
        let [faults, crashes, starts, expiries] = b;
        let setting =
            Setting { until, name: until.as_str(), budget: Budget { faults, crashes, starts, expiries }, ..VERIFIED };
        #[allow(clippy::disallowed_methods)]
        let t = std::time::Instant::now();
        match explore(&setting) {
            Ok(explored) => println!("{} {b:?} {:?}: {explored:?}", setting.name, t.elapsed()),
            Err(counterexample) => println!("{}:\n{counterexample}", setting.name),
        }
    }
}
