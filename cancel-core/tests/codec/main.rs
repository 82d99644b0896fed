//! The codec: one message at a time, without state, a row of the wire contract a row of a table.

mod answers;
mod locations;
mod operations;
mod requests;
