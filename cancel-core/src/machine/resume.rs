//! Writing a conversation down, and going on with one that was written down.

use std::time::Duration;

use super::checkpoint::{Checkpoint, Over, SavedBy, SavedLocation, SavedStage, VERSION, check_version, refused, to_ms};
use super::conversation::{Conversation, Stage};
use super::noted::Noted;
use super::outcome::Posted;
use super::policy::{Policy, Until};
use super::watching::Watching;
use crate::codec::{Called, CancelRequest, NamedBy, NamedLocation, OperationLocation};
use crate::error::Error;
use crate::report::Problem;
use crate::values::{ClientRequestId, Endpoint, InvalidInput, NotificationEmails, OfferId, OperationId, PublisherId};

/// No crash loop lives for ever, whatever its clock says.
const MAX_RESUMES: u32 = 1000;
const ALMOST_A_MILLISECOND: Duration = Duration::from_nanos(999_999);
/// A clock that stands so far before the checkpoint's makes nonsense of its times. (It may stand before it: another
/// machine's clock, or one that begins with each process.)
const MOST_SKEW: Duration = Duration::from_secs(31 * 24 * 3600);
/// An operation can run for days; a deadline beyond this was not written by us, unless the policy has it.
const LONGEST_RUN: Duration = Duration::from_secs(366 * 24 * 3600);

impl Conversation {
    /// What another process needs to go on, as of the last `now`.
    pub(super) fn checkpoint(&self, over: Option<Over>) -> Checkpoint {
        let request = &self.request;
        let (stage, location, cancel_failed) = self.saved_stage();
        let text = |value: Option<String>| value.map(String::into_boxed_str);
        let post_is_out = self.post_is_out();
        Checkpoint {
            version: VERSION,
            endpoint: self.endpoint.to_string().into(),
            api_version: self.endpoint.api_version().as_str().into(),
            publisher: request.publisher().as_str().into(),
            offer: request.offer().as_str().into(),
            notification_emails: text(request.emails().map(ToString::to_string)),
            if_match: text(request.version().map(ToString::to_string)),
            client_request_id: text(request.call_id().map(ToString::to_string)),
            only: text(request.target().map(ToString::to_string)),
            until: self.policy.until.as_str().into(),
            stage,
            noted: self.noted.operations().iter().map(|noted| noted.id().as_str().into()).collect(),
            location,
            cancel_failed,
            posted: self.posted(),
            polls: self.polls,
            waited: self.pace.waited(),
            failures: self.failures,
            failed_posts: self.failed_posts.saturating_add(u8::from(post_is_out)),
            resumes: self.resumes,
            now_ms: to_ms(self.now),
            // Never sooner than the service has asked for.
            due_ms: to_ms(self.due().unwrap_or(self.now).min(self.deadline).saturating_add(ALMOST_A_MILLISECOND)),
            deadline_ms: to_ms(self.deadline),
            over,
        }
    }

    /// A POST that is out may have been processed by the time that anyone reads this.
    fn saved_stage(&self) -> (SavedStage, Option<SavedLocation>, bool) {
        let stage = match &self.stage {
            Stage::Listing => SavedStage::Listing,
            Stage::Posting if self.post_is_out() && self.policy.until == Until::Verified => SavedStage::Looking,
            Stage::Posting if self.post_is_out() => SavedStage::Doubtful,
            Stage::Posting => SavedStage::Posting,
            Stage::Looking => SavedStage::Looking,
            Stage::Doubtful => SavedStage::Doubtful,
            Stage::Unfollowed => SavedStage::Unfollowed,
            Stage::Watching(watching) => {
                let location = watching.followed().map(|named| SavedLocation {
                    url: named.location.to_string().into(),
                    by: match named.by {
                        NamedBy::OperationLocation => SavedBy::OperationLocation,
                        NamedBy::Location => SavedBy::Location,
                        NamedBy::Body => SavedBy::Body,
                    },
                });
                return (SavedStage::Watching, location, watching.cancel_failed);
            }
        };
        (stage, None, false)
    }

    /// A conversation that goes on where the checkpoint stands.
    pub(super) fn resume(
        endpoint: Endpoint,
        checkpoint: &Checkpoint,
        policy: Policy,
        now: Duration,
    ) -> Result<Self, Problem> {
        let resumed = Self::check_and_resume(endpoint, checkpoint, policy, now);
        resumed.map_err(|problem| problem.posted(checkpoint.posted))
    }

    fn check_and_resume(
        endpoint: Endpoint,
        checkpoint: &Checkpoint,
        policy: Policy,
        now: Duration,
    ) -> Result<Self, Problem> {
        check_version(checkpoint.version)?;
        check_is_ours(&endpoint, checkpoint, &policy)?;
        let request = checkpoint.request().map_err(|error| refused(&format!("is not valid: {error}")))?;
        if request.target().is_some() && !policy.lists() {
            return Err(refused("is for one operation only, and its mode does not look at the list"));
        }
        let noted = checkpoint.noted.iter().map(OperationId::new).collect::<Result<Vec<_>, _>>();
        let noted = Noted::of_ids(noted.map_err(|error| refused(&format!("is not valid: {error}")))?);
        let location = checkpoint.location(&endpoint)?;
        let stage = checkpoint.stage(&policy, &noted, location)?;
        let times = checkpoint.times(&policy, now)?;

        let fresh = checkpoint.over.is_some();
        let mut conversation = Self::new(endpoint, request, policy, now);
        conversation.stage = stage;
        conversation.noted = noted;
        conversation.posted = checkpoint.posted;
        conversation.polls = checkpoint.polls;
        conversation.resumes = checkpoint.resumes.saturating_add(1);
        if !fresh {
            conversation.pace.go_on_after(checkpoint.waited);
            conversation.failures = checkpoint.failures;
            conversation.failed_posts = checkpoint.failed_posts;
            conversation.deadline = times.deadline;
            conversation.set_due(times.due);
        }
        Ok(conversation)
    }
}

