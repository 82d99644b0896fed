//! Times as a person says them, in whole seconds.

use std::time::Duration;

/// Such as `7 s`, `2 min 05 s`, `1 h 02 min`.
pub(super) fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// The same of a time that is still to pass, which is not told shorter than it is.
pub(super) fn spoken_at_most(time: Duration) -> String {
    spoken(time.saturating_add(Duration::from_millis(999)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let said = [0, 7, 60, 125, 3600, 90_000].map(|seconds| spoken(Duration::from_secs(seconds)));
        assert_eq!(said, ["0 s", "7 s", "1 min 00 s", "2 min 05 s", "1 h 00 min", "25 h 00 min"]);
        assert_eq!(spoken_at_most(Duration::from_millis(1)), "1 s");
    }
}
