//! Fuzzes `cancel_fuzz::location`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(location);
