//! A conversation with the machine. The clock jumps to whenever the machine wants to go on.

use std::time::Duration;

use cancel_core::{
    BearerToken, Body, CancelRequest, Cancellation, Checkpoint, Endpoint, Error, ErrorKind, Exchange, Failure, OfferId,
    Outcome, Policy, Posted, Proof, PublisherId, Step, TokenReason, TrackedOperation, Until,
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

pub(crate) struct Talk {
    pub(crate) cancellation: Cancellation,
    pub(crate) now: Duration,
    /// How long the machine waited before the exchange that is out.
    pub(crate) waited: Duration,
    pub(crate) tokens: Vec<TokenReason>,
}

/// An exchange that is out, with the conversation that it belongs to.
pub(crate) struct Out<'a> {
    pub(crate) talk: &'a mut Talk,
    pub(crate) exchange: Exchange,
}

/// Waits of whole intervals, so that tests can name them.
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

/// What operations stand as, by their ids.
pub(crate) fn seen(operations: &[TrackedOperation]) -> Vec<(String, String)> {
    operations.iter().map(|seen| (seen.id().to_string(), seen.status().to_owned())).collect()
}

pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, word)| ((*id).to_owned(), (*word).to_owned())).collect()
}

/// Where an operation is looked at.
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

impl Talk {
    pub(crate) fn new(policy: Policy) -> Self {
        let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap());
        Self::about(request, policy)
    }

    pub(crate) fn about(request: CancelRequest, policy: Policy) -> Self {
        let now = secs(1_000_000);
        let cancellation = Cancellation::new(Endpoint::default(), request, policy, now);
        Self { cancellation, now, waited: Duration::ZERO, tokens: Vec::new() }
    }

    /// A conversation whose cancel was accepted, and whose location is watched.
    pub(crate) fn watching(policy: Policy) -> Self {
        let mut talk = Self::new(policy);
        talk.post().answer(202, [("Location", MIGRATED)], "");
        talk
    }

    /// What is sent next, after whatever wait and with whatever token the machine wants.
    pub(crate) fn next(&mut self) -> Out<'_> {
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
                    return Out { talk: self, exchange };
                }
                Step::Await { id, until } => panic!("{id} is out until {until:?}"),
                Step::Done(result) => panic!("over already: {result:?}"),
            }
        }
    }

    /// The POST is sent next.
    pub(crate) fn post(&mut self) -> Out<'_> {
        let out = self.next();
        assert_eq!((out.exchange.request.method().as_str(), out.url()), ("POST", CANCEL.to_owned()));
        out
    }

    /// A GET is sent next, to this path and query.
    pub(crate) fn get(&mut self, path_and_query: &str) -> Out<'_> {
        let out = self.next();
        let expected = format!("https://cloudpartner.azure.com{path_and_query}");
        assert_eq!((out.exchange.request.method().as_str(), out.url()), ("GET", expected));
        out
    }

    /// Looks at the location once, and is told this status.
    pub(crate) fn look(&mut self, code: u16, body: &str) -> Duration {
        self.get(MIGRATED).answer(code, NO_HEADERS, body);
        self.waited
    }

    /// Looks at what is in progress, and is shown these operations.
    pub(crate) fn list(&mut self, entries: &[(&str, &str)]) {
        self.get(LIST).answer(200, NO_HEADERS, &list_of(entries));
    }

    /// Looks at a noted operation once, and is told this status.
    pub(crate) fn look_at(&mut self, id: &str, word: &str) {
        self.get(&operation(id)).answer(200, NO_HEADERS, &status(word));
    }

    /// A verified conversation that has noted these operations, and whose cancel was accepted.
    pub(crate) fn verifying(ids: &[&str]) -> Self {
        let mut talk = Self::new(verified());
        let entries: Vec<_> = ids.iter().map(|id| (*id, "running")).collect();
        talk.list(&entries);
        talk.post().answer(202, [("Location", CANCEL_OPERATION)], "");
        talk
    }

    /// The conversation in another process, which begins with this checkpoint at the same time.
    pub(crate) fn resume(&self, policy: Policy) -> Self {
        self.resume_from(&self.cancellation.checkpoint().to_json(), policy).unwrap()
    }

    pub(crate) fn resume_from(&self, text: &str, policy: Policy) -> Result<Self, Error> {
        let checkpoint = Checkpoint::from_json(text)?;
        let cancellation = Cancellation::resume(Endpoint::default(), checkpoint, policy, self.now)?;
        Ok(Self { cancellation, now: self.now, waited: Duration::ZERO, tokens: Vec::new() })
    }

    /// It is over, and not everything is canceled: by what proof, and with which words.
    pub(crate) fn ended(&mut self) -> (Proof, Vec<(String, String)>) {
        match self.end() {
            Ok(Outcome::Ended { proof, operations, .. }) => (proof, seen(&operations)),
            other => panic!("not ended: {other:?}"),
        }
    }

    /// It is over.
    pub(crate) fn end(&mut self) -> Result<Outcome, Error> {
        match self.cancellation.step(self.now) {
            Step::Done(result) => result.clone(),
            step => panic!("not over: {step:?}"),
        }
    }

    /// It is over, and canceled.
    pub(crate) fn canceled(&mut self) -> Proof {
        match self.end() {
            Ok(Outcome::Canceled { proof, .. }) => proof,
            other => panic!("not canceled: {other:?}"),
        }
    }

    /// It is over with an error: of what kind, and whether a POST went out.
    pub(crate) fn error(&mut self) -> (ErrorKind, Posted) {
        match self.end() {
            Err(error) => (error.kind(), error.posted()),
            Ok(outcome) => panic!("no error: {outcome:?}"),
        }
    }

    /// It waits until its deadline, and is over then.
    pub(crate) fn deadline(&mut self) -> (ErrorKind, Posted) {
        while let Step::WaitUntil(when) = self.cancellation.step(self.now) {
            assert!(when > self.now, "a wait that is over");
            self.now = when;
        }
        self.error()
    }
}

impl Out<'_> {
    pub(crate) fn url(&self) -> String {
        self.exchange.request.uri().to_string()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.exchange.request.headers().get(name).map(|value| value.to_str().unwrap())
    }

    /// It is answered at once.
    pub(crate) fn answer<const N: usize>(self, status: u16, headers: [(&str, &str); N], body: &str) {
        self.answer_with(status, headers, Body::from(body.to_owned()));
    }

    /// It is answered at once, with a body that may not be whole.
    pub(crate) fn answer_with<const N: usize>(self, status: u16, headers: [(&str, &str); N], body: Body) {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        let response = response.body(body).unwrap();
        self.talk.cancellation.handle_response(self.talk.now, self.exchange.id, response).unwrap();
    }

    /// It has no answer.
    pub(crate) fn fail(self, failure: Failure) {
        self.talk.cancellation.handle_failure(self.talk.now, self.exchange.id, failure).unwrap();
    }

    pub(crate) fn not_sent(self) {
        self.fail(Failure::not_sent("connection refused"));
    }

    pub(crate) fn maybe_sent(self) {
        self.fail(Failure::maybe_sent("connection reset"));
    }
}
