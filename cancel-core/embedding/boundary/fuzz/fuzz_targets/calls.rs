//! Fuzzes `cancel_boundary_fuzz::calls`.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| cancel_boundary_fuzz::calls(data));

#[cfg(not(fuzzing))]
fn main() {}
