//! Progress on a terminal: a headline, and below it the steps of the one operation, or a line for each of many offers.
//!
//! No line is wider than the terminal, because indicatif cannot take a wrapped line away on every terminal. A bar is
//! changed only after it has its place: before that it would draw itself somewhere else.

use std::time::Instant;

use cancel_core::OperationStep;
use console::{Term, measure_text_width, pad_str, truncate_str};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Runs;
use super::snapshot::{Snapshot, percentage, step_name};
use super::time::spoken;

/// An operation has six steps. A service that sends many more must not flood the terminal.
const MOST_STEPS: usize = 12;
/// Lines that are kept free, for the headline and the prompt.
const OTHER_LINES: usize = 3;
const BAR_WIDTH: usize = 12;
/// A letter with its marks is a few characters in one column.
const MOST_PER_COLUMN: usize = 4;

pub(super) struct Bars {
    screen: MultiProgress,
    headline: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl Bars {
    pub(super) fn new() -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let headline = screen.add(ProgressBar::new_spinner().with_style(style("{spinner} {msg}")));
        Self { screen, headline, lines: Vec::new() }
    }

    pub(super) fn draw(&mut self, runs: &Runs, now: Instant) {
        let (height, width) = Term::stderr().size();
        let (height, width) = (usize::from(height), usize::from(width).max(20));
        let room = height.saturating_sub(OTHER_LINES).max(1);
        let (headline, lines) = match runs.order.as_slice() {
            [_] => match runs.in_order().next() {
                Some((_, run)) => one(run, width, now),
                None => ("starting".to_owned(), Vec::new()),
            },
            _ => many(runs, width, room, now),
        };
        self.headline.set_message(cut(&headline, width.saturating_sub(2)));
        self.headline.tick();
        while self.lines.len() > lines.len().min(room) {
            if let Some(line) = self.lines.pop() {
                self.screen.remove(&line);
            }
        }
        while self.lines.len() < lines.len().min(room) {
            let line = ProgressBar::hidden().with_style(style("{msg}"));
            self.lines.push(self.screen.add(line));
        }
        for (bar, line) in self.lines.iter().zip(lines) {
            bar.set_message(cut(&line, width));
        }
    }

    pub(super) fn say(&self, line: &str) {
        // The terminal may be closed.
        let _ = self.screen.println(line);
    }

    pub(super) fn clear(&mut self) {
        self.headline.finish_and_clear();
        for line in self.lines.drain(..) {
            line.finish_and_clear();
        }
        let _ = self.screen.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// One column stays free: some terminals wrap when the last one is written.
fn cut(line: &str, width: usize) -> String {
    truncate_str(&few(line, width), width.saturating_sub(1), "…").into_owned()
}

/// No more characters than these columns need. Those without a width are never too wide, and could be thousands.
fn few(text: &str, columns: usize) -> String {
    text.chars().take(MOST_PER_COLUMN * columns).collect()
}

fn one(run: &Snapshot, width: usize, now: Instant) -> (String, Vec<String>) {
    let mut lines = vec![format!("  {} gone, {}", run.elapsed(now), run.times(now))];
    lines.extend(run.steps.iter().take(MOST_STEPS).map(|step| step_line(step, width)));
    (run.doing(), lines)
}

/// Name, bar, percentage and status. Without room for all, the status goes first, then the bar.
fn step_line(step: &OperationStep, width: usize) -> String {
    let name_width = width.saturating_sub(BAR_WIDTH + 11).clamp(12, 28);
    let name = few(&step_name(step), name_width);
    let name = pad_str(&name, name_width, console::Alignment::Left, Some("…"));
    let percent = percentage(step).min(100);
    let full = usize::try_from(percent).unwrap_or(0) * BAR_WIDTH / 100;
    let bar = "█".repeat(full) + &"░".repeat(BAR_WIDTH - full);
    let status = crate::text::plain(&step.status);
    let line = format!("  {name} {bar} {percent:>3} %");
    if measure_text_width(&line) + 2 + measure_text_width(&status) < width { format!("{line}  {status}") } else { line }
}

fn many(runs: &Runs, width: usize, room: usize, now: Instant) -> (String, Vec<String>) {
    let offers = runs.order.len();
    let elapsed = spoken(now.saturating_duration_since(runs.started));
    let mut headline = format!("{} of {offers} offers done after {elapsed}", runs.over);
    let in_progress = runs.in_progress.len();
    if in_progress > room {
        headline += &format!(", showing {room} of {in_progress}");
    }
    let longest = runs.in_order().take(room).map(|(offer, _)| offer.as_str().len()).max().unwrap_or(0);
    let name_width = longest.min((width / 3).max(10));
    let line = |(offer, run): (&cancel_core::OfferId, &Snapshot)| {
        let name = pad_str(offer.as_str(), name_width, console::Alignment::Left, Some("…"));
        format!("  {name}  {}", run.doing_shortly())
    };
    (headline, runs.in_order().take(room).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_without_a_width_are_cut_too() {
        for mark in ['\u{301}', '\u{200b}'] {
            let long = format!("a{}", mark.to_string().repeat(9000));
            assert!(cut(&long, 80).chars().count() <= 320);
            let mut step = OperationStep::default();
            (step.step_name, step.progress_percentage) = (long, Some(40));
            let line = step_line(&step, 80);
            assert!(line.chars().count() < 200 && line.contains(" 40 %"), "{line}");
        }
        assert_eq!(cut("abc", 80), "abc");
        assert_eq!(cut("abcdef", 5), "abc…");
    }
}
