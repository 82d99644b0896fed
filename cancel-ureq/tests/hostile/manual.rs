//! The table of the manual: what each attack gets, through both adapters, plain and behind TLS, and what it costs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use crate::adapter::OVER_HTTP1;
use crate::attacks::ATTACKS;
use crate::hostile::At;
use crate::outcome::outcome;
use crate::parallel::each;

const MANUAL: &str = "../cancel-core/src/guide/hostile_servers.md";
/// What the whole process may take at its peak, in KiB, the server's side and the other attacks included.
const MEMORY: u64 = 96 * 1024;

/// What may come of an attack, at the POST and at a poll.
type Row = [BTreeSet<String>; 2];

/// The rows of the manual's table.
fn table() -> BTreeMap<String, Row> {
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(MANUAL)).unwrap();
    let rows =
        manual.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let words = |cell: &str| cell.split(" or ").map(|word| word.trim_matches('`').to_owned()).collect();
        (cells[1].to_owned(), [words(cells[2]), words(cells[3])])
    })
    .collect()
}

#[test]
fn every_attack_gets_what_the_manual_says() {
    let found = Mutex::new(BTreeMap::<String, Row>::new());
    let cases = ATTACKS.iter().flat_map(|attack| {
        OVER_HTTP1.into_iter().flat_map(move |adapter| {
            [At::Post, At::Poll].into_iter().flat_map(move |at| [false, true].map(|tls| (attack, adapter, at, tls)))
        })
    });
    each(cases, |(attack, adapter, at, behind_tls)| {
        let word = outcome(attack.play(), at, adapter, behind_tls);
        let mut found = found.lock().unwrap();
        found.entry(attack.name.to_owned()).or_default()[at as usize].insert(word.to_owned());
    });
    let (found, table) = (found.into_inner().unwrap(), table());
    let names = |rows: &BTreeMap<String, Row>| rows.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&table), "each row of the manual is an attack, and each attack a row");
    // Where a cell has two words, it depends on time which of them comes.
    let is_right =
        |(name, row): &(&String, &Row)| row.iter().zip(&table[*name]).all(|(found, said)| found.is_subset(said));
    let wrong: Vec<_> = found.iter().filter(|row| !is_right(row)).collect();
    assert!(wrong.is_empty(), "the manual says something else: {wrong:#?}");
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
