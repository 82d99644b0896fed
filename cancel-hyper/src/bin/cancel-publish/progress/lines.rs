//! Progress without a terminal: a line at each change, and at least one a minute. A pipeline that sees no line for some
//! minutes ends a job.

use std::time::{Duration, Instant};

use cancel_core::CancelRequest;

use super::snapshot::Snapshot;
use super::time::spoken;
use super::{Runs, say};

/// The longest time without a line, for a tick that comes late too.
const SILENCE: Duration = Duration::from_secs(55);

pub(super) struct Lines {
    last: Instant,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { last: Instant::now() }
    }

    pub(super) fn changed(&mut self, request: &CancelRequest, before: Option<&Snapshot>, after: &Snapshot) {
        let doing = after.doing();
        if before.is_some_and(|before| before.doing() == doing) {
            return;
        }
        let now = Instant::now();
        self.print(&format!("{}/{}: {doing} ({})", request.publisher(), request.offer(), after.times(now)), now);
    }

    /// Says that the runs go on, when nothing has been said for a while.
    pub(super) fn remind(&mut self, runs: &Runs, now: Instant) {
        if now.saturating_duration_since(self.last) < SILENCE {
            return;
        }
        let elapsed = spoken(now.saturating_duration_since(runs.started));
        let mut in_progress = runs.in_order();
        match (in_progress.next(), runs.order.len()) {
            (Some((offer, run)), 1) => {
                self.print(&format!("{offer}: after {elapsed}: {} ({})", run.doing(), run.times(now)), now);
            }
            (_, offers) => self.print(&format!("after {elapsed}: {} of {offers} offers done", runs.over), now),
        }
    }

    fn print(&mut self, line: &str, now: Instant) {
        self.last = now;
        say(line);
    }
}
