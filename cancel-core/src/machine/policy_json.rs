//! A policy in JSON, as a program in another language passes it, and the getters.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::policy::{Policy, Until};

/// Each member as it is in JSON. Times are in milliseconds, and what is absent has its default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    until: Option<Until>,
    deadline_ms: Option<u64>,
    poll_interval_ms: Option<u64>,
    max_poll_interval_ms: Option<u64>,
    attempt_timeout_ms: Option<u64>,
    attempts: Option<u8>,
    body_limit: Option<usize>,
    list_limit: Option<usize>,
    jitter_percent: Option<u8>,
    seed: Option<u64>,
    retry_ambiguous: Option<bool>,
    dry_run: Option<bool>,
}

/// The manual's [page](crate::guide::json#policy) shows the members. A member that is not known is an error.
///
/// ```
/// # use std::time::Duration;
/// # use cancel_core::{Policy, Until};
/// let policy: Policy = serde_json::from_str(r#"{"until":"settled","deadline_ms":60000}"#)?;
/// assert_eq!(policy.get_until(), Until::Settled);
/// assert_eq!(policy.get_deadline(), Duration::from_secs(60));
/// # Ok::<(), serde_json::Error>(())
/// ```
impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        let default = Self::default();
        let time = |milliseconds: Option<u64>, default| milliseconds.map_or(default, Duration::from_millis);
        Ok(Self {
            until: members.until.unwrap_or(default.until),
            deadline: time(members.deadline_ms, default.deadline),
            poll_interval: time(members.poll_interval_ms, default.poll_interval),
            max_poll_interval: time(members.max_poll_interval_ms, default.max_poll_interval),
            attempt_timeout: time(members.attempt_timeout_ms, default.attempt_timeout),
            attempts: members.attempts.unwrap_or(default.attempts).max(1),
            body_limit: members.body_limit.unwrap_or(default.body_limit),
            list_limit: members.list_limit.unwrap_or(default.list_limit),
            jitter_percent: members.jitter_percent.unwrap_or(default.jitter_percent),
            seed: members.seed.unwrap_or(default.seed),
            retry_ambiguous: members.retry_ambiguous.unwrap_or(default.retry_ambiguous),
            dry_run: members.dry_run.unwrap_or(default.dry_run),
        })
    }
}

macro_rules! getters {
    ($($getter:ident, $name:ident: $type:ty;)+) => {
        /// What is set. The methods without `get_` set it, and say what it means.
        impl Policy {
            $(
                #[doc = concat!("As [`", stringify!($name), "`](Self::", stringify!($name), ") has set it.")]
                #[must_use]
                pub fn $getter(&self) -> $type {
                    self.$name
                }
            )+
        }
    };
}

getters! {
    get_until, until: Until;
    get_deadline, deadline: Duration;
    get_poll_interval, poll_interval: Duration;
    get_max_poll_interval, max_poll_interval: Duration;
    get_attempt_timeout, attempt_timeout: Duration;
    get_attempts, attempts: u8;
    get_body_limit, body_limit: usize;
    get_list_limit, list_limit: usize;
    get_jitter_percent, jitter_percent: u8;
    get_seed, seed: u64;
    get_retry_ambiguous, retry_ambiguous: bool;
    get_dry_run, dry_run: bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_is_the_default() {
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::default());
    }

    #[test]
    fn each_member_is_set() {
        let text = r#"{"until":"accepted","deadline_ms":1,"poll_interval_ms":2,"max_poll_interval_ms":3,
            "attempt_timeout_ms":4,"attempts":6,"body_limit":7,"list_limit":10,"jitter_percent":8,"seed":9,
            "retry_ambiguous":true,"dry_run":true}"#;
        let ms = Duration::from_millis;
        let expected = Policy::default()
            .until(Until::Accepted)
            .deadline(ms(1))
            .poll_interval(ms(2))
            .max_poll_interval(ms(3))
            .attempt_timeout(ms(4))
            .attempts(6)
            .body_limit(7)
            .list_limit(10)
            .jitter_percent(8)
            .seed(9)
            .retry_ambiguous(true)
            .dry_run(true);
        let read: Policy = serde_json::from_str(text).unwrap();
        assert_eq!(read, expected);
        assert_eq!((read.get_attempts(), read.get_body_limit(), read.get_seed()), (6, 7, 9));
    }

    #[test]
    fn what_is_not_known_or_not_possible_is_refused() {
        for bad in
            [r#"{"deadline":1}"#, r#"{"until":"Accepted"}"#, r#"{"deadline_ms":-1}"#, r#"{"attempts":256}"#, "[]"]
        {
            assert!(serde_json::from_str::<Policy>(bad).is_err(), "{bad}");
        }
        let one: Policy = serde_json::from_str(r#"{"attempts":0}"#).unwrap();
        assert_eq!(one.get_attempts(), 1);
    }
}
