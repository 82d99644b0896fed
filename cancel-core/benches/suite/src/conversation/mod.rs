//! Row 1: one conversation in memory: the POST with one address, a 202 with the location of a migrated offer, one look that
//! says `running`, one that says `canceled`; both bodies are of about 2 KiB and have six steps.
//!
//! Everybody builds the same three requests, gets the same three answers, as its own vocabulary writes them, and ends
//! with a bool. The endpoint and the token are made once, outside the count.

mod floor;
mod ours;
mod peer;
mod wire;

pub use ours::Ours;
pub use peer::Peer;

/// One way to hold the conversation.
pub trait Contender {
    /// Whether it ended with `canceled`.
    fn converse(&self) -> bool;
}

/// The contender of this name.
pub fn contender(name: &str) -> Box<dyn Contender> {
    match name {
        "ours" => Box::new(Ours::new()),
        "floor" => Box::new(floor::Floor::new()),
        "peer" => Box::new(Peer::new()),
        _ => panic!("no contender is called {name}"),
    }
}
