//! Writes a conversation down, and resumes one that was written down.

use std::time::Duration;

use super::baseline::{Baseline, TrackedOperation};
use super::checkpoint::{
    Checkpoint, Over, SavedFailure, SavedLocation, SavedPhase, SavedSent, VERSION, check_version, refused, to_ms,
};
use super::context::Context;
use super::conversation::Conversation;
use super::phase::{
    CancelFailed, Delivery, Following, Listing, Phase, Posting, Recheck, Rechecking, Sent, Stuck, Verifying, after_post,
};
use super::policy::{Policy, Until};
use super::retries::Retries;
use crate::codec::{BaseUrl, NamedLocation, OperationLocation};
use crate::error::{Error, ErrorKind, Posted};
use crate::values::Endpoint;

/// A loop of crashes ends, whatever its clock says.
const MAX_RESUMES: u16 = 1000;
const ALMOST_A_MILLISECOND: Duration = Duration::from_nanos(999_999);
/// A clock this far behind the checkpoint's is an error. One that is less far behind is another clock: another
/// machine's, or one that begins with each process.
const MAX_SKEW: Duration = Duration::from_secs(31 * 24 * 3600);

impl Conversation {
    /// What another process needs to go on, as of the last `now`.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let cx = &self.cx;
        Checkpoint {
            version: VERSION,
            endpoint: cx.asked.endpoint.to_string().into(),
            api_version: cx.asked.endpoint.api_version().clone(),
            request: cx.asked.request.clone(),
            others: cx.remarks().others.iter().map(|other| other.id().clone()).collect(),
            until: cx.asked.policy.until,
            phase: self.saved_phase(),
            posted: self.posted(),
            polls: cx.polls,
            polling_since_ms: to_ms(cx.polling_since),
            failed_gets: cx.retries.gets,
            failed_posts: cx.retries.posts.saturating_add(u8::from(self.post_in_flight())),
            resumes: cx.resumes,
            now_ms: to_ms(cx.now),
            // Never sooner than the service has asked for.
            due_ms: to_ms(self.due_when_resumed().min(cx.deadline).saturating_add(ALMOST_A_MILLISECOND)),
            deadline_ms: to_ms(cx.deadline),
            over: self.result().map(|result| if result.is_ok() { Over::Outcome } else { Over::Error }),
        }
    }

    /// A resumed run polls the baseline first.
    fn due_when_resumed(&self) -> Duration {
        match &self.phase {
            Phase::Verifying(verifying) => verifying.tracked_due(),
            _ => None,
        }
        .unwrap_or_else(|| self.exchanges.due().unwrap_or(self.cx.now))
    }

    fn saved_phase(&self) -> SavedPhase {
        let in_flight = self.post_in_flight();
        match &self.phase {
            Phase::Listing(_) | Phase::Asking(_) => SavedPhase::Listing,
            Phase::Posting(Posting { listed: None, in_doubt: false, .. }) if !in_flight => SavedPhase::Posting,
            // A POST in flight may have been processed by the time that the checkpoint is read.
            Phase::Posting(Posting { listed: None, .. }) | Phase::Stuck(Stuck::InDoubt) => SavedPhase::InDoubt,
            Phase::Posting(Posting { listed: Some(listed), in_doubt, .. }) => {
                let sent = match (in_flight, in_doubt) {
                    (true, _) => Sent::InDoubt { since: self.cx.handed_out },
                    (false, true) => Sent::InDoubt { since: Duration::ZERO },
                    (false, false) => Sent::Unprocessed,
                };
                saved_sent(&listed.baseline, &sent)
            }
            Phase::Rechecking(Rechecking { baseline, why: Recheck::InDoubt, .. }) => {
                saved_sent(baseline, &Sent::InDoubt { since: Duration::ZERO })
            }
            Phase::Rechecking(Rechecking { baseline, .. }) => saved_sent(baseline, &Sent::Unprocessed),
            Phase::Following(following) => SavedPhase::Following { location: SavedLocation::of(&following.location) },
            Phase::Verifying(verifying) => match saved_sent(&verifying.baseline, &verifying.sent) {
                SavedPhase::Verifying { baseline, sent, .. } => SavedPhase::Verifying {
                    baseline,
                    location: verifying.live_location().map(SavedLocation::of),
                    sent,
                    cancel_failed: verifying
                        .cancel_failed
                        .as_deref()
                        .map(|failed| SavedFailure { since_ms: to_ms(failed.since), polls: failed.polls }),
                },
                rechecking => rechecking,
            },
            Phase::Stuck(Stuck::Unfollowed) => SavedPhase::Unfollowed,
        }
    }

    /// A conversation that goes on where the checkpoint stands.
    pub(super) fn resume(
        endpoint: Endpoint,
        checkpoint: Checkpoint,
        policy: Policy,
        now: Duration,
    ) -> Result<Self, Error> {
        let posted = checkpoint.posted;
        Self::check_and_resume(endpoint, checkpoint, policy, now).map_err(|error| error.with_posted(posted))
    }

    fn check_and_resume(
        endpoint: Endpoint,
        checkpoint: Checkpoint,
        policy: Policy,
        now: Duration,
    ) -> Result<Self, Error> {
        check_version(checkpoint.version)?;
        checkpoint.check_is_ours(&endpoint, &policy)?;
        let times = checkpoint.times(&policy, now)?;
        let Checkpoint { request, others, phase, posted, .. } = checkpoint;
        let phase = phase.resumed(&endpoint, &policy, posted, &times)?;
        let is_stuck = matches!(phase, Phase::Stuck(_));
        let polls = phase.polls();
        let others = others.into_iter().map(TrackedOperation::unpolled).collect();
        let mut cx = Context::new(endpoint, request, policy, now);
        (cx.posted, cx.polls) = (posted, checkpoint.polls);
        cx.track_beside(others);
        let mut conversation = Self::in_phase(phase, cx);
        conversation.cx.resumes = checkpoint.resumes.saturating_add(1);
        let cx = &mut conversation.cx;
        cx.deadline = times.deadline;
        // A run that had ended with an error begins with new attempts.
        if checkpoint.over.is_none() {
            cx.polling_since = times.past(checkpoint.polling_since_ms);
            cx.retries = Retries { gets: checkpoint.failed_gets, posts: checkpoint.failed_posts, last_error: None };
            // The deadline may be sooner than the one before: a last poll comes before it all the same.
            let due = if polls { times.due.min(cx.last_poll()).max(now) } else { times.due };
            conversation.exchanges.due_at(due, false);
        }
        // There is time for a poll all the same.
        let cx = &mut conversation.cx;
        if polls && times.is_late(&cx.asked.policy) {
            cx.deadline = now.saturating_add(cx.asked.policy.longest_attempt());
            conversation.exchanges.due_at(now, false);
        }
        if is_stuck {
            conversation.over();
        }
        Ok(conversation)
    }
}

