//! Fuzzes `cancel_fuzz::machine`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(machine);
