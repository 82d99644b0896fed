//! The manual: what is told better in a page than at an item.
//!
//! - [`outcomes`]: what each outcome proves, what it costs, and what no client can promise.
//! - [`adapters`]: how to drive the machine over a transport of one's own.
//! - [`durability`]: how a run is resumed after a crash, in another process, from a database.
//! - [`hostile_servers`]: what a server written by an attacker gets.
//! - [`wire`]: what is sent, what is taken for an answer, and the public pages that say so.
//! - [`smaller_builds`]: how a program leaves out the largest thing that this crate brings along.

#[doc = include_str!("adapters.md")]
pub mod adapters {}

#[doc = include_str!("durability.md")]
pub mod durability {}

#[doc = include_str!("hostile_servers.md")]
pub mod hostile_servers {}

#[doc = include_str!("outcomes.md")]
pub mod outcomes {}

#[doc = include_str!("smaller_builds.md")]
pub mod smaller_builds {}

#[doc = include_str!("wire.md")]
pub mod wire {}
