//! Any list of operations on the machine, in any order and at any time: the referee's rules hold, and it ends.
//!
//! The input: settings on the first line, and then an operation a line. Their words are told in [`run`]; a line that begins
//! with anything else asks the machine for its next step.

use std::time::Duration;

use http::Response;

use super::input::{answer, number, script};
use super::referee::{Referee, Saved, Wish};
use super::settings::Settings;
use crate::machine::{Body, Failure};

/// When it begins: late enough that a clock can go back.
const START: Duration = Duration::from_secs(1_000_000);

/// Plays a list of operations.
pub fn machine(data: &[u8]) {
    let text = script(data);
    let mut lines = text.lines();
    let settings = Settings::read(lines.next().unwrap_or_default());
    let mut referee = Referee::new(settings, START);
    let mut saved = referee.save();
    // A run is judged by what it does and not by its length.
    for line in lines.take(256) {
        run(&mut referee, &mut saved, line);
    }
    referee.end();
}

/// One operation.
fn run(referee: &mut Referee, saved: &mut Saved, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let now = referee.now;
    match word {
        // The driver goes on until something has to come from outside: an answer, or the end.
        "go" => go(referee),
        // It waits: so many milliseconds, until what is out is given up, or until the end of time.
        "wait" => referee.now = now.saturating_add(Duration::from_millis(number(rest))),
        "late" => {
            if let Wish::Answer(until) | Wish::Time(until) = referee.step(now) {
                referee.now = until;
            }
        }
        "forever" => referee.now = Duration::MAX,
        // The clock goes back, for one step.
        "back" => drop(referee.step(now.saturating_sub(Duration::from_millis(number(rest))))),
        "token" => referee.provide_token(),
        // A checkpoint is written, or a process goes on from the last one, in which a text has been replaced.
        "save" => *saved = referee.save(),
        "crash" => {
            let rewritten = rest.split_once("=>").map(|(old, new)| saved.text.replacen(old, new, 1));
            if referee.resume(now, saved, rewritten.as_deref()) {
                *saved = referee.save();
            }
        }
        "unsent" => referee.fail(now, Failure::not_sent(rest.replace("$TOKEN", &referee.token()))),
        "lost" => referee.fail(now, Failure::maybe_sent(rest.replace("$TOKEN", &referee.token()))),
        "timeisup" => referee.fail(now, Failure::TimedOut),
        "dropped" => referee.fail(now, Failure::Dropped),
        "kept" => referee.fail(now, Failure::NotAttempted),
        "stale" => referee.check_misuse(now, &answer(rest)),
        "cut" => referee.answer(now, answer(rest).map(|body| Body::CutOff(body.bytes().clone()))),
        "large" => referee.answer(now, answer(rest).map(|body| Body::TooLarge(body.bytes().clone()))),
        status if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) => {
            let response: Response<Body> = answer(line);
            referee.answer(now, response);
        }
        _ => drop(referee.step(now)),
    }
}

fn go(referee: &mut Referee) {
    for _ in 0..4 {
        match referee.step(referee.now) {
            Wish::Token => referee.provide_token(),
            Wish::Time(when) => referee.now = when,
            Wish::Sent(_) | Wish::Answer(_) | Wish::Nothing => return,
        }
    }
}
