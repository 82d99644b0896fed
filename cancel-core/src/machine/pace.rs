//! When to look next.
//!
//! A cancel takes effect at once, within one to three minutes, or when what it waits for is done; that much is known of
//! the service. So the waits do not simply grow: they are short at first, long while little is to be expected, short again
//! from one to three minutes, and long from then on. The benchmark suite (`benches/suite`) holds them against fixed waits
//! and against growing ones, by how soon an end is known and by how many requests that takes. Percentages and estimated
//! times are left alone: they tell how far the publish is, not when its cancel takes effect.

use std::time::Duration;

use super::policy::Policy;
use crate::codec::CancelRequest;

/// After the first wait, which is the policy's: so many of this length, then so many of that. All further ones are the
/// policy's longest.
const WAITS: [(u32, Duration); 3] =
    [(5, Duration::from_secs(5)), (2, Duration::from_secs(20)), (13, Duration::from_millis(8500))];
/// No wait is longer than so many times the one before, so that tiny waits grow gently.
const GROWTH: u32 = 2;

/// The waits of one conversation: where it stands in the schedule, with a jitter that depends on the policy's seed and the
/// offer alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pace {
    salt: u64,
    waited: u32,
}

impl Pace {
    pub(super) fn new(policy: &Policy, request: &CancelRequest) -> Self {
        let names = request.publisher().as_str().bytes().chain([b'/']).chain(request.offer().as_str().bytes());
        // FNV-1a: enough to tell offers apart, and the same everywhere.
        let salt = names
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self { salt: salt ^ policy.seed, waited: 0 }
    }

    /// How many waits there were since the first.
    pub(super) fn waited(&self) -> u32 {
        self.waited
    }

    /// From where another process was.
    pub(super) fn go_on_after(&mut self, waited: u32) {
        self.waited = waited;
    }

    /// From the first wait again.
    pub(super) fn restart(&mut self) {
        self.waited = 0;
    }

    /// The next wait.
    pub(super) fn next(&mut self, policy: &Policy) -> Duration {
        let wait = self.scheduled(policy);
        let jitter = wait.saturating_mul(u32::from(policy.jitter_percent)) / 100;
        let share = self.dice() % 1001;
        self.waited = self.waited.saturating_add(1);
        wait.saturating_add(jitter.saturating_mul(share) / 1000)
    }

    fn scheduled(&self, policy: &Policy) -> Duration {
        let (shortest, longest) = (policy.poll_interval, policy.max_poll_interval.max(policy.poll_interval));
        let grown = shortest.saturating_mul(GROWTH.saturating_pow(self.waited));
        listed(self.waited).unwrap_or(longest).min(grown).clamp(shortest, longest)
    }

    /// SplitMix64 of where we are: as good as chance, and repeatable.
    fn dice(&self) -> u32 {
        let mut z = self.salt.wrapping_add(u64::from(self.waited).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX)
    }
}

/// The wait of this number, counted from the first, which is 0.
fn listed(number: u32) -> Option<Duration> {
    let mut last = 0;
    WAITS.into_iter().find_map(|(count, wait)| {
        last += count;
        (number <= last).then_some(wait)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{OfferId, PublisherId};

    fn request(offer: &str) -> CancelRequest {
        CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new(offer).unwrap())
    }

    fn waits(policy: &Policy, offer: &str, count: usize) -> Vec<u64> {
        let mut pace = Pace::new(policy, &request(offer));
        (0..count).map(|_| pace.next(policy).as_millis() as u64).collect()
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
    fn after_a_tiny_first_wait_they_grow_step_by_step() {
        let policy = Policy::default().jitter_percent(0).poll_interval(Duration::from_millis(10));
        assert_eq!(waits(&policy, "a", 12), [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 8500, 8500]);
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
        let mut pace = Pace { salt: 0, waited: u32::MAX };
        assert!(pace.next(&policy) > Duration::from_secs(1));
        let policy = Policy::default().poll_interval(Duration::ZERO);
        assert_eq!(waits(&policy, "a", 3), [0, 0, 0]);
    }
}
