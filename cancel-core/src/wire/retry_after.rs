//! Reads how long the service asks a client to wait.

use std::time::Duration;

use http::header::{DATE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

static RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
static X_MS_RETRY_AFTER_MS: HeaderName = HeaderName::from_static("x-ms-retry-after-ms");

/// A server cannot ask for a longer wait.
const MAX: Duration = Duration::from_secs(3600);

/// Reads milliseconds (`retry-after-ms`, `x-ms-retry-after-ms`), else seconds, else an HTTP date that is compared
/// with the answer's own `Date`. The result is at most an hour. A value that is negative, infinite or not a number
/// counts as absent.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let (mut first, mut second, mut third) = (None, None, None);
    // An answer has few headers: one pass costs less than three look-ups.
    for (name, value) in headers {
        match () {
            () if *name == RETRY_AFTER => third = third.or(Some(value)),
            () if *name == RETRY_AFTER_MS => first = first.or(Some(value)),
            () if *name == X_MS_RETRY_AFTER_MS => second = second.or(Some(value)),
            () => {}
        }
    }
    let milliseconds = |value: Option<&HeaderValue>| value.and_then(text).and_then(|text| wait(text, 0.001));
    milliseconds(first).or_else(|| milliseconds(second)).or_else(|| {
        let third = text(third?)?;
        wait(third, 1.0).or_else(|| {
            let until = httpdate::parse_http_date(third).ok()?;
            let sent = httpdate::parse_http_date(text(headers.get(DATE)?)?).ok()?;
            Some(until.duration_since(sent).unwrap_or(Duration::ZERO).min(MAX))
        })
    })
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().map(str::trim)
}

/// Reads a plain decimal number of units.
fn wait(text: &str, seconds_per_unit: f64) -> Option<Duration> {
    let plain = text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 = plain.then(|| text.parse().ok()).flatten()?;
    Some(Duration::from_secs_f64((number * seconds_per_unit).min(MAX.as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn read(headers: &[(&str, &str)]) -> Option<u128> {
        let pair =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        retry_after(&headers.iter().map(pair).collect()).map(|wait| wait.as_millis())
    }

    #[test]
    fn seconds_milliseconds_and_dates() {
        const DATE: (&str, &str) = ("date", "Sat, 21 Nov 2026 09:00:00 GMT");
        for (headers, expected) in [
            (&[("retry-after", "5")][..], Some(5_000)),
            (&[("retry-after", "0")], Some(0)),
            (&[("content-length", "2"), ("retry-after", "5")], Some(5_000)),
            (&[("content-length", "2")], None),
            (&[("retry-after", " 1.5 ")], Some(1_500)),
            (&[("retry-after-ms", "250"), ("retry-after", "9")], Some(250)),
            (&[("x-ms-retry-after-ms", "250"), ("retry-after", "9")], Some(250)),
            (&[("retry-after-ms", "1"), ("x-ms-retry-after-ms", "2")], Some(1)),
            (&[("retry-after-ms", "-1"), ("retry-after", "9")], Some(9_000)),
            (&[("retry-after", "Sat, 21 Nov 2026 09:00:07 GMT"), DATE], Some(7_000)),
            (&[("retry-after", "Sat, 21 Nov 2026 08:59:00 GMT"), DATE], Some(0)),
            (&[("retry-after", "Sat, 21 Nov 2026 09:00:07 GMT")], None),
            (&[("retry-after", "7200")], Some(3_600_000)),
            (&[("retry-after", "99999999999999999999999999999999")], Some(3_600_000)),
            (&[("retry-after", "Sat, 21 Nov 2099 09:00:00 GMT"), DATE], Some(3_600_000)),
        ] {
            assert_eq!(read(headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_value_that_is_no_time_is_ignored() {
        for bad in ["", "-1", "inf", "nan", "1e9", "+5", ".", "5s", "0x5", "1.2.3", "soon", "٥"] {
            let value = HeaderValue::from_bytes(bad.as_bytes()).unwrap();
            assert_eq!(retry_after(&[(RETRY_AFTER, value)].into_iter().collect()), None, "{bad:?}");
        }
    }
}
