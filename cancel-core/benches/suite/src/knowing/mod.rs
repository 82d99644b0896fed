//! The measure `knowing`: how soon the end is known, in virtual time, and how many polls that takes.
//!
//! Ours is the machine itself with its default schedule, one conversation for each end. The floor is the best that any
//! schedule can reach that knows the distribution and polls as often on average as ours; ours by it is the regret. The
//! peers are only their waits: fixed ones (the Azure SDKs poll every 30 s, a public client every 5 s), and waits that
//! start at 1 s and grow by half, with the same jitter as ours (up to 20 % of each wait).

mod ends;
mod machine;
mod optimum;

use std::time::Duration;

use cancel_core::Until;

use self::ends::{Ends, distributions, spread, uniform};
use self::machine::{Answer, Known, Run};
use self::optimum::Frontier;
use crate::table::{Row, Unit};

pub const WORST: &str = "worst mean delay by the least possible";

const GROUP: &str = "how soon it knows";

/// The seconds of each wait, by its number.
type Waits = fn(u32) -> f64;

/// Their names, whether they have jitter, and their waits.
const PEERS: [(&str, bool, Waits); 4] = [
    ("every 5 s", false, |_| 5.0),
    ("every 30 s", false, |_| 30.0),
    ("× 1.5 to 10 s", true, |number| growing(number, 10.0)),
    ("× 1.5 to 30 s", true, |number| growing(number, 30.0)),
];

fn growing(number: u32, most: f64) -> f64 {
    1.5_f64.powi(number.min(100).cast_signed()).min(most)
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut worst = [0.0_f64; 1 + PEERS.len()];
    for Ends { name, seconds } in distributions() {
        let run = Run { until: Until::Settled, answer: Answer::NonMigrated, ..Run::default() };
        let ours = Summary::of(seconds.iter().enumerate().map(|(number, end)| run.known(number, *end)));
        let peers = PEERS.map(|(_, jitter, waits)| {
            let known = seconds.iter().enumerate();
            Summary::of(known.map(|(number, end)| known_by_waits(number, *end, jitter, waits, None)))
        });
        let frontier = Frontier::of(&seconds);
        for (worst, summary) in worst.iter_mut().zip([&ours].into_iter().chain(&peers)) {
            *worst = worst.max(summary.mean / frontier.least_delay(summary.polls));
        }
        let row = |what, unit, figure: fn(&Summary) -> f64| {
            let row = Row::new(GROUP, format!("ends {name}: {what}"), unit, figure(&ours));
            PEERS.iter().zip(&peers).fold(row, |row, ((peer, ..), summary)| row.peer(peer, figure(summary)))
        };
        let least = frontier.least_delay(ours.polls);
        rows.push(row("mean delay", Unit::Seconds, |summary| summary.mean).floor(least));
        rows.push(row("95 % within", Unit::Seconds, |summary| summary.most));
        rows.push(row("polls", Unit::Polls, |summary| summary.polls));
    }
    let row = Row::new(GROUP, WORST, Unit::Ratio, worst[0]);
    rows.push(PEERS.iter().zip(&worst[1..]).fold(row, |row, ((peer, ..), worst)| row.peer(peer, *worst)));
    rows.extend(at_the_deadline());
    rows.extend(verified());
    rows
}

/// Runs that end as `deadline` although the operation had ended before it.
fn at_the_deadline() -> [Row; 2] {
    [3, 15].map(|minutes| {
        let deadline = f64::from(minutes) * 60.0;
        let seconds = spread(|share| deadline * share);
        let missed = |known: &dyn Fn(usize, f64) -> Known| {
            let missed = seconds.iter().enumerate().filter(|(number, end)| known(*number, **end).0.is_none());
            missed.count() as f64 * 100.0 / seconds.len() as f64
        };
        let run = Run { deadline: Duration::from_secs(u64::from(minutes as u32) * 60), ..Run::default() };
        let what = format!("ends evenly before a deadline of {minutes} min: known only as `deadline`");
        let row = Row::new(GROUP, what, Unit::Percent, missed(&|number, end| run.known(number, end)));
        PEERS.iter().fold(row, |row, (peer, jitter, waits)| {
            row.peer(peer, missed(&|number, end| known_by_waits(number, end, *jitter, *waits, Some(deadline))))
        })
    })
}

/// With a list, and 60 to 180 s: what a location costs, and a second operation.
fn verified() -> Vec<Row> {
    let one = Run::default();
    let runs = [
        ("200", one.clone()),
        ("202 of a migrated offer", Run { answer: Answer::Migrated, ..one.clone() }),
        ("202 of a non-migrated offer", Run { answer: Answer::NonMigrated, ..one.clone() }),
        ("200, two operations", Run { operations: 2, ..one }),
    ];
    let mut rows = Vec::new();
    let mut polls_of_one = None;
    for (what, run) in runs {
        let ours = Summary::of(spread(uniform).into_iter().enumerate().map(|(number, end)| run.known(number, end)));
        let what = |figure| format!("verified, {what}: {figure}");
        rows.push(Row::new(GROUP, what("mean delay"), Unit::Seconds, ours.mean));
        // A list at each wake-up would tell of all operations: as many requests as the polls of one.
        let least = *polls_of_one.get_or_insert(ours.polls);
        rows.push(Row::new(GROUP, what("polls"), Unit::Polls, ours.polls).floor(least));
    }
    rows
}

struct Summary {
    mean: f64,
    most: f64,
    polls: f64,
}

impl Summary {
    fn of(known: impl Iterator<Item = Known>) -> Self {
        let (mut delays, polls): (Vec<f64>, Vec<u32>) =
            known.map(|(delay, polls)| (delay.expect("it is known"), polls)).unzip();
        delays.sort_by(f64::total_cmp);
        let count = delays.len() as f64;
        Self {
            mean: delays.iter().sum::<f64>() / count,
            most: delays[delays.len() * 95 / 100 - 1],
            polls: f64::from(polls.iter().sum::<u32>()) / count,
        }
    }
}

fn known_by_waits(number: usize, end: f64, jitter: bool, waits: Waits, deadline: Option<f64>) -> Known {
    let mut now = 0.0;
    for poll in 0.. {
        let longer = if jitter { 1.0 + 0.2 * chance(number as u64, u64::from(poll)) } else { 1.0 };
        now += waits(poll) * longer;
        if deadline.is_some_and(|deadline| now >= deadline) {
            return (None, poll);
        }
        if now >= end {
            return (Some(now - end), poll + 1);
        }
    }
    unreachable!("waits come to an end")
}

/// SplitMix64, from 0 to 1.
fn chance(number: u64, poll: u64) -> f64 {
    let mut z = (number << 32 | poll).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
