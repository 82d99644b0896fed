//! How far to go, how long, and how patiently.

use std::time::Duration;

/// How far a [`Cancellation`](crate::Cancellation) goes before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Until {
    /// Until the service has accepted the cancel: one POST. A 202 proves nothing but that.
    Accepted,
    /// Until what the service's location names has ended: the POST, then GETs.
    Settled,
    /// Until the operations that were in progress beforehand have ended: the list, the POST, then a GET a scheduled look.
    /// The only mode that knows what became of them, and that posts nothing when nothing is in progress.
    Verified,
}

impl Until {
    /// One stable word for logs: `accepted`, `settled` or `verified`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Settled => "settled",
            Self::Verified => "verified",
        }
    }
}

/// How far to go, how long, and how patiently. The default suits a release pipeline.
///
/// ```
/// # use std::time::Duration;
/// # use cancel_core::{Policy, Until};
/// let policy = Policy::default().until(Until::Accepted).deadline(Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Policy {
    pub(super) until: Until,
    pub(super) deadline: Duration,
    pub(super) poll_interval: Duration,
    pub(super) max_poll_interval: Duration,
    pub(super) attempt_timeout: Duration,
    pub(super) attempts: u8,
    pub(super) body_limit: usize,
    pub(super) jitter_percent: u8,
    pub(super) seed: u64,
    pub(super) retry_ambiguous: bool,
    pub(super) dry_run: bool,
}

impl Default for Policy {
    /// [`Until::Verified`] within 15 minutes; looks after 1, 2, 4 and three times 5 s, twice after 20 s, then every 8.5 s
    /// from one to three minutes, where most cancels take effect, and every 26 s from then on, with a jitter of 20 %; 30 s
    /// and 1 MiB an answer; five tries; nothing that could cancel twice.
    fn default() -> Self {
        Self {
            until: Until::Verified,
            deadline: Duration::from_secs(15 * 60),
            poll_interval: Duration::from_secs(1),
            max_poll_interval: Duration::from_secs(26),
            attempt_timeout: Duration::from_secs(30),
            attempts: 5,
            body_limit: 1024 * 1024,
            jitter_percent: 20,
            seed: 0,
            retry_ambiguous: false,
            dry_run: false,
        }
    }
}

impl Policy {
    /// How far to go.
    #[must_use]
    pub fn until(mut self, until: Until) -> Self {
        self.until = until;
        self
    }

    /// How long the whole conversation may take, from its first `now` on.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The first wait before a look, and the shortest. Below a second it shortens the next ones in proportion.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// The longest wait, and every one after three minutes. One that is below the first wait counts as the first wait.
    #[must_use]
    pub fn max_poll_interval(mut self, interval: Duration) -> Self {
        self.max_poll_interval = interval;
        self
    }

    /// How long one exchange may take, its body included.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How many failures in a row are final; at least one.
    #[must_use]
    pub fn attempts(mut self, attempts: u8) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The longest body that is read, in bytes.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How much longer than scheduled a wait may be, in percent, so that many offers do not ask in step.
    #[must_use]
    pub fn jitter_percent(mut self, percent: u8) -> Self {
        self.jitter_percent = percent;
        self
    }

    /// What the jitter is computed from, together with the publisher and the offer.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether, without [`Until::Verified`], a POST of which nobody knows whether it was processed is sent again (rule 5).
    /// The first may have worked, and then the second cancels what was started since: only for callers who know that
    /// nothing was. (With `Verified` a look at the list decides.)
    #[must_use]
    pub fn retry_ambiguous(mut self, retry: bool) -> Self {
        self.retry_ambiguous = retry;
        self
    }

    /// Whether to stop after the list, whatever the mode: [`Outcome::StillRunning`](crate::Outcome::StillRunning) then says
    /// what would be canceled. Nothing is posted.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Whether the list is looked at before anything is posted.
    pub(super) fn lists(&self) -> bool {
        self.until == Until::Verified || self.dry_run
    }
}
