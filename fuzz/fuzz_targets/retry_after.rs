//! Fuzzes `cancel_fuzz::retry_after`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(retry_after);
