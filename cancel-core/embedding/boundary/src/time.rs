//! Times in milliseconds. A wait is rounded up, so that it is never too short. A limit is rounded down, so that it is
//! never too long.

use std::time::Duration;

/// Of a wait.
pub(crate) fn up(time: Duration) -> u64 {
    down(time.saturating_add(Duration::from_nanos(999_999)))
}

/// Of a limit.
pub(crate) fn down(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Of the limit for one exchange: never 0, which many clients take for "no limit".
pub(crate) fn at_least_one(time: Duration) -> u64 {
    down(time).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_not_shorter_and_limits_not_longer() {
        for (micros, wait, limit) in [(0, 0, 0), (1, 1, 0), (999, 1, 0), (1000, 1, 1), (1001, 2, 1), (2999, 3, 2)] {
            let time = Duration::from_micros(micros);
            assert_eq!((up(time), down(time)), (wait, limit), "{time:?}");
        }
        assert_eq!((up(Duration::MAX), down(Duration::MAX)), (u64::MAX, u64::MAX));
    }

    #[test]
    fn no_limit_becomes_none_at_all() {
        assert_eq!(at_least_one(Duration::ZERO), 1);
        assert_eq!(at_least_one(Duration::from_micros(2500)), 2);
    }
}
