//! When to look next.

use std::time::Duration;

use super::policy::Policy;
use crate::codec::CancelRequest;

/// The waits of one conversation: each half again as long as the one before, up to a cap, with a jitter that depends on
/// the policy's seed and the offer alone.
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
        let cap = policy.max_poll_interval.max(policy.poll_interval);
        let mut wait = policy.poll_interval;
        for _ in 0..self.waited {
            if wait >= cap || wait.is_zero() {
                break;
            }
            wait = wait.saturating_add(wait / 2).saturating_add(Duration::from_nanos(1));
        }
        wait.min(cap)
    }

    /// SplitMix64 of where we are: as good as chance, and repeatable.
    fn dice(&self) -> u32 {
        let mut z = self.salt.wrapping_add(u64::from(self.waited).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX)
    }
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
    fn waits_grow_by_half_up_to_the_cap() {
        let policy = Policy::default().jitter_percent(0).max_poll_interval(Duration::from_secs(5));
        assert_eq!(waits(&policy, "a", 6), [1000, 1500, 2250, 3375, 5000, 5000]);
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
