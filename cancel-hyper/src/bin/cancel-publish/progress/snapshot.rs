//! What is known of one run at a moment, and its words for a person.

use std::time::{Duration, Instant};

use cancel_core::{Cancellation, Event, Operation, OperationStep, Phase, Posted, State, TokenReason, TrackedOperation};

use super::time::{spoken, spoken_at_most};
use crate::text::plain;

pub(crate) struct Snapshot {
    phase: Phase,
    pub(crate) posted: Posted,
    post_in_flight: bool,
    pub(crate) polls: u32,
    /// The service's word for what is polled.
    status: Option<String>,
    pub(super) steps: Vec<OperationStep>,
    /// What has just gone wrong, or what is waited for beside the service.
    remark: Option<String>,
    /// The remark is about the service, and holds until it answers.
    is_unanswered: bool,
    due: Option<Instant>,
    deadline: Instant,
    began: Instant,
}

impl Snapshot {
    /// What is known after an event. `before` is what was known before it.
    pub(super) fn of(event: &Event<'_>, cancellation: &Cancellation, before: Option<&Self>, now: Instant) -> Self {
        let progress = cancellation.progress();
        // A deadline that an `Instant` cannot represent is as good as a day.
        let at = |time: Duration| {
            let ahead = time.saturating_sub(cancellation.now());
            now.checked_add(ahead).unwrap_or(now + Duration::from_secs(24 * 3600))
        };
        let remark = match event {
            Event::Authenticating(TokenReason::FirstUse) => Some("getting a token".to_owned()),
            Event::Authenticating(_) => Some("getting a fresh token, because the last was rejected".to_owned()),
            Event::Failed { why, .. } => Some(format!("no answer: {}", plain(why))),
            Event::Answered { status, .. } if !status.is_success() => Some(format!("the service answered {status}")),
            // It counts until there is an answer.
            Event::Waiting(_) | Event::Sending(_) => {
                before.filter(|before| before.is_unanswered).and_then(|before| before.remark.clone())
            }
            _ => None,
        };
        // The last poll can be that of the location, which is not the publish and tells no steps.
        let tracked = progress.baseline.iter().find(|tracked| !tracked.state().is_end()).or(progress.baseline.last());
        let status = tracked.map(TrackedOperation::status).or(progress.operation.map(Operation::status));
        let steps = progress.operation.map(|operation| operation.details().steps).unwrap_or_default();
        let before_steps = || before.map(|before| before.steps.clone()).unwrap_or_default();
        Self {
            phase: progress.phase,
            posted: progress.posted,
            post_in_flight: progress.post_in_flight,
            polls: progress.polls,
            status: status.map(plain),
            steps: if steps.is_empty() { before_steps() } else { steps },
            remark,
            is_unanswered: match event {
                Event::Failed { .. } => true,
                Event::Answered { status, .. } => !status.is_success(),
                Event::Waiting(_) | Event::Sending(_) => before.is_some_and(|before| before.is_unanswered),
                _ => false,
            },
            due: if matches!(event, Event::Waiting(_)) { progress.due.map(at) } else { None },
            deadline: at(progress.deadline),
            began: before.map_or(now, |before| before.began),
        }
    }

    /// What the run is doing, without times.
    pub(super) fn doing(&self) -> String {
        let doing = self.phase_in_words();
        match &self.remark {
            Some(remark) => format!("{doing}; {remark}"),
            None => doing,
        }
    }

    fn phase_in_words(&self) -> String {
        let status = self.status.as_deref().unwrap_or("in progress");
        match self.phase {
            Phase::Listing => "listing what is in progress".to_owned(),
            Phase::Posting if self.post_in_flight => "sending the cancel".to_owned(),
            Phase::Posting => "about to send the cancel".to_owned(),
            Phase::Rechecking => "listing again, before another cancel".to_owned(),
            Phase::Following => format!("cancel sent; its location says {status}{}", self.step_in_words()),
            Phase::Done if self.posted == Posted::No => "over, and no cancel was sent".to_owned(),
            _ if self.posted == Posted::Yes => format!("cancel sent; the publish is {status}{}", self.step_in_words()),
            _ => format!("the cancel may have arrived; the publish is {status}{}", self.step_in_words()),
        }
    }

    /// What the run is doing, in few words: a line has room for the offer too.
    pub(super) fn doing_shortly(&self) -> String {
        match (&self.remark, &self.status, self.phase) {
            (Some(remark), ..) => remark.clone(),
            (None, Some(status), Phase::Following | Phase::Verifying) => format!("{status}{}", self.step_in_words()),
            _ => self.phase_in_words(),
        }
    }

    /// The step that the operation is at, with its percentage.
    fn step_in_words(&self) -> String {
        if self.status.as_deref().is_none_or(|status| State::of_word(status).is_end()) {
            return String::new();
        }
        let step = self.steps.iter().find(|step| step.progress_percentage.is_some_and(|percent| percent < 100));
        step.map(|step| format!(", {} {} %", step_name(step), percentage(step))).unwrap_or_default()
    }

    /// When the next request is, and how much time there is.
    pub(super) fn times(&self, now: Instant) -> String {
        let left = format!("{} left", spoken_at_most(self.deadline.saturating_duration_since(now)));
        match self.due {
            Some(due) => format!("next request in {}, {left}", spoken_at_most(due.saturating_duration_since(now))),
            None => left,
        }
    }

    pub(super) fn elapsed(&self, now: Instant) -> String {
        spoken(now.saturating_duration_since(self.began))
    }

    /// What is known of the cancel, for a person who stops the run.
    pub(crate) fn what_was_sent(&self) -> &'static str {
        match (self.phase, self.posted) {
            (_, Posted::No) => "No cancel went out: nothing has changed.",
            (Phase::Posting, Posted::Yes) if !self.post_in_flight => {
                "The service has not accepted the cancel: nothing is canceled."
            }
            (Phase::Posting | Phase::Rechecking, _) | (_, Posted::Maybe) => {
                "A cancel may have reached the service. Look before you send another: it would also cancel what was \
                 started since."
            }
            (_, Posted::Yes) => "The service has accepted the cancel, and continues without this process.",
        }
    }
}

pub(super) fn step_name(step: &OperationStep) -> String {
    plain(if step.step_name.is_empty() { &step.id } else { &step.step_name })
}

pub(super) fn percentage(step: &OperationStep) -> u64 {
    step.progress_percentage.unwrap_or(0).into()
}
