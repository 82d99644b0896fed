//! Both adapters over real connections: the same conversations, the same bytes, the same failures.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that fails is a test that fails"
)]

mod adapter;
mod frames;
mod parallel;
mod server;
mod tls;

mod agent;
mod certificates;
mod conformance;
mod connections;
mod conversations;
mod elsewhere;
mod failures;
mod handshakes;
mod heads;
mod journals;
mod settings;
mod streams;
