//! An answer as plain data, the refusals among them, and how it becomes an `http::Response`.
//!
//! Nothing here knows what was asked. Messages are fixed texts: no part of a request is ever echoed.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};

/// An answer as plain data, for a script that replaces the service's own.
///
/// [`Fault::status`](super::Fault::status) begins one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Exactly these headers; `Content-Length` is added unless it is among them or the status is 204.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer without headers and body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// With this header, in addition to those that are there.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body and no content type.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this body as `application/json`.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/json; charset=utf-8").body(body.to_string())
    }

    /// As a response; an answer that HTTP cannot carry becomes a 500 that says so.
    pub(super) fn into_response(self) -> Response<Bytes> {
        self.try_into_response().unwrap_or_else(|_| {
            let mut response = Response::new(Bytes::from_static(b"the scripted answer cannot be sent"));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }

    fn try_into_response(self) -> Result<Response<Bytes>, http::Error> {
        let length = self.body.len();
        let mut response = Response::new(Bytes::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status)?;
        for (name, value) in self.headers {
            let name = HeaderName::from_bytes(name.as_bytes())?;
            response.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes())?);
        }
        if self.status != 204 {
            response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
        }
        Ok(response)
    }
}

/// A request that the service does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: &'static str,
}

impl Refusal {
    pub(super) const fn new(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message }
    }
}

impl From<Refusal> for Answer {
    fn from(Refusal { status, code, message }: Refusal) -> Self {
        Self::status(status).json(&json!({ "error": { "code": code, "message": message } }))
    }
}

/// A GUID that is the same in every run. `kind` keeps the counters apart.
pub(super) fn guid(kind: u32, number: u64) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}
