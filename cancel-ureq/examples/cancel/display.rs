//! Progress on a terminal: the present action, and a bar for each step of the operation. Silent when stderr is not a
//! terminal.

use std::time::Duration;

use cancel_core::{Cancellation, Event, OperationStep, Phase, TokenReason};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::command_line::plain;

/// An operation has six steps. A service that sends many more must not flood the terminal.
const MOST_STEPS: usize = 12;

pub(crate) struct Display {
    bars: MultiProgress,
    headline: ProgressBar,
    steps: Vec<ProgressBar>,
}

impl Display {
    /// indicatif draws on stderr, and nothing when that is not a terminal.
    pub(crate) fn new() -> Self {
        let bars = MultiProgress::new();
        let headline = bars.add(ProgressBar::new_spinner());
        headline.enable_steady_tick(Duration::from_millis(120));
        Self { bars, headline, steps: Vec::new() }
    }

    pub(crate) fn show(&mut self, event: &Event<'_>, cancellation: &Cancellation) {
        match event {
            Event::Authenticating(TokenReason::Rejected) => self.headline.set_message("Asking for a fresh token"),
            Event::Sending(exchange) if exchange.is_post() => self.headline.set_message("Sending the cancel"),
            Event::Sending(_) if cancellation.progress().phase != Phase::Verifying => {
                self.headline.set_message("Listing what is in progress");
            }
            Event::Failed { why, .. } => self.headline.set_message(format!("No answer: {}", plain(why))),
            Event::Waiting(_) => self.waiting(cancellation),
            _ => {}
        }
    }

    fn waiting(&mut self, cancellation: &Cancellation) {
        let progress = cancellation.progress();
        let Some(operation) = progress.operation.filter(|_| !self.headline.is_hidden()) else {
            return;
        };
        self.headline.set_message(format!("{} after {} polls", plain(operation.status()), progress.polls));
        let mut steps = operation.details().steps;
        steps.truncate(MOST_STEPS);
        while self.steps.len() < steps.len() {
            self.steps.push(self.bars.add(new_bar()));
        }
        for (bar, step) in self.steps.iter().zip(&steps) {
            show_step(bar, step);
        }
    }

    /// Leaves the last state of the steps on the screen.
    pub(crate) fn clear(&self) {
        self.headline.finish_and_clear();
        for bar in &self.steps {
            bar.abandon();
        }
    }
}

fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("  {prefix:<28!} {bar:20} {pos:>3}%  {msg}");
    ProgressBar::new(100).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show_step(bar: &ProgressBar, step: &OperationStep) {
    let name = if step.step_name.is_empty() { &step.id } else { &step.step_name };
    bar.set_prefix(plain(name));
    bar.set_message(plain(&step.status));
    bar.set_position(step.progress_percentage.unwrap_or(0).into());
}
