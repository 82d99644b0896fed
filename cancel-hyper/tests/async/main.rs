//! What only the async adapter has: futures that are dropped, services that are not ready, fleets. In virtual time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod service;

mod bodies;
mod drops;
mod fleet;
mod readiness;
mod throttle;
