//! Virtual time written as the dates and tick counts that the service sends.
//!
//! The portal's epoch is midnight of 2018-09-01. This module knows nothing of a real clock: it only writes
//! down a [`Duration`] that the caller chose.

use std::time::Duration;

/// 2018-09-01T00:00:00Z in seconds since 1970.
const EPOCH: u64 = 1_535_760_000;
/// 1970-01-01T00:00:00Z in units of 100 ns since the year 1.
const TICKS_1970: u64 = 621_355_968_000_000_000;
/// Two hundred years: dates stay writable with four digits whatever `now` is.
const LAST_SECOND: u64 = 200 * 365 * 86_400;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// 1970-01-01 was a Thursday.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// As in `Date` and `Retry-After`: `Sat, 01 Sep 2018 00:00:00 GMT`.
pub(super) fn http_date(now: Duration) -> String {
    let date = Date::at(now);
    let weekday = named(&WEEKDAYS, date.days % 7);
    let month = named(&MONTHS, date.month - 1);
    let Date { year, day, hour, minute, second, .. } = date;
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// As in `timestamp` and `changedTime`: `2018-09-01T00:00:00Z`.
pub(super) fn timestamp(now: Duration) -> String {
    let Date { year, month, day, hour, minute, second, .. } = Date::at(now);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// As in the `version` of a submission: a count of 100 ns that needs 64 bits.
pub(super) fn ticks(now: Duration) -> u64 {
    TICKS_1970 + seconds(now) * 10_000_000 + u64::from(now.subsec_nanos() / 100)
}

fn seconds(now: Duration) -> u64 {
    EPOCH + now.as_secs().min(LAST_SECOND)
}

fn named(names: &[&'static str], index: u64) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("???")
}

struct Date {
    /// Since 1970.
    days: u64,
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Date {
    fn at(now: Duration) -> Self {
        let seconds = seconds(now);
        let days = seconds / 86_400;
        let (year, month, day) = civil(days);
        Self { days, year, month, day, hour: seconds / 3_600 % 24, minute: seconds / 60 % 60, second: seconds % 60 }
    }
}

/// Year, month (1 to 12) and day (1 to 31) of the Gregorian calendar, from days since 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let (mut year, mut left) = (1970, days);
    loop {
        let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let february = if is_leap { 29 } else { 28 };
        for (month, length) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
            if left < length {
                return (year, month, left + 1);
            }
            left -= length;
        }
        year += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    #[test]
    fn writes_dates_that_others_agree_with() {
        // Checked with `date -u -d @…`.
        let cases = [
            (0, "Sat, 01 Sep 2018 00:00:00 GMT", "2018-09-01T00:00:00Z"),
            (59 * DAY + 3_661, "Tue, 30 Oct 2018 01:01:01 GMT", "2018-10-30T01:01:01Z"),
            (546 * DAY, "Sat, 29 Feb 2020 00:00:00 GMT", "2020-02-29T00:00:00Z"),
            (547 * DAY - 1, "Sat, 29 Feb 2020 23:59:59 GMT", "2020-02-29T23:59:59Z"),
            (547 * DAY, "Sun, 01 Mar 2020 00:00:00 GMT", "2020-03-01T00:00:00Z"),
        ];
        for (seconds, http, iso) in cases {
            let now = Duration::from_secs(seconds);
            assert_eq!((http_date(now), timestamp(now)), (http.to_owned(), iso.to_owned()));
        }
    }

    #[test]
    fn the_end_of_time_is_a_date_too() {
        assert!(timestamp(Duration::MAX).starts_with("2218-"));
        assert!(ticks(Duration::MAX) > ticks(Duration::ZERO));
    }

    #[test]
    fn ticks_need_64_bits() {
        assert_eq!(ticks(Duration::ZERO), 636_713_568_000_000_000);
        assert_eq!(ticks(Duration::from_micros(1)), 636_713_568_000_000_010);
    }
}
