//! The table of the manual: what each attack gets, through both adapters, plain and behind TLS, and what it costs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use cancel_core::{Endpoint, Error, Outcome, Policy};

use crate::adapter::{Adapter, OVER_HTTP1};
use crate::attacks::{ATTACKS, Attack, cut};
use crate::hostile::{At, serve};
use crate::server::{TOKEN, cancellation, policy};
use crate::tls::Tls;

const MANUAL: &str = "../cancel-core/src/guide/hostile_servers.md";
const ATTEMPT: Duration = Duration::from_millis(600);
const ATTEMPTS: u8 = 2;
/// What the whole process may take at its peak, the server's side included.
const MEMORY: u64 = 96 * 1024;

fn impatient() -> Policy {
    policy().attempt_timeout(ATTEMPT).attempts(ATTEMPTS).deadline(Duration::from_secs(60))
}

/// How a cancel ends under an attack.
fn suffer(attack: &Attack, at: At, adapter: Adapter, behind_tls: bool) -> String {
    let addr = serve(at, attack.play);
    let tls = behind_tls.then(|| Tls::in_front_of(addr, "http/1.1"));
    let origin = tls.as_ref().map_or_else(|| format!("http://{addr}"), Tls::endpoint);
    let mut cancellation = cancellation(Endpoint::new(origin).unwrap(), impatient());
    let trusted = tls.as_ref().map(|tls| &*tls.certificate);
    let start = Instant::now();
    let result = adapter.drive_with(&mut |_| Ok(crate::server::token()), &mut |_, _| {}, trusted, &mut cancellation);
    // Each attempt ends in its time; a machine that is busy with other tests gets some more.
    assert!(start.elapsed() < ATTEMPT * u32::from(ATTEMPTS) + Duration::from_secs(8), "{}: {result:?}", attack.name);
    let shown = format!("{result:?} {:?}", cancellation.progress());
    assert!(!shown.contains(TOKEN) && !cancellation.checkpoint().to_json().contains(TOKEN), "{shown}");
    word(&result).to_owned()
}

fn word(result: &Result<Outcome, Error>) -> &'static str {
    match result {
        Ok(outcome) => outcome.as_str(),
        Err(error) => error.kind(),
    }
}

/// The cells of the manual's row about an attack: what may come of it at the POST, and at a look.
fn row(manual: &str, name: &str) -> [BTreeSet<String>; 2] {
    let line = manual.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap_or_default();
    let cells: Vec<_> = line.split('|').map(str::trim).chain(["", "", "", ""]).collect();
    [cells[2], cells[3]].map(|cell| cell.split(" or ").map(|word| word.trim_matches('`').to_owned()).collect())
}

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

#[test]
fn an_answer_may_be_cut_off_at_every_byte() {
    static CUT: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());
    for (at, length) in (0..)
        .map_while(|length| cut(At::Post, length))
        .map(|cut| (At::Post, cut))
        .chain((0..).map_while(|length| cut(At::Look, length)).map(|cut| (At::Look, cut)))
    {
        let written = length.len();
        *CUT.lock().unwrap() = length;
        let attack = Attack {
            name: "a cut",
            play: |victim| {
                victim.read_request();
                let cut = CUT.lock().unwrap().clone();
                victim.say(cut);
            },
        };
        for adapter in OVER_HTTP1 {
            let ended = suffer(&attack, at, adapter, false);
            let head = at.honest().find("\r\n\r\n").unwrap() + 4;
            let expected = match at {
                At::Post if written < head => "ambiguous",
                At::Post => "canceled",
                At::Look => "transport",
            };
            assert_eq!(ended, expected, "{adapter:?}, {at:?} after {written} bytes");
        }
    }
}

/// The most memory that this process has held so far, in KiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
