//! Fuzzes `cancel_fuzz::cancel_response`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(cancel_response);
