//! Progress on a terminal: one bar per offer, as many as fit, and a table at the end. No bars when stderr is not a
//! terminal.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cancel_core::{Cancellation, Event, OfferId, Phase, TokenReason};
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::command_line::plain;
use crate::command_line::report::Report;

/// Lines without bars: the headline and the prompt.
const OTHER_LINES: u16 = 3;

#[derive(Clone)]
pub(crate) struct Display {
    state: Arc<Mutex<State>>,
}

struct State {
    bars: MultiProgress,
    headline: ProgressBar,
    offers: HashMap<OfferId, ProgressBar>,
    /// How many bars fit on the terminal.
    room: usize,
}

impl Display {
    /// indicatif draws on stderr, and nothing when that is not a terminal.
    pub(crate) fn new(offers: usize) -> Self {
        let bars = MultiProgress::new();
        let (height, _) = Term::stderr().size();
        let headline = bars.add(ProgressBar::new(offers.try_into().unwrap_or(u64::MAX)));
        let style = ProgressStyle::with_template("{spinner} {pos} of {len} offers {wide_bar} {elapsed}  {msg}");
        headline.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        headline.enable_steady_tick(Duration::from_millis(120));
        let room = height.saturating_sub(OTHER_LINES).max(1).into();
        Self { state: Arc::new(Mutex::new(State { bars, headline, offers: HashMap::new(), room })) }
    }

    pub(crate) fn show(&self, event: &Event<'_>, cancellation: &Cancellation) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).show(event, cancellation);
    }

    pub(crate) fn clear(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.headline.finish_and_clear();
        // The table has the results.
        let _ = state.bars.clear();
    }
}

impl State {
    fn show(&mut self, event: &Event<'_>, cancellation: &Cancellation) {
        let offer = cancellation.request().offer();
        if matches!(event, Event::Done(_)) {
            self.headline.inc(1);
            if let Some(bar) = self.offers.remove(offer) {
                self.bars.remove(&bar);
            }
            return;
        }
        if let Some(bar) = self.bar_of(offer) {
            bar.set_message(doing(event, cancellation));
            bar.set_position(percentage(cancellation));
        }
        let hidden = self.headline.position() < self.headline.length().unwrap_or(0) && self.offers.len() == self.room;
        self.headline.set_message(if hidden { "(showing as many as fit)" } else { "" });
    }

    fn bar_of(&mut self, offer: &OfferId) -> Option<&ProgressBar> {
        if !self.offers.contains_key(offer) && !self.headline.is_hidden() && self.offers.len() < self.room {
            let style = ProgressStyle::with_template("  {prefix:<28!} {bar:20} {pos:>3}%  {msg}");
            let bar = ProgressBar::new(100).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(offer.to_string());
            self.offers.insert(offer.clone(), self.bars.add(bar));
        }
        self.offers.get(offer)
    }
}

fn doing(event: &Event<'_>, cancellation: &Cancellation) -> String {
    let progress = cancellation.progress();
    match (event, progress.operation) {
        (Event::Authenticating(TokenReason::Rejected), _) => "asking for a fresh token".to_owned(),
        (Event::Failed { why, .. }, _) => format!("no answer: {}", plain(why)),
        (_, Some(operation)) => format!("{} after {} polls", plain(operation.status()), progress.polls),
        _ if progress.phase == Phase::Posting => "sending the cancel".to_owned(),
        _ => "listing what is in progress".to_owned(),
    }
}

/// The mean of the operation's steps.
fn percentage(cancellation: &Cancellation) -> u64 {
    let steps = cancellation.progress().operation.map(|operation| operation.details().steps).unwrap_or_default();
    let sum: u64 = steps.iter().map(|step| u64::from(step.progress_percentage.unwrap_or(0))).sum();
    sum.checked_div(steps.len().try_into().unwrap_or(u64::MAX)).unwrap_or(0)
}

/// Prints the table of all results on stdout.
pub(crate) fn summary(reports: &[Report]) {
    let mut out = io::stdout().lock();
    let rows = reports.iter().map(Report::row);
    let rows: Vec<_> = [["offer", "outcome", "proof", "posted", "polls", "status"].map(str::to_owned)]
        .into_iter()
        .chain(rows)
        .collect();
    let widths: [usize; 6] = std::array::from_fn(|column| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    for row in &rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        // If stdout is closed, the exit code still tells.
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
}
