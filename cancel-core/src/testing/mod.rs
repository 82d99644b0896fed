//! What tests need: the simulated [`portal`], and [`conformance`] conversations for adapters.
//!
//! It is **outside of the semver promise** of this crate: it may change in any release.

pub mod conformance;
pub mod portal;
