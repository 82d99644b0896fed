//! What the machine sends, and what is handed in for it.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use cancel_core::testing::ledger::{Ledger, Verdict};
use cancel_core::{Body, Event, Exchange, ExchangeId, Failure, Operation, OperationId, OperationList, Until};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use super::Referee;
use crate::expected::{LAST_POLL, is_end, list_in, plain_wait, status_in, tree};

/// No run tracks more operations.
pub(super) const MOST_TRACKED: usize = 64;

/// The exchange that is in flight.
#[derive(Debug, Clone)]
pub(super) struct InFlight {
    pub(super) id: ExchangeId,
    pub(super) until: Duration,
    pub(super) kind: Kind,
    /// The number of its token.
    token: u32,
    /// The books as they are when it does not leave.
    unsent: Ledger,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Post,
    List,
    /// The one operation that `only_if_running` asks for, and the list does not show.
    Ask,
    /// With the id that the path names, where it is the path of one of the offer's operations.
    Poll(Option<String>),
}

/// What an answer says.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) status: u16,
    /// Whether its body is whole, and no longer than the limit.
    pub(super) is_whole: bool,
    /// The status that such a body names.
    pub(super) word: Option<String>,
    /// Whether the body is longer than the limit: it would be as long again.
    pub(super) is_too_large: bool,
}

impl Referee {
    pub(super) fn check_sent(&mut self, exchange: &Exchange) {
        let request = &exchange.request;
        let id = u64::from(exchange.id);
        assert!(self.last_id < id, "an id that was there before");
        assert!(exchange.timeout <= self.settings.timeout);
        let until = self.told.saturating_add(exchange.timeout);
        assert!(until <= self.waits.deadline, "beyond the deadline");
        assert_eq!(exchange.until, until);
        self.check_token(request);
        let call = request.headers().get("x-ms-client-request-id").map(|id| id.to_str().unwrap());
        assert_eq!(call, self.settings.asked("client_request_id"));
        let path = request.uri().path();
        let kind = if exchange.is_post() {
            assert_eq!(path, self.settings.path("cancel"));
            let length = request.headers()["content-length"].to_str().unwrap();
            assert_eq!(length, request.body().len().to_string());
            Kind::Post
        } else {
            assert!(request.method() == Method::GET && request.body().is_empty());
            let asked = self.settings.only_if_running().map(|id| self.settings.path("operations/") + &id);
            if path == self.settings.path("submissions/") {
                Kind::List
            } else if !self.is_polling() {
                assert_eq!(Some(path.to_ascii_lowercase()), asked.map(|path| path.to_ascii_lowercase()));
                assert!(matches!(self.last, Some((Kind::List | Kind::Ask, _))), "it is asked for without a list");
                Kind::Ask
            } else {
                Kind::Poll(path.strip_prefix(&self.settings.path("operations/")).map(str::to_ascii_lowercase))
            }
        };
        assert_eq!(exchange.body_limit, self.limit(&kind));
        let earliest = if self.is_beside(&kind) { self.waits.asked } else { self.waits.earliest };
        assert!(!matches!(kind, Kind::Poll(_)) || self.told >= earliest, "a poll before its time");
        let is_asked = !self.is_polling() || self.waits.was_refused;
        assert!(kind != Kind::List || is_asked, "a list instead of a poll that would tell the same");
        self.check_leaves_time(&kind, until);
        held(self.ledger.handed_out(self.told, request));
        let unsent = self.ledger.clone();
        held(self.ledger.left(request));
        self.last_id = id;
        self.in_flight = Some(InFlight { id: exchange.id, until, kind, token: self.tokens, unsent });
    }

    /// Where it hangs, a last poll follows.
    fn check_leaves_time(&self, kind: &Kind, until: Duration) {
        let (time, deadline) = (LAST_POLL.min(self.settings.timeout), self.machine.progress().deadline);
        let is_followed = match kind {
            Kind::Post => self.settings.until == Until::Verified,
            Kind::Poll(_) => true,
            Kind::List => self.is_polling(),
            Kind::Ask => false,
        };
        let (is_early, left) = (self.told < deadline.saturating_sub(time), deadline.saturating_sub(until));
        assert!(!is_followed || !is_early || left >= time / 2, "it leaves no time for a last poll");
    }

    /// Rules 1 and 4, of a request.
    fn check_token(&self, request: &Request<Bytes>) {
        self.place.check(request.uri());
        assert!(self.holds_token, "a request without a token");
        let values: Vec<_> = request.headers().get_all("authorization").iter().collect();
        assert!(values.len() == 1 && values[0].is_sensitive());
        assert_eq!(values[0].as_bytes(), format!("Bearer {}", self.token()).as_bytes());
        for value in request.headers().iter().filter(|(name, _)| *name != "authorization").map(|(_, value)| value) {
            self.check_silent("a header", &String::from_utf8_lossy(value.as_bytes()));
        }
        self.check_silent("a body", &String::from_utf8_lossy(request.body()));
        self.check_silent("a URL", &request.uri().to_string());
    }

