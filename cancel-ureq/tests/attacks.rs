//! The table of the manual: what each attack gets, through both adapters, plain and behind TLS, and what it costs. In a process
//! of its own, since its memory is measured.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a helper that fails is a test that fails, and some are for the other tests"
)]

#[path = "adapters/adapter.rs"]
mod adapter;
#[path = "hostile/attacks.rs"]
mod attacks;
#[path = "hostile/hostile.rs"]
mod hostile;
#[path = "adapters/server.rs"]
mod server;
#[path = "hostile/suffer.rs"]
mod suffer;
#[path = "adapters/tls.rs"]
mod tls;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::adapter::OVER_HTTP1;
use crate::attacks::ATTACKS;
use crate::hostile::At;
use crate::suffer::suffer;

const MANUAL: &str = "../cancel-core/src/guide/hostile_servers.md";
/// What the whole process may take at its peak, the server's side included.
const MEMORY: u64 = 64 * 1024;

/// The cells of the manual's row about an attack: what may come of it at the POST, and at a look.
fn row(manual: &str, name: &str) -> [BTreeSet<String>; 2] {
    let line = manual.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap_or_default();
    let cells: Vec<_> = line.split('|').map(str::trim).chain(["", "", "", ""]).collect();
    [cells[2], cells[3]].map(|cell| cell.split(" or ").map(|word| word.trim_matches('`').to_owned()).collect())
}

/// One test, since its memory is that of the process.
#[test]
fn every_attack_gets_what_the_manual_says() {
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(MANUAL)).unwrap();
    let mut wrong = Vec::new();
    for attack in ATTACKS {
        let [mut at_post, mut at_look] = [BTreeSet::new(), BTreeSet::new()];
        for adapter in OVER_HTTP1 {
            for behind_tls in [false, true] {
                at_post.insert(suffer(attack, At::Post, adapter, behind_tls));
                at_look.insert(suffer(attack, At::Look, adapter, behind_tls));
            }
        }
        let found = [at_post, at_look];
        let known = row(&manual, attack.name);
        if !found.iter().zip(&known).all(|(found, known)| found.is_subset(known)) {
            let cells =
                found.map(|words| words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or "));
            wrong.push(format!("| {} | {} | {} |", attack.name, cells[0], cells[1]));
        }
    }
    assert!(wrong.is_empty(), "the manual should say:\n{}", wrong.join("\n"));
    if let Some(peak) = peak_memory() {
        assert!(peak < MEMORY, "the process took {peak} KiB");
    }
}

/// The most memory that this process has held so far, in KiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
