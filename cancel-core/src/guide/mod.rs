//! The manual.
//!
//! - [`outcomes`]: what each outcome proves, what no client can promise, and the words of this documentation.
//! - [`adapters`]: how to drive the machine over another HTTP client.
//! - [`embedding`]: how to use the core from another language, and how to test an adapter in any language.
//! - [`durability`]: how to resume a run after a crash, in another process, from a file or a database.
//! - [`hostile_servers`]: what a server that an attacker writes can do.
//! - [`client_faults`]: what the tests have found in the HTTP clients below the adapters, with their versions.
//! - [`json`]: how outcomes, errors and progress are written as JSON, and how a policy is read from it.
//! - [`wire`]: what is sent and read, and the public pages that say so.
//! - [`smaller_builds`]: what a build costs, how to leave Unicode tables out of a program, and how large WebAssembly is.

#[doc = include_str!("adapters.md")]
pub mod adapters {}

#[doc = include_str!("client_faults.md")]
pub mod client_faults {}

#[doc = include_str!("durability.md")]
pub mod durability {}

#[doc = include_str!("embedding.md")]
pub mod embedding {}

#[doc = include_str!("hostile_servers.md")]
pub mod hostile_servers {}

#[doc = include_str!("json.md")]
pub mod json {}

#[doc = include_str!("outcomes.md")]
pub mod outcomes {}

#[doc = include_str!("smaller_builds.md")]
pub mod smaller_builds {}

#[doc = include_str!("wire.md")]
pub mod wire {}
