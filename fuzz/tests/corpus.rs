//! Runs every fuzz target over its committed corpus, without a fuzzer: what was found once stays found.

#![allow(clippy::unwrap_used, reason = "a test panics when something is missing")]

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use cancel_fuzz::TARGETS;

#[test]
fn every_target_holds_over_its_corpus() {
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        let seeds = files("corpus", name);
        assert!(!seeds.is_empty(), "the corpus of {name} is empty");
        for seed in seeds {
            let data = fs::read(&seed).unwrap();
            if catch_unwind(|| target(&data)).is_err() {
                failed.push(format!("{name}/{}", seed.file_name().unwrap().to_string_lossy()));
            }
        }
    }
    assert!(failed.is_empty(), "these seeds fail: {failed:?}");
}

#[test]
fn every_target_has_a_program_and_every_program_a_target() {
    let programs = files("fuzz_targets", "");
    let names: Vec<_> = programs.iter().map(|file| file.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, TARGETS.map(|(name, _)| name));
}

/// The files of a folder of this crate, in their order.
fn files(folder: &str, name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    files
}
