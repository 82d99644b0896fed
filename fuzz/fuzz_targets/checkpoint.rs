//! Fuzzes `cancel_fuzz::checkpoint`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(checkpoint);
