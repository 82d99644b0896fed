//! Any list of operations on the machine, in any order and at any time: the referee's rules hold, and it ends.
//!
//! The input has settings on the first line, and then an operation a line. [`run`] tells their words. A line that
//! begins with anything else asks the machine for its next step.

use std::time::Duration;

use cancel_core::{Body, Failure};

use crate::input::{answer, number, script};
use crate::referee::{Next, Referee, Saved};
use crate::settings::Settings;

/// When it begins: late enough that a clock can go back.
const START: Duration = Duration::from_secs(1_000_000);

/// Plays a list of operations.
pub fn machine(data: &[u8]) {
    let text = script(data);
    let mut lines = text.lines();
    let settings = Settings::read(lines.next().unwrap_or_default());
    let mut referee = Referee::new(settings, START);
    let mut saved = referee.save();
    // The rules do not depend on the length of a run.
    for line in lines.take(256) {
        run(&mut referee, &mut saved, line);
    }
    referee.end();
}

/// One operation.
fn run(referee: &mut Referee, saved: &mut Saved, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let now = referee.now;
    let why = rest.replace("$TOKEN", &referee.token());
    match word {
        // The driver goes on until something has to come from outside: an answer, or the end.
        "go" => {
            for _ in 0..4 {
                match referee.step(referee.now) {
                    Next::Authenticate => referee.provide_token(),
                    Next::WaitUntil(when) => referee.now = when,
                    Next::Send(_) | Next::Await(_) | Next::Done => return,
                }
            }
        }
        // It waits: so many milliseconds, until the exchange in flight times out, or until the end of time.
        "wait" => referee.now = now.saturating_add(Duration::from_millis(number(rest))),
        "late" => {
            if let Next::Await(until) | Next::WaitUntil(until) = referee.step(now) {
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
        "unsent" => referee.fail(now, Failure::not_sent(why)),
        "lost" => referee.fail(now, Failure::maybe_sent(why)),
        "timed-out" => referee.fail(now, Failure::TimedOut),
        "dropped" => referee.fail(now, Failure::Dropped),
        "not-attempted" => referee.fail(now, Failure::NotAttempted),
        "stale" => referee.check_stale(now, &answer(rest)),
        "cut" => referee.answer(now, answer(rest).map(|body| Body::CutOff(body.bytes().clone()))),
        "large" => referee.answer(now, answer(rest).map(|body| Body::TooLarge(body.bytes().clone()))),
        status if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) => {
            referee.answer(now, answer(line));
        }
        _ => drop(referee.step(now)),
    }
}
