//! Fuzzes `cancel_fuzz::answer`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(answer);