    /// Hands in an answer to the exchange in flight or, when there is none, to earlier ones.
    pub(crate) fn answer(&mut self, given: Duration, mut response: Response<Body>) {
        self.hears_echoes |= self.echo(&mut response);
        let Some(exchange) = self.in_flight.take().filter(|_| self.over.is_none()) else {
            return self.check_stale(given, &response);
        };
        self.told = self.told.max(given);
        let status = response.status().as_u16();
        if is_beyond_judging(response.body().bytes()) {
            response = response.map(|body| Body::CutOff(body.bytes().clone()));
        }
        let limit = self.limit(&exchange.kind);
        let body = whole(&response).filter(|body| body.len() <= limit).cloned();
        let tree = body.as_deref().and_then(tree);
        let heard = Heard {
            status,
            word: tree.as_ref().and_then(status_in).map(str::to_owned),
            is_whole: body.is_some(),
            is_too_large: is_decoded(&response)
                && (matches!(response.body(), Body::TooLarge(_)) || response.body().bytes().len() > limit),
        };
        let rejected_again = status == 401 && self.last.as_ref().is_some_and(|(_, last)| last.status == 401);
        // A newer one can have come meanwhile.
        if status == 401 && exchange.token == self.tokens {
            (self.holds_token, self.was_rejected) = (false, true);
        }
        self.ledger.answered(self.told, status, body.as_deref());
        let baseline = self.ledger.baseline();
        let is_tracked = |id: &str| baseline.is_some_and(|baseline| baseline.contains(id));
        self.waits.answered(&exchange.kind, &heard, self.told, is_tracked);
        let was_polling = self.is_polling();
        if let (Kind::List, Some(tree), 200) = (&exchange.kind, &tree, status) {
            let list = list_in(tree).unwrap_or_default();
            self.listed = self.ledger.list().cloned().unwrap_or_default();
            self.most_listed = self.most_listed.max(self.listed.len().min(MOST_TRACKED));
            // A list with anything in progress that cannot be tracked tells nothing.
            let can_be_tracked = |id: &String| OperationId::new(id).is_ok();
            if was_polling && self.listed.len() <= MOST_TRACKED && self.listed.iter().all(can_be_tracked) {
                self.waits.listed(list.into_iter().filter(|(id, _)| is_tracked(&id.to_ascii_lowercase())));
            }
        }
        let ended = status == 200 && heard.word.as_deref().is_some_and(is_end);
        self.last = Some((exchange.kind.clone(), heard));
        if self.hears_echoes {
            let event = Event::answered(&self.machine, exchange.id, &response);
            self.check_silent("an event", &format!("{event:?}"));
        }
        let asked = plain_wait(response.headers()).unwrap_or_default();
        // The machine has the body for itself.
        drop(body);
        self.handle_response(given, exchange.id, response);
        if self.is_polling() && status != 401 {
            // After a list that was read before another POST, the polls begin at once.
            let is_recheck = exchange.kind == Kind::List && !was_polling;
            self.waits.asked = self.unless_last(self.told.saturating_add(asked));
            let next = self.unless_last(self.told.saturating_add(self.settings.poll.max(asked)));
            self.waits.earliest = match () {
                () if is_recheck => Duration::ZERO,
                () if self.is_beside(&exchange.kind) => self.waits.earliest.max(self.waits.asked),
                // The others of the baseline are polled at once.
                () if self.settings.until == Until::Verified && ended && matches!(exchange.kind, Kind::Poll(_)) => {
                    self.waits.asked
                }
                () => next,
            };
        }
        assert!(!rejected_again || self.machine.result().is_some(), "two 401s in a row, and it goes on");
        self.check_patience(&exchange.kind);
        self.check_posted();
        self.check_over();
    }

    /// Hands in a failure of the exchange in flight or, when there is none, of earlier ones.
    pub(crate) fn fail(&mut self, given: Duration, failure: Failure) {
        let Some(exchange) = self.in_flight.clone().filter(|_| self.over.is_none()) else {
            return self.check_stale(given, &Response::new(Body::from("")));
        };
        self.told = self.told.max(given);
        if failure == Failure::TimedOut {
            self.told = self.told.max(exchange.until);
        }
        let is_post = exchange.kind == Kind::Post;
        let counts = match failure {
            Failure::NotAttempted => false,
            Failure::Dropped => is_post,
            Failure::NotSent(_) | Failure::MaybeSent(_) | Failure::TimedOut => true,
        };
        if counts && !is_post {
            self.waits.get_failed();
            self.waits.was_refused = false;
        }
        let event = Event::failed(&self.machine, exchange.id, &failure);
        self.check_silent("an event", &format!("{event:?}"));
        self.in_flight = None;
        match failure {
            Failure::NotSent(_) => self.ledger.not_sent(),
            // This one is not counted.
            Failure::NotAttempted => {
                self.ledger = exchange.unsent;
                self.ledger.not_sent();
            }
            Failure::MaybeSent(_) | Failure::TimedOut | Failure::Dropped => self.ledger.lost(),
        }
        self.machine.handle_failure(given, exchange.id, failure).expect("it is in flight");
        let ends = self.machine.result().is_some() && self.told < self.machine.progress().deadline;
        assert!(counts || !ends, "an exchange that its caller dropped or did not attempt has ended it");
        self.check_patience(&exchange.kind);
        self.check_posted();
        self.check_over();
    }

