//! Fuzzes `cancel_fuzz::conversation`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(conversation);
