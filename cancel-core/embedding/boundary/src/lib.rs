//! cancel-core for programs in other languages: a conversation is driven by JSON.
//!
//! [`Session`] is the whole of it, in safe Rust: a call in JSON, with bytes beside it, gives an answer in JSON. [`c`]
//! puts it behind handles and pointers, and may do nothing else. The manual's page `embedding` describes the calls.

pub mod c;
mod call;
mod head;
mod session;
mod table;
mod time;

pub use session::Session;
