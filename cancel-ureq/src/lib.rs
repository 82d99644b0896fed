//! ureq adapter.
