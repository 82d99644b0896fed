//! The machine in virtual time, with its default policy. Exchanges take no time, and the service asks for no waits.

use std::time::Duration;

use bytes::Bytes;
use cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId, Step, Until};
use http::Response;

/// What the POST is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200, without a location.
    Done,
    /// 202, with the location of a migrated offer: that of the cancel's own operation.
    Migrated,
    /// 202, with the location of a non-migrated offer.
    NonMigrated,
}

#[derive(Debug, Clone)]
pub struct Run {
    pub until: Until,
    pub answer: Answer,
    /// How many operations are in progress. They end at the same time.
    pub operations: usize,
    pub deadline: Duration,
}

impl Default for Run {
    fn default() -> Self {
        let deadline = Duration::from_secs(3 * 3600);
        Self { until: Until::Verified, answer: Answer::Done, operations: 1, deadline }
    }
}

/// How many seconds after the end it was known, or `None` where it ended as `deadline`; and after how many polls.
pub type Known = (Option<f64>, u32);

impl Run {
    /// Everything ends so many seconds after the POST. Each number is another offer, with other jitter.
    pub fn known(&self, number: usize, end: f64) -> Known {
        let offer = OfferId::new(format!("offer-{number}")).expect("an id");
        let request = CancelRequest::new(PublisherId::new("contoso").expect("an id"), offer.clone());
        let policy = Policy::default().until(self.until).deadline(self.deadline);
        let mut now = Duration::ZERO;
        let mut cancellation = Cancellation::new(Endpoint::default(), request, policy, now);
        loop {
            match cancellation.step(now) {
                Step::Authenticate(_) => cancellation.provide_token(BearerToken::new("eyJ0eXAi").expect("a token")),
                Step::Send(exchange) => {
                    let response = match exchange.request.uri().path().rsplit('/').next() {
                        _ if exchange.is_post() => self.answer.response(offer.as_str()),
                        Some("") => self.list(),
                        Some("the-cancel") => operation("running"),
                        _ if now.as_secs_f64() < end => operation("running"),
                        _ => operation("canceled"),
                    };
                    cancellation.handle_response(now, exchange.id, response).expect("in flight");
                }
                Step::WaitUntil(when) => now = when,
                Step::Await { .. } => unreachable!("every exchange is answered at once"),
                Step::Done(result) => {
                    let delay = result.as_ref().ok().map(|_| now.as_secs_f64() - end);
                    return (delay, cancellation.progress().polls);
                }
            }
        }
    }

    fn list(&self) -> Response<Bytes> {
        let row = |number| format!(r#"{{"id":"publish-{number}","submissionState":"running"}}"#);
        let rows: Vec<_> = (0..self.operations).map(row).collect();
        Response::new(format!("[{}]", rows.join(",")).into())
    }
}

impl Answer {
    fn response(self, offer: &str) -> Response<Bytes> {
        let location = match self {
            Self::Done => return Response::new(Bytes::new()),
            Self::Migrated => format!("/api/publishers/contoso/offers/{offer}/operations/the-cancel"),
            Self::NonMigrated => format!("/api/operations/contoso${offer}$2$preview"),
        };
        Response::builder().status(202).header("location", location).body(Bytes::new()).expect("a response")
    }
}

fn operation(word: &str) -> Response<Bytes> {
    Response::new(format!(r#"{{"status":"{word}"}}"#).into())
}
