//! The manual: what is told better in a page than at an item.
//!
//! - [`hostile_servers`]: what a server written by an attacker gets.

#[doc = include_str!("hostile_servers.md")]
pub mod hostile_servers {}
