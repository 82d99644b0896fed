//! One conversation that is driven by JSON, in safe Rust.
//!
//! Whatever is called, in any order: what is wrong is refused, and then nothing has changed. Nothing panics. The token
//! is in no JSON, unless a caller writes it into a call that cannot be read: the refusal repeats what it is about.

use std::time::Duration;

use bytes::Bytes;
use cancel_core::{
    BearerToken, Body, Cancellation, Checkpoint, Endpoint, Error, Exchange, ExchangeId, Failure, InvalidInput, Step,
};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::call::{Answered, Arrived, AtTime, Bare, Begin, Failed, Kind, Name, Named, Resume};
use crate::head::{self, Problem};
use crate::time::{at_least_one, down, up};

/// Why a call was not taken, for a person. A checkpoint that was refused also has the error of the core.
struct Refusal {
    why: String,
    error: Option<Box<Error>>,
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        refusal(format_args!("the call cannot be read: {error}"))
    }
}

impl From<InvalidInput> for Refusal {
    fn from(error: InvalidInput) -> Self {
        refusal(error)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { why: error.to_string(), error: Some(Box::new(error)) }
    }
}

fn refusal(why: impl std::fmt::Display) -> Refusal {
    Refusal { why: why.to_string(), error: None }
}

/// A conversation, or the place for one.
#[derive(Debug, Default)]
pub struct Session {
    cancellation: Option<Cancellation>,
    /// What the last exchange that was handed out has beside its JSON.
    authorization: Option<HeaderValue>,
    body: Bytes,
}

impl Session {
    /// One that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a call and the bytes that belong to it, and gives its answer: an object in JSON. One with the member
    /// `refused` means that nothing has changed.
    ///
    /// ```
    /// let mut session = cancel_boundary::Session::new();
    /// let begin = br#"{"call":"begin","now_ms":0,"request":{"publisher":"a","offer":"b"}}"#;
    /// assert_eq!(session.call(begin, b""), b"{}");
    /// let step = session.call(br#"{"call":"step","now_ms":0}"#, b"");
    /// assert_eq!(step, br#"{"reason":"first_use","step":"authenticate"}"#);
    /// ```
    #[must_use]
    pub fn call(&mut self, json: &[u8], bytes: &[u8]) -> Vec<u8> {
        let answer = self.take(json, bytes).unwrap_or_else(|Refusal { why, error }| match error {
            Some(error) => json!({ "refused": why, "result": error }),
            None => json!({ "refused": why }),
        });
        // Texts and numbers always serialize.
        serde_json::to_vec(&answer).unwrap_or_default()
    }

    /// The value of the `Authorization` header for the exchange that was handed out last: the token. Empty once its
    /// answer or its failure was taken.
    #[must_use]
    pub fn authorization(&self) -> &[u8] {
        self.authorization.as_ref().map(HeaderValue::as_bytes).unwrap_or_default()
    }

