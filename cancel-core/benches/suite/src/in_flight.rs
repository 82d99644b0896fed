//! The measure `in-flight`: the memory of one conversation that waits between two polls, and of many.
//!
//! The token is shared, and the last operation's body is static memory, so neither counts. The floor is what code by
//! hand must remember: the URL and the token.

use std::mem::size_of;

use azure_core::http::Poller;
use cancel_core::Cancellation;

use crate::conversation::{Floor, Ours, Peer, Waiting};
use crate::counting::counted;
use crate::table::{AZURE_CORE, Row, Unit};

pub const SIZE: &str = "one that waits between two polls: its size";
pub const HEAP: &str = "one that waits between two polls: its heap";

pub fn rows() -> Vec<Row> {
    let (ours, floor, peer) = (Ours::new(), Floor::new(), Peer::new());
    let sizes = (size_of::<Cancellation>(), size_of::<Waiting>(), size_of::<Poller<crate::conversation::Monitor>>());
    // The first of each allocates what all of them share.
    drop((ours.waiting(), floor.waiting(), peer.waiting()));
    let heap = |many: usize| {
        (
            held(many, || ours.waiting()) / many,
            held(many, || floor.waiting()) / many,
            held(many, || peer.waiting()) / many,
        )
    };
    let mut rows = vec![row(SIZE.to_owned(), sizes), row(HEAP.to_owned(), heap(1))];
    for many in [1, 1_000, 100_000] {
        let each = heap(many);
        let all = (sizes.0 + each.0, sizes.1 + each.1, sizes.2 + each.2);
        rows.push(row(format!("each of {many} that wait: both"), all));
    }
    rows
}

fn row(what: String, (ours, floor, peer): (usize, usize, usize)) -> Row {
    let figure = |bytes: usize| bytes as f64;
    Row::new("in flight", what, Unit::Bytes, figure(ours)).floor(figure(floor)).peer(AZURE_CORE, figure(peer))
}

/// The heap of this many, without the list that holds them.
fn held<T>(many: usize, make: impl Fn() -> T) -> usize {
    let mut list = Vec::with_capacity(many);
    let ((), heap) = counted(|| list.extend((0..many).map(|_| make())));
    drop(list);
    usize::try_from(heap.held).expect("they hold something")
}
