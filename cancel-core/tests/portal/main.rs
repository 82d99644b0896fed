//! The simulated portal against the wire contract, by raw requests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod cancels;
mod faults;
mod locations;
mod operations;
mod records;
mod refusals;
mod submissions;
mod support;
