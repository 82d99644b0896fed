//! A publish operation, and what state it is in at a time.
//!
//! A state is computed from the times at which things begin and end, and never stored: reading an operation does not
//! change it. What it looks like on the wire is not known here.

use std::time::Duration;

/// How long the steps of an operation without an end of its own take.
const ENDLESS_STEPS: Duration = Duration::from_secs(3_600);

/// How an operation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// It did what it was started for.
    Completed,
    /// A cancel took effect.
    Canceled,
    /// It failed, with an error.
    Failed,
}

/// What an operation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    NotStarted,
    Running,
    WaitingForPublisherReview,
    Completed,
    Canceled,
    Failed,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NotStarted => "notStarted",
            Self::Running => "running",
            Self::WaitingForPublisherReview => "waitingForPublisherReview",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }

    pub(super) fn is_in_progress(self) -> bool {
        matches!(self, Self::NotStarted | Self::Running | Self::WaitingForPublisherReview)
    }
}

impl From<End> for State {
    fn from(end: End) -> Self {
        match end {
            End::Completed => Self::Completed,
            End::Canceled => Self::Canceled,
            End::Failed => Self::Failed,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Course {
    Endless,
    SignOff,
    Ends { after: Duration, end: End },
}

/// A publish (or go-live) operation: what a cancel is meant to cancel.
///
/// Without more it runs from the epoch on and never ends by itself. Times are virtual, since the epoch of
/// the caller of [`Portal::handle`](super::Portal::handle).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublishOperation {
    id: String,
    pub(super) slot: String,
    pub(super) publishing_version: u32,
    pub(super) started_at: Duration,
    not_started_until: Duration,
    course: Course,
    /// Ended from outside, by a cancel or by [`Portal::end_operation`](super::Portal::end_operation).
    pub(super) stopped: Option<(Duration, End)>,
}

impl PublishOperation {
    /// An operation in the slot `preview`, version 2, that runs from the epoch on and never ends by itself.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            slot: "preview".to_owned(),
            publishing_version: 2,
            started_at: Duration::ZERO,
            not_started_until: Duration::ZERO,
            course: Course::Endless,
            stopped: None,
        }
    }

    /// The last part of a location in the `$` form. The list says `staging` for `preview`, and `production`
    /// for `live`.
    #[must_use]
    pub fn slot(mut self, slot: &str) -> Self {
        slot.clone_into(&mut self.slot);
        self
    }

    /// The third part of a location in the `$` form.
    #[must_use]
    pub fn publishing_version(mut self, version: u32) -> Self {
        self.publishing_version = version;
        self
    }

    /// When it was started. Before this time it is not on the list, and no cancel reaches it.
    #[must_use]
    pub fn started_at(mut self, at: Duration) -> Self {
        self.started_at = at;
        self
    }

    /// It waits as `notStarted` until `at`. The other durations begin there.
    #[must_use]
    pub fn not_started_until(mut self, at: Duration) -> Self {
        self.not_started_until = at;
        self
    }

    /// It ends as `completed` after it has run for this long.
    #[must_use]
    pub fn runs_for(mut self, after: Duration) -> Self {
        self.course = Course::Ends { after, end: End::Completed };
        self
    }

    /// It ends as `failed` after it has run for this long.
    #[must_use]
    pub fn fails_after(mut self, after: Duration) -> Self {
        self.course = Course::Ends { after, end: End::Failed };
        self
    }

    /// It waits for the publisher's sign-off, and nothing but a cancel or
    /// [`Portal::end_operation`](super::Portal::end_operation) ends it.
    #[must_use]
    pub fn waiting_for_sign_off(mut self) -> Self {
        self.course = Course::SignOff;
        self
    }

    /// The operation's id, which is its submission's id too.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Ends it from outside, unless something ends it before `at`.
    pub(super) fn stop(&mut self, at: Duration, end: End) {
        if self.stopped.is_none_or(|(earlier, _)| at < earlier) {
            self.stopped = Some((at, end));
        }
    }

    /// The end that it comes to if nothing else happens.
    pub(super) fn end(&self) -> Option<(Duration, End)> {
        let own = match self.course {
            Course::Ends { after, end } => Some((self.running_from().saturating_add(after), end)),
            Course::Endless | Course::SignOff => None,
        };
        match (own, self.stopped) {
            (Some(own), Some(stopped)) if stopped.0 < own.0 => Some(stopped),
            (Some(own), _) => Some(own),
            (None, stopped) => stopped,
        }
    }

    pub(super) fn state(&self, now: Duration) -> State {
        match self.end() {
            Some((at, end)) if at <= now => end.into(),
            _ if now < self.running_from() => State::NotStarted,
            _ if self.waits_for_sign_off() => State::WaitingForPublisherReview,
            _ => State::Running,
        }
    }

    pub(super) fn is_visible(&self, now: Duration) -> bool {
        self.started_at <= now
    }

    pub(super) fn waits_for_sign_off(&self) -> bool {
        self.course == Course::SignOff
    }

    /// How far the steps have come, in percent of a step: 250 is the middle of the third of six. `None` if it
    /// never ran.
    pub(super) fn hundredths_of_steps(&self, now: Duration, steps: u32) -> Option<u128> {
        let until = self.end().map_or(now, |(at, _)| at.min(now));
        let elapsed = until.checked_sub(self.running_from())?;
        let total = match self.course {
            Course::Ends { after, .. } => after,
            Course::Endless | Course::SignOff => ENDLESS_STEPS,
        };
        let all = u128::from(steps) * 100;
        Some((elapsed.as_nanos() * all).checked_div(total.as_nanos()).unwrap_or(all))
    }

    /// When its state last changed.
    pub(super) fn changed(&self, now: Duration) -> Duration {
        match self.end() {
            Some((at, _)) if at <= now => at,
            _ if now < self.running_from() => self.started_at,
            _ => self.running_from(),
        }
    }

    fn running_from(&self) -> Duration {
        self.started_at.max(self.not_started_until)
    }
}
