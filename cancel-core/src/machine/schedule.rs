//! When to poll next.
//!
//! A cancel takes effect at once, within one to three minutes, or when the service has finished something else first.
//! So the waits do not simply grow: they are short at first, long while little is expected, short again from one to
//! three minutes, and then a share of the time that has passed. A wait depends on that time, not on how many polls
//! there were. The benchmark suite (`benches/suite`) compares the waits with the best possible ones, with fixed waits
//! and with growing ones. The percentages and time estimates of an operation are not used: they describe the publish,
//! not its cancel.

use std::time::Duration;

use super::policy::Policy;
use crate::codec::CancelRequest;

/// Until when, counted from the beginning of the polls, which wait is made. They are made for a first wait of a second.
const WAITS: [(Duration, Duration); 3] = [
    (Duration::from_secs(20), Duration::from_secs(6)),
    (Duration::from_secs(50), Duration::from_secs(20)),
    (Duration::from_secs(180), Duration::from_secs(7)),
];
/// After these a wait is this share of the time that has passed.
const SHARE: u32 = 12;
const USUAL_FIRST: Duration = Duration::from_secs(1);

/// The wait after so much time. Its jitter depends on that time, on the policy's seed, and on the offer.
pub(super) fn wait(policy: &Policy, request: &CancelRequest, passed: Duration) -> Duration {
    let wait = scheduled(policy, passed);
    let per_mille = dice(policy, request, passed) % 1001;
    let jitter = u64::from(policy.jitter_percent) * u64::from(per_mille);
    wait.saturating_add(Duration::from_nanos((nanos(wait) / 100_000).saturating_mul(jitter)))
}

fn scheduled(policy: &Policy, passed: Duration) -> Duration {
    let (first, longest) = (policy.poll_interval, policy.max_poll_interval.max(policy.poll_interval));
    // With zero there are no waits at all.
    if passed < first || first.is_zero() {
        return first;
    }
    let listed = WAITS.iter().find(|(until, _)| passed < in_proportion(*until, first));
    let wait = listed.map_or(passed / SHARE, |(_, wait)| in_proportion(*wait, first));
    wait.clamp(first, longest)
}

/// A time that is made for a first wait of a second, as short as a shorter first wait makes it.
pub(super) fn in_proportion(time: Duration, first: Duration) -> Duration {
    if first >= USUAL_FIRST { time } else { time.saturating_mul(first.subsec_nanos()) / 1_000_000_000 }
}

/// The names are hashed by FNV-1a: enough to tell offers apart. SplitMix64 spreads the sum like chance, and repeats it.
fn dice(policy: &Policy, request: &CancelRequest, passed: Duration) -> u32 {
    let names = request.publisher.as_str().bytes().chain([b'/']).chain(request.offer.as_str().bytes());
    let salt =
        names.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut z = (salt ^ policy.seed).wrapping_add(nanos(passed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX)
}

fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{OfferId, PublisherId};

    fn request(offer: &str) -> CancelRequest {
        CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new(offer).unwrap())
    }

    /// The polls of an hour, in milliseconds after they began.
    fn polls(policy: &Policy, offer: &str) -> Vec<u128> {
        let mut passed = Duration::ZERO;
        let mut times = Vec::new();
        while passed < Duration::from_secs(3600) {
            passed += wait(policy, &request(offer), passed);
            times.push(passed.as_millis());
        }
        times
    }

    fn waits(policy: &Policy) -> Vec<u128> {
        let polls = polls(&policy.clone().jitter_percent(0), "a");
        polls.iter().zip([0].iter().chain(&polls)).map(|(poll, before)| poll - before).collect()
    }

    #[test]
    fn waits_are_short_when_an_end_is_likely() {
        let waits = waits(&Policy::default());
        assert_eq!(waits[..7], [1000, 6000, 6000, 6000, 6000, 20_000, 20_000]);
        assert_eq!(waits[7..24], [7000; 17]);
        assert!(waits[24..].is_sorted() && waits[24..].ends_with(&[25_000; 100]), "{waits:?}");
    }

    #[test]
    fn in_the_first_hour_no_poll_is_more_than_half_a_minute_after_the_one_before() {
        for offer in 0..1000 {
            let polls = polls(&Policy::default(), &format!("offer-{offer}"));
            let longest = polls.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
            assert!((29_000..=30_000).contains(&longest), "{longest}");
        }
    }

    #[test]
    fn no_wait_is_shorter_than_the_first_or_longer_than_the_longest() {
        let policy = Policy::default();
        assert_eq!(
            waits(&policy.clone().poll_interval(Duration::from_secs(10)))[..5],
            [10_000, 10_000, 20_000, 20_000, 10_000]
        );
        let short = waits(&policy.clone().max_poll_interval(Duration::from_secs(3)));
        assert_eq!((short[0], &short[1..]), (1000, &vec![3000; short.len() - 1][..]));
        assert_eq!(waits(&policy.poll_interval(Duration::from_secs(60))), [60_000; 60]);
    }

    #[test]
    fn after_a_short_first_wait_all_are_shorter() {
        let short = waits(&Policy::default().poll_interval(Duration::from_millis(10)));
        assert_eq!(short[..8], [10, 60, 60, 60, 60, 200, 200, 70]);
        assert!(short[25..].is_sorted() && short.ends_with(&[25_000; 100]), "{short:?}");
        assert_eq!(wait(&Policy::default().poll_interval(Duration::ZERO), &request("a"), USUAL_FIRST), Duration::ZERO);
    }

    #[test]
    fn jitter_only_lengthens_and_differs_between_offers() {
        let policy = Policy::default();
        assert_ne!(polls(&policy, "a"), polls(&policy, "b"));
        assert_eq!(polls(&policy, "a"), polls(&policy, "a"));
        assert_ne!(polls(&policy, "a"), polls(&policy.clone().seed(1), "a"));
        for second in 0..1000 {
            let passed = Duration::from_secs(second);
            let (plain, jittered) = (scheduled(&policy, passed), wait(&policy, &request("a"), passed));
            assert!((plain..=plain * 6 / 5).contains(&jittered), "{plain:?} {jittered:?}");
        }
    }

    #[test]
    fn absurd_policies_do_not_overflow() {
        let policy = Policy::default().poll_interval(Duration::MAX).jitter_percent(255);
        assert_eq!(wait(&policy, &request("a"), Duration::MAX), Duration::MAX);
        let policy = Policy::default().poll_interval(Duration::from_nanos(1)).max_poll_interval(Duration::MAX);
        assert!(wait(&policy, &request("a"), Duration::MAX) > Duration::from_secs(1));
    }
}
