//! What a conversation is of: the first line of the inputs that have one.
//!
//! Words in any order, each left out or replaced by a default where it is none: `until=settled attempts=2 deadline=60000
//! poll=1000 only=publish-a ambiguous`. Times are in milliseconds.

use std::time::Duration;

use serde_json::Value;

use super::input::number;
use super::origin::Origin;
use crate::codec::CancelRequest;
use crate::machine::{Policy, Until};
use crate::values::{ClientRequestId, Endpoint, IfMatch, NotificationEmails, OfferId, OperationId, PublisherId};

pub(super) const PUBLISHER: &str = "contoso";
pub(super) const OFFER: &str = "contoso-offer";

const ORIGINS: [&str; 4] =
    ["https://cloudpartner.azure.com", "http://127.0.0.1:8080", "https://[::1]:8443", "http://localhost"];

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) origin: &'static str,
    publisher: String,
    offer: String,
    pub(super) until: Until,
    pub(super) attempts: u8,
    pub(super) deadline: Duration,
    pub(super) poll: Duration,
    pub(super) timeout: Duration,
    pub(super) limit: usize,
    pub(super) ambiguous: bool,
    pub(super) dry: bool,
    pub(super) only: Option<String>,
    pub(super) call: Option<String>,
    emails: Option<String>,
    if_match: Option<String>,
    jitter: u8,
    most: Duration,
    /// What is said beyond the machine: how long an answer takes, and how long a token lasts.
    pub(super) latency: Duration,
    pub(super) expires: Option<Duration>,
}

impl Settings {
    pub(super) fn read(text: &str) -> Self {
        let milliseconds = |text: &str| Duration::from_millis(number(text));
        let mut read = Self {
            origin: ORIGINS[0],
            publisher: PUBLISHER.to_owned(),
            offer: OFFER.to_owned(),
            until: Until::Verified,
            attempts: 2,
            deadline: Duration::from_secs(200),
            poll: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
            limit: 1 << 16,
            ambiguous: false,
            dry: false,
            only: None,
            call: None,
            emails: None,
            if_match: None,
            jitter: 0,
            most: Duration::from_secs(30),
            latency: Duration::ZERO,
            expires: None,
        };
        for word in text.split(' ') {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let text = || Some(value.to_owned());
            match name {
                "origin" => read.origin = ORIGINS[number(value) as usize % ORIGINS.len()],
                "until" if value.starts_with('a') => read.until = Until::Accepted,
                "until" if value.starts_with('s') => read.until = Until::Settled,
                "attempts" => read.attempts = (number(value) % 8).max(1) as u8,
                "deadline" => read.deadline = milliseconds(value),
                "poll" => read.poll = milliseconds(value),
                "most" => read.most = milliseconds(value),
                "timeout" => read.timeout = milliseconds(value),
                "limit" => read.limit = number(value) as usize,
                "jitter" => read.jitter = number(value) as u8,
                "ambiguous" => read.ambiguous = true,
                "dry" => read.dry = true,
                "only" => read.only = text().filter(|id| OperationId::new(id).is_ok()),
                "call" => read.call = text().filter(|id| ClientRequestId::new(id).is_ok()),
                "emails" => read.emails = text().filter(|list| NotificationEmails::parse(list).is_ok()),
                "if-match" => read.if_match = text().filter(|etag| etag.parse::<IfMatch>().is_ok()),
                "latency" => read.latency = milliseconds(value),
                "expires" => read.expires = Some(milliseconds(value)),
                _ => {}
            }
        }
        read
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.origin).unwrap()
    }

    /// Where the token may go, as it is written and not as the endpoint has it.
    pub(super) fn place(&self) -> Origin {
        Origin::by_url(self.origin).unwrap()
    }

    pub(super) fn policy(&self) -> Policy {
        Policy::default()
            .until(self.until)
            .attempts(self.attempts)
            .deadline(self.deadline)
            .poll_interval(self.poll)
            .max_poll_interval(self.most)
            .attempt_timeout(self.timeout)
            .body_limit(self.limit)
            .jitter_percent(self.jitter)
            .retry_ambiguous(self.ambiguous)
            .dry_run(self.dry)
    }

    pub(super) fn request(&self) -> CancelRequest {
        let mut request =
            CancelRequest::new(PublisherId::new(&self.publisher).unwrap(), OfferId::new(&self.offer).unwrap());
        if let Some(emails) = &self.emails {
            request = request.notify(NotificationEmails::parse(emails).unwrap());
        }
        if let Some(etag) = &self.if_match {
            request = request.if_match(etag.parse().unwrap());
        }
        if let Some(call) = &self.call {
            request = request.client_request_id(ClientRequestId::new(call).unwrap());
        }
        if let Some(only) = &self.only {
            request = request.only_if_running(OperationId::new(only).unwrap());
        }
        request
    }

    /// The path of a call that is about the offer.
    pub(super) fn path(&self, call: &str) -> String {
        format!("/api/publishers/{}/offers/{}/{call}", self.publisher, self.offer)
    }

    /// The same, about what somebody's checkpoint says.
    pub(super) fn of_stranger(&self, checkpoint: &Value) -> Self {
        let word = |name: &str| checkpoint[name].as_str().map(str::to_owned);
        Self {
            publisher: word("publisher").unwrap_or_default(),
            offer: word("offer").unwrap_or_default(),
            only: word("only"),
            call: word("client_request_id"),
            emails: word("notification_emails"),
            if_match: word("if_match"),
            ..self.clone()
        }
    }

    /// Whether the list is looked at before anything is posted.
    pub(super) fn lists(&self) -> bool {
        self.until == Until::Verified || self.dry
    }
}
