//! Fuzzes `cancel_fuzz::request`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(request);
