//! What a person sees on stderr while the runs go on: bars on a terminal, and otherwise lines.
//!
//! Results are not printed here. Nothing here may stop a run: a terminal that is gone is ignored.

mod bars;
mod lines;
mod snapshot;
mod time;

use std::collections::HashMap;
use std::env;
use std::io::{IsTerminal, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use cancel_core::{CancelRequest, Cancellation, Event, OfferId};

use self::bars::Bars;
use self::lines::Lines;
pub(crate) use self::snapshot::Snapshot;
use crate::report::note;
use crate::text::plain;

/// Clones show on the same screen.
#[derive(Clone)]
pub(crate) struct Screen(Arc<Mutex<Inner>>);

struct Inner {
    view: View,
    runs: Runs,
}

enum View {
    Bars(Bars),
    Lines(Lines),
}

/// All runs of this process.
pub(crate) struct Runs {
    started: Instant,
    /// In the order in which they were named.
    order: Vec<OfferId>,
    /// What is known of those that have begun and are not over.
    in_progress: HashMap<OfferId, Snapshot>,
    over: usize,
}

impl Runs {
    fn in_order(&self) -> impl Iterator<Item = (&OfferId, &Snapshot)> {
        self.order.iter().filter_map(|offer| self.in_progress.get_key_value(offer))
    }
}

impl Screen {
    pub(crate) fn new(requests: &[CancelRequest]) -> Self {
        let order = requests.iter().map(|request| request.offer().clone()).collect();
        let runs = Runs { started: Instant::now(), order, in_progress: HashMap::new(), over: 0 };
        let view = if draws_bars() { View::Bars(Bars::new()) } else { View::Lines(Lines::new(Instant::now())) };
        Self(Arc::new(Mutex::new(Inner { view, runs })))
    }

    /// Takes what a driver tells.
    pub(crate) fn observe(&self, event: &Event<'_>, cancellation: &Cancellation) {
        let Inner { view, runs } = &mut *self.inner();
        let offer = cancellation.request().offer();
        let before = runs.in_progress.remove(offer);
        let now = Instant::now();
        let snapshot = Snapshot::of(event, cancellation, before.as_ref(), now);
        if let View::Lines(lines) = view {
            lines.changed(cancellation.request(), before.as_ref(), &snapshot, now).iter().for_each(note);
        }
        runs.in_progress.insert(offer.clone(), snapshot);
    }

    /// A run has ended, or could not be begun.
    pub(crate) fn over(&self, offer: &OfferId) -> Option<Snapshot> {
        let runs = &mut self.inner().runs;
        runs.over += 1;
        runs.in_progress.remove(offer)
    }

    /// Time has passed.
    pub(crate) fn tick(&self) {
        let Inner { view, runs } = &mut *self.inner();
        match view {
            View::Bars(bars) => bars.draw(runs, Instant::now()),
            View::Lines(lines) => lines.reminder(runs, Instant::now()).iter().for_each(note),
        }
    }

    /// Shows a line that stays.
    pub(crate) fn say(&self, line: &str) {
        match &self.inner().view {
            View::Bars(bars) => bars.say(&plain(line)),
            View::Lines(_) => note(line),
        }
    }

    /// Takes the bars away, so that results can be printed.
    pub(crate) fn clear(&self) {
        if let View::Bars(bars) = &mut self.inner().view {
            bars.clear();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn draws_bars() -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    stderr().is_terminal() && !no_color && !dumb
}
