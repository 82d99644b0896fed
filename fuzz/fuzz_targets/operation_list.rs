//! Fuzzes `cancel_fuzz::operation_list`.

#![cfg_attr(fuzzing, no_main)]

cancel_fuzz::fuzz_target!(operation_list);
