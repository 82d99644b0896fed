//! Runs the fuzz target over its committed corpus, without a fuzzer.

#![allow(clippy::unwrap_used, reason = "a test panics when something is missing")]

#[test]
fn the_target_holds_over_its_corpus() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/calls");
    let mut count = 0;
    for seed in std::fs::read_dir(corpus).unwrap() {
        cancel_boundary_fuzz::calls(&std::fs::read(seed.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0, "the corpus is empty");
}
