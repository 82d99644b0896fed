//! Fuzzes `cancel_fuzz::error_body`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(error_body);
