//! What crosses to an adapter in another process, and back: JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::verdict::Ending;
use super::{FIRST_TOKEN, FRESH_TOKEN, Scenario, verdict};
use crate::testing::portal::Portal;

impl Scenario {
    /// What an adapter in another process needs for this conversation, as one line of JSON: the `endpoint`, the
    /// `request` and the [`policy`](crate::guide::json#policy), the `token`, and the `fresh_token` for when that is
    /// rejected.
    ///
    /// `endpoint` is where its portal is served.
    #[must_use]
    pub fn to_json(&self, endpoint: &str) -> String {
        let policy = &self.policy;
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        json!({
            "scenario": self.name,
            "endpoint": endpoint,
            "request": self.request,
            "policy": {
                "until": policy.get_until(),
                "deadline_ms": ms(policy.get_deadline()),
                "poll_interval_ms": ms(policy.get_poll_interval()),
                "max_poll_interval_ms": ms(policy.get_max_poll_interval()),
                "attempt_timeout_ms": ms(policy.get_attempt_timeout()),
                "attempts": policy.get_attempts(),
                "body_limit": policy.get_body_limit(),
                "list_limit": policy.get_list_limit(),
                "jitter_percent": policy.get_jitter_percent(),
                "seed": policy.get_seed(),
                "retry_ambiguous": policy.get_retry_ambiguous(),
                "dry_run": policy.get_dry_run(),
            },
            "token": FIRST_TOKEN,
            "fresh_token": FRESH_TOKEN,
        })
        .to_string()
    }

    /// As [`judge`](Self::judge), of an outcome or an error in [JSON](crate::guide::json).
    ///
    /// # Errors
    ///
    /// As [`judge`](Self::judge). Also when the text is no JSON.
    pub fn judge_json(&self, result: &str, portal: &Portal, now: Duration) -> Result<(), String> {
        let result: Value = serde_json::from_str(result).map_err(|error| format!("its result is no JSON: {error}"))?;
        verdict::of(&self.findings(&Ending::in_json(&result), portal, now), portal)
    }
}

#[cfg(test)]
mod tests {
    use crate::Policy;
    use crate::testing::conformance::scenarios;

    #[test]
    fn what_crosses_is_read_back_as_it_was() {
        for scenario in scenarios() {
            let line = scenario.to_json("http://127.0.0.1:1");
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(serde_json::from_value::<Policy>(read["policy"].clone()).unwrap(), scenario.policy);
            assert_eq!(
                serde_json::from_value::<crate::CancelRequest>(read["request"].clone()).unwrap(),
                scenario.request
            );
            assert!(!line.contains('\n'));
        }
    }
}
