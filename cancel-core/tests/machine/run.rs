//! A run: one conversation with the machine in virtual time. The clock jumps to the end of each wait.

use std::time::Duration;

use cancel_core::{
    BearerToken, Body, CancelRequest, Cancellation, Checkpoint, Endpoint, Error, ErrorKind, Exchange, Failure, OfferId,
    OperationId, Outcome, Phase, Policy, Posted, Proof, PublisherId, Step, TokenReason, TrackedOperation, Until,
};
use http::Response;

pub(crate) const CANCEL: &str =
    "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31";
pub(crate) const MIGRATED: &str = "/api/publishers/contoso/offers/contoso-offer/operations/56615b67-2185-49fe-80d2-c4ddf77bb2e8?api-version=2017-10-31";
pub(crate) const NON_MIGRATED: &str = "/api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31";
pub(crate) const CANCEL_OPERATION: &str =
    "/api/publishers/contoso/offers/contoso-offer/operations/the-cancel?api-version=2017-10-31";
pub(crate) const LIST: &str = "/api/publishers/contoso/offers/contoso-offer/submissions/?api-version=2017-10-31";
pub(crate) const TOKEN: &str = "first-canary-token-0123456789-0123456789-0123456789";

pub(crate) const NO_HEADERS: [(&str, &str); 0] = [];

pub(crate) struct Run {
    pub(crate) cancellation: Cancellation,
    pub(crate) now: Duration,
    /// When the first of its processes began.
    pub(crate) start: Duration,
    /// How long the machine waited before the exchange in flight.
    pub(crate) waited: Duration,
    pub(crate) tokens: Vec<TokenReason>,
}

/// The exchange in flight, and its run.
pub(crate) struct InFlight<'a> {
    pub(crate) run: &'a mut Run,
    pub(crate) exchange: Exchange,
}

/// Without jitter, so that a test can name each wait.
pub(crate) fn settled() -> Policy {
    Policy::default().until(Until::Settled).jitter_percent(0)
}

pub(crate) fn verified() -> Policy {
    settled().until(Until::Verified)
}

pub(crate) fn accepted() -> Policy {
    settled().until(Until::Accepted)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The id and the last status of each operation.
pub(crate) fn statuses(operations: &[TrackedOperation]) -> Vec<(String, String)> {
    operations.iter().map(|tracked| (tracked.id().to_string(), tracked.status().to_owned())).collect()
}

pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, word)| ((*id).to_owned(), (*word).to_owned())).collect()
}

/// The path and query at which an operation is polled.
pub(crate) fn operation(id: &str) -> String {
    format!("/api/publishers/contoso/offers/contoso-offer/operations/{id}?api-version=2017-10-31")
}

