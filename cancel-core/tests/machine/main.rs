//! The machine, told what came back: every test reads as a conversation in virtual time.

mod talk;

mod accepted;
mod ambiguity;
mod authentication;
mod commitment;
mod limits;
mod locations;
mod retries;
mod secrecy;
mod settled;
