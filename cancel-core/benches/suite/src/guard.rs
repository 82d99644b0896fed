//! Limits: the committed figure and a few per cent, and what the design allows. Only counts have limits, never times.
//!
//! A change that lowers a figure must lower it here too.

use crate::table::{Row, Unit};
use crate::{bodies, conversation, in_flight, knowing};

/// The measures that are guarded.
pub const GUARDED: [&str; 4] = ["conversation", "in-flight", "bodies", "knowing"];

/// Room for another compiler, another checkout, and other versions of the dependencies.
const ROOM: f64 = 1.05;

struct Limit {
    what: &'static str,
    unit: Unit,
    committed: f64,
}

const fn limit(what: &'static str, unit: Unit, committed: f64) -> Limit {
    Limit { what, unit, committed }
}

const SETTLED: &str = conversation::MODES[0].0;
const TEN_ROWS: &str = conversation::MODES[1].0;
const HUNDRED_ROWS: &str = conversation::MODES[2].0;

const LIMITS: [Limit; 10] = [
    limit(SETTLED, Unit::Instructions, 66_400.0),
    limit(SETTLED, Unit::Allocations, 25.0),
    limit(TEN_ROWS, Unit::Instructions, 160_600.0),
    limit(TEN_ROWS, Unit::Allocations, 41.0),
    limit(HUNDRED_ROWS, Unit::Instructions, 882_000.0),
    limit(HUNDRED_ROWS, Unit::Allocations, 44.0),
    limit(in_flight::SIZE, Unit::Bytes, 344.0),
    limit(in_flight::HEAP, Unit::Bytes, 445.0),
    limit(in_flight::WORST, Unit::Bytes, 106_600.0),
    limit(bodies::GROWTH, Unit::Ratio, 1.1),
];

/// What a byte of the worst body costs each reader, in instructions.
const A_BYTE: [(&str, f64); 11] = [
    ("a poll", 218.9),
    ("a poll, with eight tokens", 768.1),
    ("a poll, with a token of one letter", 270.2),
    ("a poll, with eight tokens that repeat themselves", 1908.0),
    ("a status", 117.0),
    ("the list", 107.9),
    ("the list again", 108.4),
    ("a location in a body", 218.9),
    ("an error: details", 206.6),
    ("an error: members", 256.2),
    ("the codec: details", 179.9),
];

/// What the design allows for the worst schedule. It depends on no compiler.
const MOST_REGRET: f64 = 2.0;

/// The most instructions of a conversation, as a multiple of the floor's in the same run.
const MOST_BY_FLOOR: [(&str, f64); 3] = [(SETTLED, 1.20), (TEN_ROWS, 1.18), (HUNDRED_ROWS, 1.09)];

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
        must(&format!("{}, {}", row.what, row.unit.name()), row.ours, limit.committed * ROOM);
    }
    for (reader, committed) in A_BYTE {
        let is_of = |row: &&Row| row.what.strip_prefix(reader).is_some_and(|rest| rest.starts_with(bodies::BY));
        let row = rows.iter().find(is_of).expect("the reader was measured");
        must(&row.what, row.ours, committed * ROOM);
    }
    must(knowing::WORST, row(rows, knowing::WORST, Unit::Ratio).ours, MOST_REGRET);
    for (mode, most) in MOST_BY_FLOOR {
        let conversation = row(rows, mode, Unit::Instructions);
        let floor = conversation.floor.expect("a conversation has a floor");
        must(&format!("{mode}: instructions by the floor's"), conversation.ours / floor, most);
        for unit in [Unit::Instructions, Unit::Allocations] {
            let row = row(rows, mode, unit);
            for (peer, figure) in &row.peers {
                must(&format!("{mode}: {} beside {peer}", unit.name()), row.ours, *figure);
            }
        }
    }
    broken
}

fn row<'a>(rows: &'a [Row], what: &str, unit: Unit) -> &'a Row {
    rows.iter().find(|row| row.what == what && row.unit == unit).expect("the row was measured")
}
