//! The bodies of the fuzz targets: what must hold of any input, asserted.
//!
//! A file a target, and a function of its name that takes the fuzzer's bytes. They live here and not beside the fuzzer, so
//! that the committed corpus also runs as an ordinary test on a stable toolchain. Inputs are text, and any text is one:
//! seeds are written, and findings read, by people.
//!
//! What is asserted is computed from the input and from the published contract with other means than the code under test:
//! other parsers, and a bookkeeping of its own. Nothing here may be called by the rest of the crate.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "to panic when something does not hold is what this module is for"
)]

mod cancel_response;
mod checkpoint;
mod conversation;
mod error_body;
mod expected;
mod input;
mod location;
mod machine;
mod operation_body;
mod operation_list;
mod origin;
mod referee;
mod request;
mod retry_after;
mod scene;
mod settings;

pub use cancel_response::cancel_response;
pub use checkpoint::checkpoint;
pub use conversation::conversation;
pub use error_body::error_body;
pub use location::location;
pub use machine::machine;
pub use operation_body::operation_body;
pub use operation_list::operation_list;
pub use request::request;
pub use retry_after::retry_after;

/// The body of a target.
pub type Target = fn(&[u8]);

/// Every target, by its name.
pub const TARGETS: [(&str, Target); 10] = [
    ("cancel_response", cancel_response),
    ("checkpoint", checkpoint),
    ("conversation", conversation),
    ("error_body", error_body),
    ("location", location),
    ("machine", machine),
    ("operation_body", operation_body),
    ("operation_list", operation_list),
    ("request", request),
    ("retry_after", retry_after),
];
