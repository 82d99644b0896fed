//! A server that an attacker has written, on raw sockets, plain and behind TLS, against both adapters: what the
//! manual's page on hostile servers says. In a process of its own, since its memory is measured.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a helper that fails is a test that fails, and some are for the other tests"
)]

#[path = "../adapters/adapter.rs"]
mod adapter;
#[path = "../adapters/frames.rs"]
mod frames;
#[path = "../adapters/parallel.rs"]
mod parallel;
#[path = "../adapters/server.rs"]
mod server;
#[path = "../adapters/tls.rs"]
mod tls;

mod attacks;
mod cuts;
mod framing;
mod hostile;
mod manual;
mod outcome;
mod streams;
