//! Sans-IO core.

#[cfg(feature = "portal")]
pub mod portal;
