//! The adapter against a server on raw sockets: what goes over the wire, and what each failure counts as.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod server;

mod failures;
mod secrecy;
mod settings;
mod tls;
