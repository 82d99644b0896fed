//! The first line of the inputs that are about a conversation: the policy, the request, and what the service is like.
//!
//! It has words in any order. A word that is missing or cannot be read has a default: `until=settled attempts=2
//! deadline=60000 poll=1000 only_if_running=publish-a ambiguous`. Times are in milliseconds.

use std::time::Duration;

use cancel_core::testing::ledger::Terms;
use cancel_core::{CancelRequest, Endpoint, Policy, Until};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::input::number;
use crate::origin::Origin;
use crate::token::CANARY;

pub(crate) const PUBLISHER: &str = "contoso";
pub(crate) const OFFER: &str = "contoso-offer";

const ORIGINS: [&str; 4] =
    ["https://cloudpartner.azure.com", "http://127.0.0.1:8080", "https://[::1]:8443", "http://localhost"];

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) origin: &'static str,
    pub(crate) until: Until,
    pub(crate) attempts: u8,
    pub(crate) deadline: Duration,
    pub(crate) poll: Duration,
    most: Duration,
    pub(crate) timeout: Duration,
    pub(crate) limit: usize,
    jitter: u8,
    pub(crate) ambiguous: bool,
    pub(crate) dry: bool,
    /// The request, with the names that a checkpoint has for its members.
    request: Value,
    /// How long an answer of the service takes, and how long it takes a token.
    pub(crate) latency: Duration,
    pub(crate) expires: Option<Duration>,
}

impl Settings {
    pub(crate) fn read(text: &str) -> Self {
        let is_set = |word: &str| text.split(' ').any(|set| set == word);
        let value = |name: &str| text.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let number = |name, default| value(name).map_or(default, number);
        let milliseconds = |name, default| Duration::from_millis(number(name, default));
        let mut read = Self {
            origin: ORIGINS[number("origin", 0) as usize % ORIGINS.len()],
            until: match value("until").unwrap_or_default() {
                "accepted" => Until::Accepted,
                "settled" => Until::Settled,
                _ => Until::Verified,
            },
            attempts: (number("attempts", 2) % 8).max(1) as u8,
            deadline: milliseconds("deadline", 200_000),
            poll: milliseconds("poll", 1000),
            most: milliseconds("most", 30_000),
            timeout: milliseconds("timeout", 30_000),
            limit: number("limit", 1 << 16) as usize,
            jitter: number("jitter", 0) as u8,
            ambiguous: is_set("ambiguous"),
            dry: is_set("dry"),
            request: json!({ "publisher": PUBLISHER, "offer": OFFER }),
            latency: milliseconds("latency", 0),
            expires: value("expires").map(|_| milliseconds("expires", 0)),
        };
        if is_set("even_with_others") {
            read.request["even_with_others"] = true.into();
        }
        for name in ["notify", "if_match", "client_request_id", "only_if_running"] {
            if let Some(value) = value(name) {
                read.ask_for(name, value);
            }
        }
        read
    }

    /// Adds a member to the request, where it is a valid one.
    fn ask_for(&mut self, name: &str, value: &str) {
        let mut request = self.request.clone();
        request[name] = value.into();
        if CancelRequest::deserialize(&request).is_ok() {
            self.request = request;
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.origin).unwrap()
    }

    /// Where the token may go: read from the text, and not from the endpoint.
    pub(crate) fn place(&self) -> Origin {
        Origin::by_url(self.origin).unwrap()
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy::default()
            .until(self.until)
            .attempts(self.attempts)
            .deadline(self.deadline)
            .poll_interval(self.poll)
            .max_poll_interval(self.most)
            .attempt_timeout(self.timeout)
            .body_limit(self.limit)
            .list_limit(self.limit.saturating_mul(2))
            .jitter_percent(self.jitter)
            .retry_ambiguous(self.ambiguous)
            .dry_run(self.dry)
    }

    /// The same, as the ledger is told.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            until: self.until,
            retry_ambiguous: self.ambiguous,
            dry_run: self.dry,
            attempts: self.attempts,
            poll_interval: self.poll,
            only_if_running: self.asked("only_if_running").map(str::to_owned),
            even_with_others: self.request["even_with_others"] == true,
            origin: self.origin.to_owned(),
            canary: CANARY,
        }
    }

    pub(crate) fn request(&self) -> CancelRequest {
        CancelRequest::deserialize(&self.request).unwrap()
    }

    pub(crate) fn request_in_json(&self) -> String {
        self.request.to_string()
    }

    /// A member of the request.
    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.request[name].as_str()
    }

    pub(crate) fn only_if_running(&self) -> Option<String> {
        self.asked("only_if_running").map(str::to_ascii_lowercase)
    }

    /// The path of a call that is about the offer.
    pub(crate) fn path(&self, call: &str) -> String {
        let [publisher, offer] = ["publisher", "offer"].map(|name| self.asked(name).unwrap_or_default());
        format!("/api/publishers/{publisher}/offers/{offer}/{call}")
    }

    /// The same with the request that a stranger's checkpoint has.
    pub(crate) fn of_stranger(&self, checkpoint: &Value) -> Self {
        Self { request: checkpoint["request"].clone(), ..self.clone() }
    }

    /// Whether the list is read before anything is posted.
    pub(crate) fn lists(&self) -> bool {
        self.until == Until::Verified || self.dry
    }
}
