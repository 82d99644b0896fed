//! The machine, told what came back: every test reads as a conversation in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that fails is a test that fails"
)]

mod talk;

mod accepted;
mod ambiguity;
mod authentication;
mod checkpoints;
mod commitment;
mod limits;
mod locations;
mod resumed;
mod retries;
mod second_post;
mod secrecy;
mod settled;
mod verified;
