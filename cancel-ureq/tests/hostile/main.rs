//! A server that was written by an attacker, on raw sockets, plain and behind TLS, against both adapters.
//!
//! What each attack gets is a table of the manual: `../attacks.rs` tests that.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a helper that fails is a test that fails, and some are for the other tests"
)]

#[path = "../adapters/adapter.rs"]
mod adapter;
#[path = "../adapters/server.rs"]
mod server;
#[path = "../adapters/tls.rs"]
mod tls;

mod attacks;
mod cuts;
mod elsewhere;
mod hostile;
mod suffer;
