#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cancel_core::fuzzing::machine(data));
