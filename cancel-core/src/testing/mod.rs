//! What tests need: the simulated [`portal`], a [`Pair`] of machine and portal in virtual time, the [`ledger`] that
//! judges a conversation, and [`conformance`] conversations for adapters.
//!
//! It is **outside of the semver promise** of this crate: it may change in any release. It uses every other layer, and
//! no other layer uses it.

pub mod conformance;
pub mod ledger;
mod pair;
pub mod portal;

pub use pair::Pair;
