//! What a conversation is held to.

use std::time::Duration;

use crate::machine::Until;

/// What was asked for, as the test that asks for it knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    /// How far the conversation goes.
    pub until: Until,
    /// As in the policy.
    pub retry_ambiguous: bool,
    /// As in the policy.
    pub dry_run: bool,
    /// As in the policy.
    pub attempts: u8,
    /// As in the policy. With zero, polls are not counted.
    pub poll_interval: Duration,
    /// As in the request.
    pub only_if_running: Option<String>,
    /// As in the request.
    pub even_with_others: bool,
    /// Where requests may go: what every URL begins with.
    pub origin: String,
    /// A text that every token holds, and nothing else does.
    pub canary: &'static str,
}
