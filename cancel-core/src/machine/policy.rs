//! How far to go, how long, and how patiently.

use std::time::Duration;

use crate::values::words;

const LONGEST_ATTEMPT: Duration = Duration::from_secs(24 * 3600);

/// How far a [`Cancellation`](crate::Cancellation) goes before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Until {
    /// Until the service has answered the cancel: one POST. A 202 proves only that it took the call.
    Accepted,
    /// Until what the service's location names has ended: the POST, then GETs.
    Settled,
    /// Until the operations that were in progress before the POST have ended: the list, the POST, then polls, one GET
    /// each. Only this mode knows what became of those operations, and only this one posts nothing when nothing is in
    /// progress.
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

words!(Until, "mode": Accepted, Settled, Verified);

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
    pub(super) list_limit: usize,
    pub(super) jitter_percent: u8,
    pub(super) seed: u64,
    pub(super) retry_ambiguous: bool,
    pub(super) dry_run: bool,
}

impl Default for Policy {
    /// [`Until::Verified`] within 15 minutes; a poll after 1 s, then every 6 s until 20 s have passed, every 20 s until
    /// 50 s, every 7 s until three minutes (most cancels take effect after one to three), and from then on after a
    /// twelfth of the time that has passed, at most 25 s, with a jitter of 20 %; 30 s and 1 MiB per answer, 16 MiB for
    /// a list; five attempts; no POST that could cancel twice.
    fn default() -> Self {
        Self {
            until: Until::Verified,
            deadline: Duration::from_secs(15 * 60),
            poll_interval: Duration::from_secs(1),
            max_poll_interval: Duration::from_secs(25),
            attempt_timeout: Duration::from_secs(30),
            attempts: 5,
            body_limit: 1024 * 1024,
            list_limit: 16 * 1024 * 1024,
            jitter_percent: 20,
            seed: 0,
            retry_ambiguous: false,
            dry_run: false,
        }
    }
}

impl Policy {
    /// How far to go. Default: [`Until::Verified`].
    #[must_use]
    pub fn until(mut self, until: Until) -> Self {
        self.until = until;
        self
    }

    /// How long the whole conversation may take, from the `now` of [`new`](crate::Cancellation::new) on. Default: 15
    /// minutes.
    ///
    /// No exchange takes longer than what is left of it. Past it the conversation ends with
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline); with zero, before anything is sent.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The first wait before a poll, and the shortest. Default: 1 s.
    ///
    /// The waits of the schedule are made for 1 s. A shorter first wait shortens the others in proportion; with zero
    /// there is no wait at all but those that the service asks for. A longer one leaves the schedule as it is, but that
    /// no wait is shorter than it.
    ///
    /// Failures are tried again after the same waits. The time counts from the end of the POST, and before it from the
    /// beginning.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// The longest wait of the schedule, and every wait after five minutes. Default: 25 s.
    ///
    /// One that is below [`poll_interval`](Self::poll_interval) counts as that. Jitter, and a wait that the service
    /// asks for, can be longer.
    #[must_use]
    pub fn max_poll_interval(mut self, interval: Duration) -> Self {
        self.max_poll_interval = interval;
        self
    }

    /// How long one exchange may take, its body included. Default: 30 s. More than a day counts as a day.
    ///
    /// With zero every exchange counts as lost at the next step.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// The machine's time can be ahead of the caller's by an exchange, and a checkpoint that is far ahead is refused.
    pub(super) fn longest_attempt(&self) -> Duration {
        self.attempt_timeout.min(LONGEST_ATTEMPT).min(self.deadline)
    }

    /// How many failures are final. Default: 5; zero counts as 1, with which the first failure is final.
    ///
    /// A failure is an exchange without an answer (but for a GET that was [`Dropped`](crate::Failure::Dropped), and
    /// one that was [`NotAttempted`](crate::Failure::NotAttempted)), 408, 429, 5xx, or a 200 that cannot be read.
    ///
    /// - Of GETs: so many in a row. A readable answer resets the count.
    /// - Of POSTs: so many in all, those included that count as possibly processed, that were refused, or that were
    ///   answered with 401. Once one may have been processed, [`Until::Verified`] polls on after the last.
    ///
    /// A 401 to a GET does not count: the second in a row is final. At the first three polls, and within 30 s, a 404
    /// does not count either.
    #[must_use]
    pub fn attempts(mut self, attempts: u8) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The longest body that is read, in bytes, but for lists. Default: 1 MiB (1,048,576).
    ///
    /// An answer that is needed and is longer is not asked for again: it is
    /// [`ErrorKind::BodyTooLarge`](crate::ErrorKind::BodyTooLarge), or with [`Until::Verified`] the list is asked
    /// instead. A 202 that names its location in a header needs no body.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The longest list that is read, in bytes. Default: 16 MiB (16,777,216).
    ///
    /// A list has every submission of the offer, with its definition. It is in memory as a whole while it is read: a fleet
    /// of 100 offers can take 100 times this limit at its start. Of the submissions the machine keeps only what is in
    /// progress. A longer list is not asked for again: it is
    /// [`ErrorKind::BodyTooLarge`](crate::ErrorKind::BodyTooLarge), unless the baseline can still be polled.
    #[must_use]
    pub fn list_limit(mut self, bytes: usize) -> Self {
        self.list_limit = bytes;
        self
    }

    /// How much longer than scheduled a wait may be, in percent, so that many offers do not ask at the same moments.
    /// Default: 20.
    ///
    /// A wait is never shortened by it. 0 turns it off; values above 100 are as good as others: with 200 a wait is one
    /// to three times as long.
    #[must_use]
    pub fn jitter_percent(mut self, percent: u8) -> Self {
        self.jitter_percent = percent;
        self
    }

    /// What the jitter is computed from, together with the publisher and the offer. Default: 0.
    ///
    /// There is no other source of chance: after the same time the same seed and the same offer give the same wait.
    /// Give different seeds where several processes watch the same offer.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether, without [`Until::Verified`], a POST in doubt is sent again: one that may or may not have been
    /// processed. Default: no, and such a POST ends in [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous).
    ///
    /// The first may have worked, and then the second cancels what was started since. So this is only for callers who
    /// know that nothing was started. With `Verified` it changes nothing: there the list, read again, decides.
    #[must_use]
    pub fn retry_ambiguous(mut self, retry: bool) -> Self {
        self.retry_ambiguous = retry;
        self
    }

    /// Whether to stop after the list, whatever the mode: [`Outcome::WouldCancel`](crate::Outcome::WouldCancel) then
    /// says what would be canceled, [`Outcome::NothingRunning`](crate::Outcome::NothingRunning) that nothing would.
    /// Nothing is posted. Default: no.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Whether the list is read before anything is posted.
    pub(super) fn lists(&self) -> bool {
        self.until == Until::Verified || self.dry_run
    }
}