pub(crate) fn list_of(entries: &[(&str, &str)]) -> String {
    let entry = |(id, state): &(&str, &str)| format!(r#"{{"id":"{id}","submissionState":"{state}"}}"#);
    format!("[{}]", entries.iter().map(entry).collect::<Vec<_>>().join(","))
}

pub(crate) fn status(word: &str) -> String {
    format!(r#"{{"status":"{word}"}}"#)
}

pub(crate) fn request() -> CancelRequest {
    CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
}

pub(crate) fn only_if_running(id: &str) -> CancelRequest {
    request().only_if_running(OperationId::new(id).unwrap())
}

impl Run {
    pub(crate) fn new(policy: Policy) -> Self {
        Self::about(request(), policy)
    }

    pub(crate) fn about(request: CancelRequest, policy: Policy) -> Self {
        let now = secs(1_000_000);
        let cancellation = Cancellation::new(Endpoint::default(), request, policy, now);
        Self { cancellation, now, start: now, waited: Duration::ZERO, tokens: Vec::new() }
    }

    /// Milliseconds since its start.
    pub(crate) fn elapsed(&self) -> u128 {
        (self.now - self.start).as_millis()
    }

    /// A run whose cancel was accepted, and whose location is polled.
    pub(crate) fn following(policy: Policy) -> Self {
        let mut run = Self::new(policy);
        run.post().answer(202, [("Location", MIGRATED)], "");
        run
    }

    /// The next request, after every wait and with every token that the machine asks for.
    pub(crate) fn next(&mut self) -> InFlight<'_> {
        let start = self.now;
        loop {
            match self.cancellation.step(self.now) {
                Step::Authenticate(why) => {
                    self.tokens.push(why);
                    let token =
                        if self.tokens.len() == 1 { TOKEN.to_owned() } else { format!("token-{}", self.tokens.len()) };
                    self.cancellation.provide_token(BearerToken::new(token).unwrap());
                }
                Step::WaitUntil(when) => {
                    assert!(when > self.now, "a wait that is over");
                    self.now = when;
                }
                Step::Send(exchange) => {
                    self.waited = self.now - start;
                    return InFlight { run: self, exchange };
                }
                Step::Await { id, until } => panic!("{id} is in flight until {until:?}"),
                Step::Done(result) => panic!("over already: {result:?}"),
            }
        }
    }

    /// The POST is sent next.
    pub(crate) fn post(&mut self) -> InFlight<'_> {
        let sent = self.next();
        assert_eq!((sent.exchange.request.method().as_str(), sent.url()), ("POST", CANCEL.to_owned()));
        sent
    }

    /// A GET is sent next, to this path and query.
    pub(crate) fn get(&mut self, path_and_query: &str) -> InFlight<'_> {
        let sent = self.next();
        let expected = format!("https://cloudpartner.azure.com{path_and_query}");
        assert_eq!((sent.exchange.request.method().as_str(), sent.url()), ("GET", expected));
        sent
    }

    /// Polls the location once, which gets this answer. Says how long the machine waited before.
    pub(crate) fn poll(&mut self, code: u16, body: &str) -> Duration {
        self.get(MIGRATED).answer(code, NO_HEADERS, body);
        self.waited
    }

    /// Lists the operations, which are these.
    pub(crate) fn list(&mut self, entries: &[(&str, &str)]) {
        self.get(LIST).answer(200, NO_HEADERS, &list_of(entries));
    }

    /// Polls a tracked operation once, which has this status.
    pub(crate) fn poll_tracked(&mut self, id: &str, word: &str) {
        self.get(&operation(id)).answer(200, NO_HEADERS, &status(word));
    }

    /// Polls this tracked operation, which is running, until something else follows or the deadline comes.
    /// Says when, in milliseconds since the start.
    pub(crate) fn poll_while_running(&mut self, id: &str) -> Vec<u128> {
        let mut times = Vec::new();
        loop {
            let progress = self.cancellation.progress();
            if progress.phase != Phase::Verifying || progress.due >= Some(progress.deadline) {
                return times;
            }
            self.poll_tracked(id, "running");
            times.push(self.elapsed());
        }
    }

    /// A run in `Verified` with these operations as its baseline, before its POST.
    pub(crate) fn posting(ids: &[&str]) -> Self {
        Self::posting_with(verified(), ids)
    }

    pub(crate) fn posting_with(policy: Policy, ids: &[&str]) -> Self {
        let mut run = Self::new(policy);
        let entries: Vec<_> = ids.iter().map(|id| (*id, "running")).collect();
        run.list(&entries);
        run
    }

    /// The same, and the cancel was accepted.
    pub(crate) fn verifying(ids: &[&str]) -> Self {
        let mut run = Self::posting(ids);
        run.post().answer(202, [("Location", CANCEL_OPERATION)], "");
        run
    }

    /// The same, but the answer to its POST was lost.
    pub(crate) fn in_doubt(ids: &[&str]) -> Self {
        let mut run = Self::posting(ids);
        run.post().maybe_sent();
        run
    }

    /// Another process resumes the checkpoint of this run, at the same time.
    pub(crate) fn resume(&self, policy: Policy) -> Self {
        self.resume_from(&self.cancellation.checkpoint().to_json(), policy).unwrap()
    }

    pub(crate) fn resume_from(&self, text: &str, policy: Policy) -> Result<Self, Error> {
        let checkpoint = Checkpoint::from_json(text)?;
        let cancellation = Cancellation::resume(Endpoint::default(), checkpoint, policy, self.now)?;
        Ok(Self { cancellation, now: self.now, start: self.start, waited: Duration::ZERO, tokens: Vec::new() })
    }

    /// It has ended, not everything was canceled: the proof, and the status of each operation.
    pub(crate) fn ended(&mut self) -> (Proof, Vec<(String, String)>) {
        match self.end() {
            Ok(Outcome::Ended { proof, operations, .. }) => (proof, statuses(&operations)),
            other => panic!("not ended: {other:?}"),
        }
    }

    /// How it has ended.
    pub(crate) fn end(&mut self) -> Result<Outcome, Error> {
        match self.cancellation.step(self.now) {
            Step::Done(result) => result.clone(),
            step => panic!("not over: {step:?}"),
        }
    }

    /// It has ended as canceled, by this proof.
    pub(crate) fn canceled(&mut self) -> Proof {
        match self.end() {
            Ok(Outcome::Canceled { proof, .. }) => proof,
            other => panic!("not canceled: {other:?}"),
        }
    }

    /// A poll of this tracked operation ends it: all is canceled, which is verified.
    pub(crate) fn ends_canceled(&mut self, id: &str) {
        self.poll_tracked(id, "canceled");
        assert_eq!(self.canceled(), Proof::Verified);
    }

    /// A poll of the location ends it as canceled.
    pub(crate) fn ends_canceled_by_location(&mut self) {
        self.poll(200, &status("canceled"));
        assert_eq!(self.canceled(), Proof::ByLocation);
    }

    /// The operation is in progress after the time that a cancel takes. A recheck shows only this one, and the POST is
    /// sent again.
    pub(crate) fn second_post(&mut self, id: &str) -> InFlight<'_> {
        self.poll_while_running(id);
        self.list(&[(id, "running")]);
        self.post()
    }

    /// It has ended with an error: its kind, and whether a POST went out.
    pub(crate) fn error(&mut self) -> (ErrorKind, Posted) {
        match self.end() {
            Err(error) => (error.kind(), error.posted()),
            Ok(outcome) => panic!("no error: {outcome:?}"),
        }
    }

    /// It sends nothing more, waits until its deadline, and ends with an error.
    pub(crate) fn deadline(&mut self) -> (ErrorKind, Posted) {
        while let Step::WaitUntil(when) = self.cancellation.step(self.now) {
            assert!(when > self.now, "a wait that is over");
            self.now = when;
        }
        self.error()
    }
}

impl InFlight<'_> {
    pub(crate) fn url(&self) -> String {
        self.exchange.request.uri().to_string()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.exchange.request.headers().get(name).map(|value| value.to_str().unwrap())
    }

    /// The answer comes at once.
    pub(crate) fn answer<const N: usize>(self, status: u16, headers: [(&str, &str); N], body: &str) {
        self.answer_with(status, headers, Body::from(body.to_owned()));
    }

    /// The answer comes at once, with a body that may not be whole.
    pub(crate) fn answer_with<'h>(
        self,
        status: u16,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
        body: Body,
    ) {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        let response = response.body(body).unwrap();
        self.run.cancellation.handle_response(self.run.now, self.exchange.id, response).unwrap();
    }

    /// No answer comes.
    pub(crate) fn fail(self, failure: Failure) {
        self.run.cancellation.handle_failure(self.run.now, self.exchange.id, failure).unwrap();
    }

    pub(crate) fn not_sent(self) {
        self.fail(Failure::not_sent("connection refused"));
    }

    pub(crate) fn maybe_sent(self) {
        self.fail(Failure::maybe_sent("connection reset"));
    }
}