    fn limit(&self, kind: &Kind) -> usize {
        if *kind == Kind::List { self.settings.limit.saturating_mul(2) } else { self.settings.limit }
    }

    /// Whether it is a poll of the location in a verified run, where the baseline decides.
    fn is_beside(&self, kind: &Kind) -> bool {
        let Kind::Poll(id) = kind else { return false };
        let is_tracked = |id| self.ledger.baseline().is_some_and(|baseline| baseline.contains(id));
        self.settings.until == Until::Verified && !id.as_deref().is_some_and(is_tracked)
    }

    /// A poll that is due later than a little before the deadline is due then. From then on they share what time is
    /// left.
    fn unless_last(&self, next: Duration) -> Duration {
        let time = LAST_POLL.min(self.settings.timeout);
        let last = self.machine.progress().deadline.saturating_sub(time);
        let count = self.ledger.baseline().map_or(1, BTreeSet::len);
        let shared = self.told.saturating_add(time / (2 * (u32::try_from(count).unwrap() + 1)));
        if self.told < last { next.min(last) } else { next.min(shared) }
    }

    /// So many failures in a row are final, but not once a POST may have been processed in a verified run. There a
    /// location may fail, and then it is not polled any more.
    fn check_patience(&self, kind: &Kind) {
        let decides = *kind == Kind::List || self.settings.until != Until::Verified;
        let decides = decides && !self.ledger.must_know();
        let is_enough = decides && self.waits.failed_gets >= self.settings.attempts;
        assert!(!is_enough || self.machine.result().is_some(), "{} failures in a row", self.waits.failed_gets);
    }

    /// An exchange that is not in flight takes no answer and no failure: not an earlier one, not a later one, and none
    /// of another machine.
    pub(crate) fn check_stale(&mut self, given: Duration, response: &Response<Body>) {
        let in_flight = self.in_flight.as_ref().map(|exchange| exchange.id).filter(|_| self.over.is_none());
        let near = self.last_id.saturating_sub(2)..=self.last_id + 1;
        for id in near.chain([0, 1, 7, u64::MAX]).map(ExchangeId::from).filter(|id| Some(*id) != in_flight) {
            held(Ledger::check_stale(&mut self.machine, given, id, response, |machine| format!("{machine:?}")));
        }
    }
}

/// What a tree cannot hold, such as a number that is too large, and a reader skips: the referee does not know what it
/// says.
fn is_beyond_judging(body: &Bytes) -> bool {
    let response = Response::new(body.clone());
    let ends = || Operation::from_http(&response).is_ok_and(|operation| operation.state().is_end());
    tree(body).is_none() && (ends() || OperationList::from_http(&response).is_ok())
}

/// A rule that is broken is a finding.
pub(super) fn held(verdict: Verdict) {
    if let Err(violation) = verdict {
        panic!("{violation}");
    }
}

/// A body that is whole, as RFC 9112 §6.3 reads its head.
fn whole(response: &Response<Body>) -> Option<&Bytes> {
    let has = |name: &str| response.headers().contains_key(name);
    let body = response.body().bytes();
    let has_length = |length: &HeaderValue| length.to_str().is_ok_and(|length| length == body.len().to_string());
    let is_whole = match response.body() {
        Body::Complete(_) => true,
        Body::Ended(_) if response.status() == StatusCode::NO_CONTENT || has("transfer-encoding") => true,
        Body::Ended(_) if response.headers().get("content-length").is_some_and(has_length) => true,
        Body::Ended(_) if has("content-length") && !has("content-encoding") => false,
        Body::Ended(body) => {
            String::from_utf8_lossy(body).trim_ascii_end().ends_with(|c: char| !c.is_ascii_alphanumeric())
        }
        Body::CutOff(_) | Body::TooLarge(_) => false,
    };
    Some(body).filter(|_| is_whole && is_decoded(response))
}

fn is_decoded(response: &Response<Body>) -> bool {
    let codings: Vec<_> = response.headers().get_all("transfer-encoding").iter().collect();
    codings.is_empty() || codings.len() == 1 && codings[0].as_bytes().eq_ignore_ascii_case(b"chunked")
}
