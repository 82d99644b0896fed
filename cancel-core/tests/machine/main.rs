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
mod limits;
mod locations;
mod refusals;
mod resumed;
mod retries;
mod second_post;
mod secrecy;
mod settled;
mod verified;
