//! Reads JSON, words, times and texts that an attacker may have written.
//!
//! This folder must not use another folder of this crate. It knows no messages, no errors and no states.

pub(crate) mod error_body;
pub(crate) mod json;
pub(crate) mod members;
pub(crate) mod retry_after;
pub(crate) mod text;
pub(crate) mod words;