/// Where nothing was processed a resumed run begins with a recheck, and otherwise with a poll.
fn saved_sent(baseline: &Baseline, sent: &Sent) -> SavedPhase {
    let sent = match sent {
        Sent::Unprocessed | Sent::Refused(_) => return SavedPhase::Rechecking { baseline: baseline.unpolled() },
        Sent::InDoubt { since } => SavedSent::InDoubt { since_ms: to_ms(*since) },
        Sent::Accepted => SavedSent::Accepted,
    };
    SavedPhase::Verifying { baseline: baseline.unpolled(), location: None, sent, cancel_failed: None }
}

/// Times of the checkpoint, on the clock of this process.
struct Times {
    now: Duration,
    /// The checkpoint's `now`, and how much time has passed since.
    then: Duration,
    passed: Duration,
    due: Duration,
    deadline: Duration,
}

impl Times {
    /// The deadline has passed meanwhile, or is too near for an attempt.
    fn is_late(&self, policy: &Policy) -> bool {
        self.deadline.saturating_sub(self.now) < policy.longest_attempt()
    }

    /// A time before the checkpoint's `now`.
    fn past(&self, milliseconds: u64) -> Duration {
        let ago = self.then.saturating_sub(Duration::from_millis(milliseconds));
        self.now.saturating_sub(self.passed.saturating_add(ago))
    }
}

impl Checkpoint {
    fn check_is_ours(&self, endpoint: &Endpoint, policy: &Policy) -> Result<(), Error> {
        if self.over == Some(Over::Outcome) {
            return Err(refused("is of a run that is over"));
        }
        if *self.endpoint != *endpoint.to_string() || self.api_version != *endpoint.api_version() {
            return Err(refused("is of another service than the endpoint"));
        }
        if self.until != policy.until {
            return Err(refused("is of a run in another mode"));
        }
        if policy.dry_run {
            return Err(refused("cannot be resumed in a dry run"));
        }
        if self.request.only_if_running.is_some() && !policy.lists() {
            return Err(refused("is for one operation only, and its mode reads no list"));
        }
        if self.resumes >= MAX_RESUMES {
            return Err(refused("was resumed too often"));
        }
        Ok(())
    }