/// Times of the checkpoint, on the clock of this process.
struct Times {
    due: Duration,
    deadline: Duration,
}

impl Checkpoint {
    fn request(&self) -> Result<CancelRequest, InvalidInput> {
        let mut request = CancelRequest::new(PublisherId::new(&self.publisher)?, OfferId::new(&self.offer)?);
        if let Some(emails) = &self.notification_emails {
            request = request.notify(NotificationEmails::parse(emails)?);
        }
        if let Some(version) = &self.if_match {
            request = request.if_match(version.parse()?);
        }
        if let Some(id) = &self.client_request_id {
            request = request.client_request_id(ClientRequestId::new(id)?);
        }
        if let Some(operation) = &self.only {
            request = request.only(OperationId::new(operation)?);
        }
        Ok(request)
    }

    /// The location, after the checks that one from the service passes.
    fn location(&self, endpoint: &Endpoint) -> Result<Option<NamedLocation>, Problem> {
        let Some(saved) = &self.location else {
            return Ok(None);
        };
        let location =
            OperationLocation::read(endpoint, Called::Url(&http::Uri::default()), &saved.url).map_err(|problem| {
                problem.renamed(Error::Checkpoint, "the checkpoint holds a location that will not be called")
            })?;
        if *saved.url != *location.to_string() {
            return Err(refused("holds a location that is not written as ours are"));
        }
        let by = match saved.by {
            SavedBy::OperationLocation => NamedBy::OperationLocation,
            SavedBy::Location => NamedBy::Location,
            SavedBy::Body => NamedBy::Body,
        };
        Ok(Some(NamedLocation { location, by }))
    }

    /// The stage to go on in, when it is one that this mode has.
    fn stage(&self, policy: &Policy, noted: &Noted, location: Option<NamedLocation>) -> Result<Stage, Problem> {
        let verified = policy.until == Until::Verified;
        Ok(match self.stage {
            SavedStage::Listing if verified && noted.is_empty() && self.posted == Posted::No => Stage::Listing,
            // What was noted may have ended since, and another may have been started.
            SavedStage::Posting | SavedStage::Looking if verified && !noted.is_empty() => Stage::Looking,
            // A dry run looks at the list in every mode.
            SavedStage::Listing if noted.is_empty() && self.posted == Posted::No => Stage::Posting,
            SavedStage::Posting if !verified && noted.is_empty() => Stage::Posting,
            SavedStage::Doubtful if !verified && policy.retry_ambiguous => Stage::Posting,
            SavedStage::Doubtful if !verified => Stage::Doubtful,
            SavedStage::Unfollowed if !verified => Stage::Unfollowed,
            SavedStage::Watching => match (policy.until, location) {
                (Until::Verified, location) if !noted.is_empty() => {
                    Stage::Watching(Watching { cancel_failed: self.cancel_failed, ..Watching::noted_and(location) })
                }
                (Until::Settled, Some(named)) if noted.is_empty() => Stage::Watching(Watching::location(named)),
                _ => return Err(refused("contradicts itself")),
            },
            _ => return Err(refused("contradicts itself")),
        })
    }

    fn times(&self, policy: &Policy, now: Duration) -> Result<Times, Problem> {
        let [then, due, deadline] = [self.now_ms, self.due_ms, self.deadline_ms].map(Duration::from_millis);
        // Written times are cut to milliseconds, so that they may be off by one.
        let slack = Duration::from_millis(1);
        let left = deadline.saturating_sub(then);
        if left > policy.deadline.max(LONGEST_RUN) {
            return Err(refused("has an absurd deadline"));
        }
        if then.saturating_sub(now) > MOST_SKEW {
            return Err(refused("is from the future"));
        }
        if due > deadline.saturating_add(slack) {
            return Err(refused("waits beyond its deadline"));
        }
        // A clock that stands before the checkpoint's is another one: what was left then is left now.
        let passed = now.saturating_sub(then);
        let from_now = |time: Duration| now.saturating_add(time.saturating_sub(then).saturating_sub(passed));
        // A caller who has less patience than the one before has the last word.
        let deadline = from_now(deadline).min(now.saturating_add(policy.deadline));
        Ok(Times { due: from_now(due), deadline })
    }
}

fn check_is_ours(endpoint: &Endpoint, checkpoint: &Checkpoint, policy: &Policy) -> Result<(), Problem> {
    if checkpoint.over == Some(Over::Outcome) {
        return Err(refused("is of a run that is over"));
    }
    if *checkpoint.endpoint != *endpoint.to_string() || *checkpoint.api_version != *endpoint.api_version().as_str() {
        return Err(refused("is of another service than the endpoint"));
    }
    if *checkpoint.until != *policy.until.as_str() {
        return Err(refused("is of a run that goes as far as another mode"));
    }
    if policy.dry_run {
        return Err(refused("cannot be gone on with in a dry run"));
    }
    if checkpoint.resumes >= MAX_RESUMES {
        return Err(refused("was gone on with too often"));
    }
    Ok(())
}
