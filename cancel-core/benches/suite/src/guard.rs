//! Limits for a conversation's figures and for one in flight: the committed figure and a few per cent, and never more
//! than the design allows. Only counts have limits, never times.
//!
//! A change that lowers a figure must lower it here too.

use crate::table::{Row, Unit};
use crate::{conversation, in_flight};

/// The measures that are guarded.
pub const GUARDED: [&str; 2] = ["conversation", "in-flight"];

/// Room for another compiler, and for other versions of the dependencies.
const ROOM: f64 = 1.03;

struct Limit {
    what: &'static str,
    unit: Unit,
    committed: f64,
    /// The most that the design allows.
    allowed: f64,
}

const LIMITS: [Limit; 4] = [
    Limit { what: conversation::WHAT, unit: Unit::Instructions, committed: 70_500.0, allowed: f64::INFINITY },
    Limit { what: conversation::WHAT, unit: Unit::Allocations, committed: 25.0, allowed: 28.0 },
    Limit { what: in_flight::SIZE, unit: Unit::Bytes, committed: 488.0, allowed: 512.0 },
    Limit { what: in_flight::HEAP, unit: Unit::Bytes, committed: 437.0, allowed: 1024.0 },
];

/// The most instructions of a conversation, as a multiple of the floor's in the same run.
const MOST_BY_FLOOR: f64 = 1.3;

/// A sentence for each figure that is above its limit.
pub fn broken(rows: &[Row]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut must = |what: &str, figure: f64, most: f64| {
        if figure > most {
            broken.push(format!("{what}: {figure:.2} is more than {most:.2}"));
        }
    };
    for limit in LIMITS {
        let row = row(rows, limit.what, limit.unit);
        must(&format!("{}, {}", row.what, row.unit.name()), row.ours, (limit.committed * ROOM).min(limit.allowed));
    }
    let conversation = row(rows, conversation::WHAT, Unit::Instructions);
    let floor = conversation.floor.expect("a conversation has a floor");
    must("instructions of a conversation by the floor's", conversation.ours / floor, MOST_BY_FLOOR);
    for unit in [Unit::Instructions, Unit::Allocations] {
        let row = row(rows, conversation::WHAT, unit);
        for (peer, figure) in &row.peers {
            must(&format!("{} of a conversation beside {peer}", unit.name()), row.ours, *figure);
        }
    }
    broken
}

fn row<'a>(rows: &'a [Row], what: &str, unit: Unit) -> &'a Row {
    rows.iter().find(|row| row.what == what && row.unit == unit).expect("the row was measured")
}
