//! Progress without a terminal: a line at each change, and at least one a minute. A pipeline that sees no line for some
//! minutes ends a job.

use std::time::{Duration, Instant};

use cancel_core::CancelRequest;

use super::Runs;
use super::snapshot::Snapshot;
use super::time::spoken;

/// The longest time without a line: less than a minute, since a tick can come late.
const SILENCE: Duration = Duration::from_secs(55);

pub(super) struct Lines {
    /// When the last line was given out.
    last: Instant,
}

impl Lines {
    pub(super) fn new(now: Instant) -> Self {
        Self { last: now }
    }

    /// The line of a change, if there is one.
    pub(super) fn changed(
        &mut self,
        request: &CancelRequest,
        before: Option<&Snapshot>,
        after: &Snapshot,
        now: Instant,
    ) -> Option<String> {
        let doing = after.doing();
        if before.is_some_and(|before| before.doing() == doing) {
            return None;
        }
        self.last = now;
        Some(format!("{}/{}: {doing} ({})", request.publisher(), request.offer(), after.times(now)))
    }

    /// A line that says that the runs go on, when there was none for a while.
    pub(super) fn reminder(&mut self, runs: &Runs, now: Instant) -> Option<String> {
        if now.saturating_duration_since(self.last) < SILENCE {
            return None;
        }
        self.last = now;
        let elapsed = spoken(now.saturating_duration_since(runs.started));
        let only = runs.in_order().next().filter(|_| runs.order.len() == 1);
        Some(match only {
            Some((offer, run)) => format!("{offer}: after {elapsed}: {} ({})", run.doing(), run.times(now)),
            None => format!("after {elapsed}: {} of {} offers done", runs.over, runs.order.len()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_minute_is_without_a_line() {
        let started = Instant::now();
        let order = ["a", "b"].map(|offer| offer.parse().unwrap()).to_vec();
        let runs = Runs { started, order, in_progress: HashMap::new(), over: 1 };
        let mut lines = Lines::new(started);
        let mut said = Vec::new();
        for second in 0..=180 {
            said.extend(lines.reminder(&runs, started + Duration::from_secs(second)));
        }
        let expected = ["55 s", "1 min 50 s", "2 min 45 s"].map(|time| format!("after {time}: 1 of 2 offers done"));
        assert_eq!(said, expected);
    }
}
