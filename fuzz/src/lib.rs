//! The bodies of the fuzz targets: what must hold of any input, asserted.
//!
//! Each target has a file, and in it a function of the same name that takes the fuzzer's bytes. They form a library, so
//! that the committed corpus also runs as an ordinary test on a stable toolchain. Inputs are text, and any text is one:
//! people write seeds and read findings.
//!
//! What is expected is computed from the input and from the published contract by other means than the code under test:
//! by other parsers, and by a ledger of its own. Only the public interface of cancel-core is used.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a body panics when something does not hold"
)]

mod answer;
mod checkpoint;
mod conversation;
mod cost;
mod expected;
mod input;
mod location;
mod long;
mod machine;
mod origin;
mod referee;
mod request;
mod scene;
mod settings;
mod token;

pub use answer::answer;
pub use checkpoint::checkpoint;
pub use conversation::conversation;
pub use location::location;
pub use machine::machine;
pub use request::request;

/// The body of a target.
pub type Target = fn(&[u8]);

/// Every target, by its name.
pub const TARGETS: [(&str, Target); 6] = [
    ("answer", answer),
    ("checkpoint", checkpoint),
    ("conversation", conversation),
    ("location", location),
    ("machine", machine),
    ("request", request),
];

/// The whole program of a target: libFuzzer's entry when cargo-fuzz builds it, otherwise a `main` that does nothing.
#[macro_export]
macro_rules! fuzz_target {
    ($body:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$body(data));

        #[cfg(not(fuzzing))]
        fn main() {}
    };
}
