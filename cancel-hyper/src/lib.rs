//! hyper adapter.

#[cfg(feature = "portal")]
pub mod portal;
