//! The measure `conversation`: one conversation in memory, in `Settled` and in `Verified`. `Settled` has a POST with
//! one address, a 202 with the location of a migrated offer, a poll that returns `running` and one that returns
//! `canceled`. Both bodies have six steps and about 2 KiB. `Verified` has a list before that, of 10 or 100 rows.
//!
//! Each contender builds the same requests, gets the same answers in its own types, and ends with a bool. The endpoint
//! and the token are made once, and do not count.

mod floor;
mod ours;
mod peer;
mod wire;

pub use floor::{Floor, Waiting};
pub use ours::Ours;
pub use peer::{Monitor, Peer};

use crate::callgrind::instructions;
use crate::counting::counted;
use crate::table::{AZURE_CORE, Row, Unit};

/// What is compared, and how many rows the list has.
pub const MODES: [(&str, Option<usize>); 3] =
    [("settled", None), ("verified, a list of 10 rows", Some(10)), ("verified, a list of 100 rows", Some(100))];

pub fn rows() -> Vec<Row> {
    MODES.iter().flat_map(|(mode, _)| rows_of(mode)).collect()
}

fn rows_of(mode: &'static str) -> [Row; 3] {
    let instructions = ["ours", "floor", "peer"].map(|name| instructions(&["converse", name, mode], 50) as f64);
    let heap = ["ours", "floor", "peer"].map(|name| {
        let contender = contender(name, mode);
        assert!(contender.converse(), "the first run fills caches");
        let (canceled, heap) = counted(|| contender.converse());
        assert!(canceled, "{name}, {mode}");
        heap
    });
    let row = |unit, [ours, floor, peer]: [f64; 3]| {
        Row::new("a conversation", mode, unit, ours).floor(floor).peer(AZURE_CORE, peer)
    };
    [
        row(Unit::Instructions, instructions),
        row(Unit::Allocations, heap.map(|heap| heap.allocations as f64)),
        row(Unit::Bytes, heap.map(|heap| heap.bytes as f64)),
    ]
}

/// One implementation of the conversation.
pub trait Contender {
    /// Whether it ended with `canceled`.
    fn converse(&self) -> bool;
}

/// The contender of this name.
pub fn contender(name: &str, mode: &str) -> Box<dyn Contender> {
    let (_, rows) = MODES.into_iter().find(|(known, _)| *known == mode).expect("a mode");
    match name {
        "ours" => Box::new(Ours::new(rows)),
        "floor" => Box::new(Floor::new(rows)),
        "peer" => Box::new(Peer::new(rows)),
        _ => panic!("no contender is called {name}"),
    }
}
