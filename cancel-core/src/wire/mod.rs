//! The leaves: how JSON, words, times and texts that an attacker may have written are read.
//!
//! Nothing here knows a message, an error or a state, and nothing here uses another folder of this crate.

pub(crate) mod error_body;
pub(crate) mod json;
pub(crate) mod retry_after;
pub(crate) mod text;
pub(crate) mod words;