    /// The body of the request that was handed out last. Often it is empty.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    fn take(&mut self, json: &[u8], bytes: &[u8]) -> Result<Value, Refusal> {
        let Named { call } = serde_json::from_slice(json)?;
        match call {
            Name::Begin => self.begin(read(json)?)?,
            Name::Resume => self.resume(&serde_json::from_slice(json)?)?,
            Name::Step => {
                let AtTime { now_ms, .. } = read(json)?;
                return self.step(Duration::from_millis(now_ms));
            }
            Name::Token => {
                let Bare { .. } = read(json)?;
                let token = std::str::from_utf8(bytes).map_err(|_| refusal("the token is no text"))?;
                self.running()?.provide_token(BearerToken::new(token)?);
            }
            Name::Response => return self.response(&read(json)?, bytes),
            Name::Failure => self.failure(read(json)?)?,
            Name::Checkpoint => {
                let Bare { .. } = read(json)?;
                let running = self.running()?;
                if running.is_resumable() {
                    return Ok(json!({ "checkpoint": running.checkpoint() }));
                }
            }
            Name::Progress => {
                let Bare { .. } = read(json)?;
                return Ok(json!({ "progress": self.running()?.progress() }));
            }
            Name::PassTime => {
                let AtTime { now_ms, .. } = read(json)?;
                self.running()?.pass_time(Duration::from_millis(now_ms));
            }
        }
        Ok(json!({}))
    }

    fn running(&mut self) -> Result<&mut Cancellation, Refusal> {
        self.cancellation.as_mut().ok_or_else(|| refusal("the conversation has not begun"))
    }

    fn idle(&self) -> Result<(), Refusal> {
        let is_idle = self.cancellation.is_none();
        is_idle.then_some(()).ok_or_else(|| refusal("the conversation has begun: a handle has one conversation"))
    }

    fn begin(&mut self, begin: Begin) -> Result<(), Refusal> {
        self.idle()?;
        let endpoint = endpoint(begin.endpoint, begin.api_version)?;
        let now = Duration::from_millis(begin.now_ms);
        self.cancellation = Some(Cancellation::new(endpoint, begin.request, begin.policy, now));
        Ok(())
    }

    fn resume(&mut self, resume: &Resume<'_>) -> Result<(), Refusal> {
        self.idle()?;
        let endpoint = endpoint(resume.endpoint.clone(), resume.api_version.clone())?;
        let checkpoint = Checkpoint::from_json(resume.checkpoint.get())?;
        let now = Duration::from_millis(resume.now_ms);
        self.cancellation = Some(Cancellation::resume(endpoint, checkpoint, resume.policy.clone(), now)?);
        Ok(())
    }

    fn step(&mut self, now: Duration) -> Result<Value, Refusal> {
        let cancellation = self.running()?;
        let is_loopback = cancellation.endpoint().is_loopback();
        Ok(match cancellation.step(now) {
            Step::Send(exchange) => {
                let answer = describe(&exchange, is_loopback);
                let (mut head, body) = exchange.request.into_parts();
                self.authorization = head.headers.remove(AUTHORIZATION);
                self.body = body;
                answer
            }
            Step::Await { id, until } => json!({ "step": "await", "id": u64::from(id), "until_ms": up(until) }),
            other => {
                let answer = match other {
                    Step::Authenticate(reason) => json!({ "step": "authenticate", "reason": reason.as_str() }),
                    Step::WaitUntil(until) => {
                        json!({ "step": "wait", "until_ms": up(until), "wait_ms": up(until.saturating_sub(now)) })
                    }
                    Step::Done(Ok(outcome)) => json!({ "step": "done", "result": outcome }),
                    Step::Done(Err(error)) => json!({ "step": "done", "result": error }),
                    Step::Send(_) | Step::Await { .. } => json!({}),
                };
                self.forget();
                answer
            }
        })
    }

    fn response(&mut self, answered: &Answered, bytes: &[u8]) -> Result<Value, Refusal> {
        let (now, id) = (Duration::from_millis(answered.now_ms), ExchangeId::from(answered.id));
        let cancellation = self.running()?;
        let status = u16::try_from(answered.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        // The final answer comes after an informational one.
        let status = status.filter(|status| !status.is_informational());
        let (taken, answer) = match (head::split(bytes), status) {
            (Err(Problem::NoEnd), _) => return Err(refusal("no blank line ends the headers of the answer")),
            (Ok((headers, body)), Some(status)) => {
                let body = Bytes::copy_from_slice(body);
                let mut response = Response::new(match answered.body {
                    Arrived::Complete => Body::Complete(body),
                    Arrived::Ended => Body::Ended(body),
                    Arrived::CutOff => Body::CutOff(body),
                    Arrived::TooLarge => Body::TooLarge(body),
                });
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                (cancellation.handle_response(now, id, response), json!({}))
            }
            _ => {
                let why = "the head of the answer cannot be read";
                (cancellation.handle_failure(now, id, Failure::maybe_sent(why)), json!({ "unusable": why }))
            }
        };
        taken.map_err(refusal)?;
        self.forget();
        Ok(answer)
    }

    fn failure(&mut self, failed: Failed) -> Result<(), Refusal> {
        let failure = match failed.failure {
            Kind::NotSent => Failure::not_sent(failed.why),
            Kind::MaybeSent => Failure::maybe_sent(failed.why),
            Kind::TimedOut => Failure::TimedOut,
            Kind::Dropped => Failure::Dropped,
            Kind::NotAttempted => Failure::NotAttempted,
        };
        let now = Duration::from_millis(failed.now_ms);
        self.running()?.handle_failure(now, failed.id.into(), failure).map_err(refusal)?;
        self.forget();
        Ok(())
    }

    /// No exchange is in flight any more.
    fn forget(&mut self) {
        self.authorization = None;
        self.body = Bytes::new();
    }
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(json).map_err(Into::into)
}

fn endpoint(origin: Option<String>, api_version: Option<String>) -> Result<Endpoint, Refusal> {
    let endpoint = origin.map_or_else(|| Ok(Endpoint::default()), Endpoint::new)?;
    Ok(match api_version {
        Some(version) => endpoint.with_api_version(version.parse()?),
        None => endpoint,
    })
}

/// The exchange, without its token and its body.
fn describe(exchange: &Exchange, is_loopback: bool) -> Value {
    let request = &exchange.request;
    let shown = request.headers().iter().filter(|(name, _)| *name != AUTHORIZATION);
    let headers: serde_json::Map<_, _> =
        shown.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into())).collect();
    json!({
        "step": "send",
        "id": u64::from(exchange.id),
        "method": request.method().as_str(),
        "url": request.uri().to_string(),
        "headers": headers,
        "timeout_ms": at_least_one(exchange.timeout),
        "until_ms": down(exchange.until),
        "body_limit": exchange.body_limit,
        "keep_alive": exchange.keep_alive,
        "loopback": is_loopback,
    })
}
