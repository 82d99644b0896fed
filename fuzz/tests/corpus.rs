//! Every fuzz target over its committed corpus, without a fuzzer: what was found once stays found.

#![expect(clippy::disallowed_methods, reason = "the core does no I/O, and its test reads a corpus")]

use std::path::Path;

use cancel_core::fuzzing::TARGETS;

#[test]
fn every_target_holds_over_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, target) in TARGETS {
        let folder =
            std::fs::read_dir(corpus.join(name)).unwrap_or_else(|error| panic!("{name} has no corpus: {error}"));
        let mut seeds: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        seeds.sort_unstable();
        assert!(!seeds.is_empty(), "the corpus of {name} is empty");
        for seed in seeds {
            let data = std::fs::read(&seed).unwrap();
            let held = std::panic::catch_unwind(|| target(&data));
            assert!(held.is_ok(), "{name} does not hold for {}", seed.display());
        }
    }
}

/// Each has a file for the fuzzer, and each such file a target.
#[test]
fn every_target_is_one_of_the_fuzzer_too() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
    let mut files: Vec<_> = std::fs::read_dir(files).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    let names: Vec<_> = files.iter().map(|file| file.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, TARGETS.map(|(name, _)| name));
}
