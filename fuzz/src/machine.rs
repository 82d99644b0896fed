//! Any list of operations on the machine, in any order and at any time: the referee's rules hold, and it ends.
//!
//! The input has settings on the first line, and then an operation a line. [`Play::run`] tells their words, and
//! [`long`](crate::long) those of a long body. A line that begins with anything else asks the machine for its next
//! step.

use std::time::Duration;

use cancel_core::{Body, Failure};
use http::Response;

use crate::input::{self, number, script};
use crate::long::Bodies;
use crate::referee::{Next, Referee, Saved};
use crate::settings::Settings;

/// When it begins: late enough that a clock can go back.
const START: Duration = Duration::from_secs(1_000_000);

/// Plays a list of operations.
pub fn machine(data: &[u8]) {
    let text = script(data);
    let mut lines = text.lines();
    let settings = Settings::read(lines.next().unwrap_or_default());
    let referee = Referee::new(settings, START);
    let mut play = Play { saved: referee.save(), referee, bodies: Bodies::new() };
    // The rules do not depend on the length of a run.
    for line in lines.take(256) {
        play.run(line);
    }
    play.referee.end();
    play.referee.weigh();
}

struct Play {
    referee: Referee,
    saved: Saved,
    bodies: Bodies,
}

impl Play {
    /// One operation.
    fn run(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let now = self.referee.now;
        match word {
            // The driver goes on until something has to come from outside: an answer, or the end.
            "go" => {
                for _ in 0..4 {
                    match self.referee.step(self.referee.now) {
                        Next::Authenticate => self.referee.provide_token(),
                        Next::WaitUntil(when) => self.referee.now = when,
                        Next::Send(_) | Next::Await(_) | Next::Done => return,
                    }
                }
            }
            // It waits: so many milliseconds, until the exchange in flight times out, or until the end of time.
            "wait" => self.referee.now = now.saturating_add(Duration::from_millis(number(rest))),
            "late" => {
                if let Next::Await(until) | Next::WaitUntil(until) = self.referee.step(now) {
                    self.referee.now = until;
                }
            }
            "forever" => self.referee.now = Duration::MAX,
            // The clock goes back, for one step.
            "back" => drop(self.referee.step(now.saturating_sub(Duration::from_millis(number(rest))))),
            "token" => self.referee.provide_token(),
            "tokens" => self.referee.provide_tokens_again(),
            // A checkpoint is written, or a process goes on from the last one, in which a text has been replaced.
            "save" => self.saved = self.referee.save(),
            "crash" => {
                let rewritten = rest.split_once("=>").map(|(old, new)| self.saved.text.replacen(old, new, 1));
                if self.referee.resume(now, &self.saved, rewritten.as_deref()) {
                    self.saved = self.referee.save();
                }
            }
            "timed-out" => self.referee.fail(now, Failure::TimedOut),
            "dropped" => self.referee.fail(now, Failure::Dropped),
            "not-attempted" => self.referee.fail(now, Failure::NotAttempted),
            "unsent" | "lost" => {
                let why = self.referee.why(rest);
                self.referee.fail(now, if word == "lost" { Failure::maybe_sent(why) } else { Failure::not_sent(why) });
            }
            // What a driver says of its tokens and its journal, and changes nothing.
            "complain" => self.referee.complain(rest),
            "stale" | "ended" | "cut" | "large" => {
                let response = self.answer(rest);
                match word {
                    "stale" => self.referee.check_stale(now, &response),
                    "ended" => self.referee.answer(now, response.map(|body| Body::Ended(body.bytes().clone()))),
                    "cut" => self.referee.answer(now, response.map(|body| Body::CutOff(body.bytes().clone()))),
                    _ => self.referee.answer(now, response.map(|body| Body::TooLarge(body.bytes().clone()))),
                }
            }
            status if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) => {
                let response = self.answer(line);
                self.referee.answer(now, response);
            }
            _ => drop(self.referee.step(now)),
        }
    }

    /// An answer as it is written, or with the body that its words stand for.
    fn answer(&mut self, text: &str) -> Response<Body> {
        input::answer(text).map(|body| {
            match std::str::from_utf8(body.bytes()).ok().and_then(|text| self.bodies.of(text)) {
                Some(long) => Body::from(long),
                None => body,
            }
        })
    }
}
