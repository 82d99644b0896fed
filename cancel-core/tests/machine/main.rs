//! The machine in virtual time: every test reads as a conversation.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that fails is a test that fails"
)]

mod run;

mod accepted;
mod ambiguity;
mod authentication;
mod checkpoints;
mod commitment;
mod failed_cancel;
mod in_doubt;
mod json;
mod last_poll;
mod limits;
mod lists;
mod locations;
mod only_if_running;
mod refusals;
mod refused;
mod refused_locations;
mod refused_polls;
mod resumed;
mod retries;
mod second_post;
mod secrecy;
mod settled;
mod verified;
