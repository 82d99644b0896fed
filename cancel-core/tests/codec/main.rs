//! The codec: one message at a time, without state. A row of the wire contract is a row of a table.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that fails is a test that fails"
)]

mod answers;
mod locations;
mod operations;
mod requests;
mod statuses;