    fn times(&self, policy: &Policy, now: Duration) -> Result<Times, Error> {
        let [then, due, deadline] = [self.now_ms, self.due_ms, self.deadline_ms].map(Duration::from_millis);
        // Written times are cut to milliseconds, so that they may be off by one.
        let slack = Duration::from_millis(1);
        if then.saturating_sub(now) > MAX_SKEW {
            return Err(refused("is from the future"));
        }
        if due > deadline.saturating_add(slack) {
            return Err(refused("waits beyond its deadline"));
        }
        // A clock that is behind the checkpoint's is another one: what was left then is left now.
        let passed = now.saturating_sub(then);
        let from_now = |time: Duration| now.saturating_add(time.saturating_sub(then).saturating_sub(passed));
        // The shorter of the two deadlines counts. A run that had ended with an error begins with a new one.
        let anew = now.saturating_add(policy.deadline);
        let deadline = if self.over.is_none() { anew.min(from_now(deadline)) } else { anew };
        Ok(Times { now, then, passed, due: from_now(due), deadline })
    }
}

impl SavedPhase {
    /// Whether it cannot be of a run that has posted so.
    fn contradicts(&self, posted: Posted) -> bool {
        match self {
            Self::Listing => posted != Posted::No,
            Self::Following { .. }
            | Self::InDoubt
            | Self::Verifying { sent: SavedSent::InDoubt { .. } | SavedSent::Accepted, .. } => posted == Posted::No,
            _ => false,
        }
    }

    /// The phase to go on in, when it is one that the mode has.
    fn resumed(self, endpoint: &Endpoint, policy: &Policy, posted: Posted, times: &Times) -> Result<Phase, Error> {
        Ok(match (policy.until, self) {
            (_, phase) if phase.contradicts(posted) => return Err(refused("contradicts itself")),
            (Until::Verified, Self::Listing) => Listing.into(),
            // Too late for another POST, but not for a poll: the baseline may have ended by itself.
            (Until::Verified, Self::Rechecking { baseline }) if posted != Posted::No && times.is_late(policy) => {
                Verifying::new(baseline, Sent::InDoubt { since: times.now }).into()
            }
            (Until::Verified, Self::Rechecking { baseline }) => {
                after_post(policy, Some(baseline), Delivery::NotProcessed)
            }
            (Until::Verified, Self::Verifying { baseline, location, sent, cancel_failed }) => {
                let sent = match sent {
                    SavedSent::Unprocessed => Sent::Unprocessed,
                    SavedSent::InDoubt { since_ms } => Sent::InDoubt { since: times.past(since_ms) },
                    SavedSent::Accepted => Sent::Accepted,
                };
                let cancel_failed = cancel_failed.map(|SavedFailure { since_ms, polls }| {
                    Box::new(CancelFailed { since: times.past(since_ms), polls, still_running: 0 })
                });
                let verifying = Verifying { cancel_failed, ..Verifying::new(baseline, sent) };
                match location {
                    Some(location) => verifying.with_location(location.resumed(endpoint)?, times.now).into(),
                    None => verifying.into(),
                }
            }
            (Until::Settled, Self::Following { location }) => {
                Following { location: location.resumed(endpoint)? }.into()
            }
            // A dry run reads the list in every mode.
            (Until::Accepted | Until::Settled, Self::Listing | Self::Posting) => {
                after_post(policy, None, Delivery::NotProcessed)
            }
            (Until::Accepted | Until::Settled, Self::InDoubt) => after_post(policy, None, Delivery::InDoubt(times.now)),
            (Until::Accepted | Until::Settled, Self::Unfollowed) => Stuck::Unfollowed.into(),
            _ => return Err(refused("is of a phase that its mode does not have")),
        })
    }
}

impl SavedLocation {
    /// The location, after the checks that one from the service passes.
    fn resumed(self, endpoint: &Endpoint) -> Result<NamedLocation, Error> {
        let base = http::Uri::default();
        let location = OperationLocation::read(endpoint, BaseUrl::Url(&base), &self.url).map_err(|error| {
            let why = "the checkpoint holds a location that will not be called";
            error.with_kind(ErrorKind::Checkpoint).explained(why)
        })?;
        if *self.url != *location.to_string() {
            return Err(refused("holds a location that is not written as this crate writes it"));
        }
        Ok(NamedLocation { location, source: self.source })
    }
}
