//! When to poll next.
//!
//! A cancel takes effect at once, within one to three minutes, or when the service has finished something else first. So the
//! waits do not simply grow: they are short at first, long while little is expected, short again from one to three minutes, and
//! long from then on. The benchmark suite (`benches/suite`) compares them with fixed waits and with growing ones: how soon an end
//! is known, and how many requests that takes. The percentages and time estimates of an operation are not used: they describe the
//! publish, not its cancel.

use std::time::Duration;

use super::policy::Policy;
use crate::codec::CancelRequest;

/// The waits after the first: how many, and how long. The first wait is the policy's, and all after these are the policy's longest.
/// They are made for a first wait of a second. A shorter first wait shortens them all.
const WAITS: [(u32, Duration); 3] =
    [(5, Duration::from_secs(5)), (2, Duration::from_secs(20)), (13, Duration::from_millis(8500))];
const USUAL_FIRST: Duration = Duration::from_secs(1);
/// How waits grow at the beginning, and after those of the list.
const GROWTH: u32 = 2;

/// The waits of one conversation. The jitter depends only on the policy's seed and the offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Schedule {
    salt: u64,
    attempt: u32,
}

impl Schedule {
    pub(super) fn new(policy: &Policy, request: &CancelRequest) -> Self {
        let names = request.publisher.as_str().bytes().chain([b'/']).chain(request.offer.as_str().bytes());
        // FNV-1a: enough to tell offers apart, and the same everywhere.
        let salt = names
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self { salt: salt ^ policy.seed, attempt: 0 }
    }

    /// How many waits there were.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Goes on where another process was.
    pub(super) fn resume_at(&mut self, attempt: u32) {
        self.attempt = attempt;
    }

    /// Begins with the first wait again.
    pub(super) fn restart(&mut self) {
        self.attempt = 0;
    }

    /// The next wait.
    pub(super) fn next(&mut self, policy: &Policy) -> Duration {
        let wait = self.scheduled(policy);
        let jitter = wait.saturating_mul(u32::from(policy.jitter_percent)) / 100;
        let share = self.dice() % 1001;
        self.attempt = self.attempt.saturating_add(1);
        wait.saturating_add(jitter.saturating_mul(share) / 1000)
    }

    fn scheduled(&self, policy: &Policy) -> Duration {
        let (shortest, longest) = (policy.poll_interval, policy.max_poll_interval.max(policy.poll_interval));
        let times = |count: u32| GROWTH.saturating_pow(count);
        let wait = match listed(self.attempt) {
            Ok(wait) => in_proportion(wait, shortest),
            Err(later) => in_proportion(longest, shortest).saturating_mul(times(later)),
        };
        wait.min(shortest.saturating_mul(times(self.attempt))).clamp(shortest, longest)
    }

    /// SplitMix64 of the attempt: spread like chance, and repeatable.
    fn dice(&self) -> u32 {
        let mut z = self.salt.wrapping_add(u64::from(self.attempt).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX)
    }
}

/// A wait of the list, shortened like the first wait.
pub(super) fn in_proportion(wait: Duration, first: Duration) -> Duration {
    let share = u32::try_from(first.as_nanos()).unwrap_or(u32::MAX);
    if first < USUAL_FIRST { wait.saturating_mul(share) / 1_000_000_000 } else { wait }
}

/// The wait of this attempt, counted from 0; or how many attempts it is after the last of the list.
fn listed(attempt: u32) -> Result<Duration, u32> {
    let mut left = attempt;
    for (count, wait) in WAITS {
        if left <= count {
            return Ok(wait);
        }
        left -= count;
    }
    Err(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{OfferId, PublisherId};

    fn request(offer: &str) -> CancelRequest {
        CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new(offer).unwrap())
    }

    fn waits(policy: &Policy, offer: &str, count: usize) -> Vec<u64> {
        let mut schedule = Schedule::new(policy, &request(offer));
        (0..count).map(|_| schedule.next(policy).as_millis() as u64).collect()
    }

    #[test]
    fn waits_are_short_when_an_end_is_likely() {
        let policy = Policy::default().jitter_percent(0);
        let waits = waits(&policy, "a", 24);
        assert_eq!(waits[..8], [1000, 2000, 4000, 5000, 5000, 5000, 20_000, 20_000]);
        assert_eq!(waits[8..21], [8500; 13]);
        assert_eq!(waits[21..], [26_000; 3]);
    }

    #[test]
    fn no_wait_is_shorter_than_the_first_or_longer_than_the_longest() {
        let policy = Policy::default().jitter_percent(0);
        let long = policy.clone().poll_interval(Duration::from_secs(10));
        assert_eq!(waits(&long, "a", 9), [10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 20_000, 20_000, 10_000]);
        let short = policy.clone().max_poll_interval(Duration::from_secs(3));
        assert_eq!(waits(&short, "a", 9), [1000, 2000, 3000, 3000, 3000, 3000, 3000, 3000, 3000]);
        let contrary = policy.poll_interval(Duration::from_secs(60));
        assert_eq!(waits(&contrary, "a", 3), [60_000; 3]);
    }

    #[test]
    fn after_a_short_first_wait_all_are_shorter() {
        let policy = Policy::default().jitter_percent(0).poll_interval(Duration::from_millis(10));
        let waits = waits(&policy, "a", 30);
        assert_eq!(waits[..9], [10, 20, 40, 50, 50, 50, 200, 200, 85]);
        assert_eq!(waits[20..], [85, 520, 1040, 2080, 4160, 8320, 16_640, 26_000, 26_000, 26_000]);
    }

    #[test]
    fn jitter_only_lengthens_and_differs_between_offers() {
        let policy = Policy::default();
        let plain = waits(&policy.clone().jitter_percent(0), "a", 50);
        let (a, b) = (waits(&policy, "a", 50), waits(&policy, "b", 50));
        assert_ne!(a, b);
        assert_eq!(a, waits(&policy, "a", 50));
        assert_ne!(a, waits(&policy.seed(1), "a", 50));
        for (plain, jittered) in plain.iter().zip(&a) {
            assert!((*plain..=plain + plain / 5 + 1).contains(jittered), "{plain} {jittered}");
        }
    }

    #[test]
    fn absurd_policies_do_not_overflow() {
        let policy = Policy::default().poll_interval(Duration::MAX).jitter_percent(255);
        assert_eq!(waits(&policy, "a", 2).len(), 2);
        let policy = Policy::default().poll_interval(Duration::from_nanos(1)).max_poll_interval(Duration::MAX);
        let mut schedule = Schedule { salt: 0, attempt: u32::MAX };
        assert!(schedule.next(&policy) > Duration::from_secs(1));
        let policy = Policy::default().poll_interval(Duration::ZERO);
        assert_eq!(waits(&policy, "a", 3), [0, 0, 0]);
    }
}
