//! The measure `conversation`: one conversation in memory. It has a POST with one address, a 202 with the location of a
//! migrated offer, a poll that returns `running` and one that returns `canceled`. Both bodies have six steps and about
//! 2 KiB.
//!
//! Each contender builds the same three requests, gets the same three answers in its own types, and ends with a bool.
//! The endpoint and the token are made once, and do not count.

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

pub const WHAT: &str = "202, running, canceled";

pub fn rows() -> Vec<Row> {
    let instructions = ["ours", "floor", "peer"].map(|name| instructions(&["converse", name], 50) as f64);
    let heap = ["ours", "floor", "peer"].map(|name| {
        let contender = contender(name);
        assert!(contender.converse(), "the first run fills caches");
        let (canceled, heap) = counted(|| contender.converse());
        assert!(canceled, "{name}");
        heap
    });
    let row = |unit, [ours, floor, peer]: [f64; 3]| {
        Row::new("a conversation", WHAT, unit, ours).floor(floor).peer(AZURE_CORE, peer)
    };
    vec![
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
pub fn contender(name: &str) -> Box<dyn Contender> {
    match name {
        "ours" => Box::new(Ours::new()),
        "floor" => Box::new(Floor::new()),
        "peer" => Box::new(Peer::new()),
        _ => panic!("no contender is called {name}"),
    }
}
