//! What the service said in an answer that led to an error.

use std::fmt;
use std::time::Duration;

use http::header::LOCATION;
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};

use crate::wire::error_body::{CodeAndMessage, ErrorBody};
use crate::wire::retry_after::retry_after;
use crate::wire::text::sanitize;

/// The longest ids and excerpts that are kept, in characters.
const MAX_ID: usize = 128;
const MAX_EXCERPT: usize = 512;

/// What the service said: the status, the code and message of the error body, the request ids, and the beginning of
/// the body. The documented error body has the OData shape ([considerations page](crate::guide::wire#sources),
/// "Errors"). Other shapes that were seen are read too.
///
/// Every text in it has one line and a bounded length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    said: CodeAndMessage,
    pub(super) details: Box<[CodeAndMessage]>,
    request_id: Option<Box<str>>,
    correlation_request_id: Option<Box<str>>,
    retry_after: Option<Duration>,
    redirected_to: Option<Box<str>>,
    excerpt: Box<str>,
}

impl Answer {
    /// Reads what can be read. It cannot fail.
    ///
    /// ```
    /// # use cancel_core::Answer;
    /// let response = http::Response::builder()
    ///     .status(400)
    ///     .header("x-ms-request-id", "7f2e")
    ///     .body(r#"{"error":{"code":"InvalidAPIVersion","message":"Use 2017-10-31."}}"#)?;
    /// let answer = Answer::from_http(&response);
    /// assert_eq!(answer.code(), Some("InvalidAPIVersion"));
    /// assert_eq!(answer.message(), Some("Use 2017-10-31."));
    /// assert_eq!(answer.request_id(), Some("7f2e"));
    /// # let (said, id) = ("InvalidAPIVersion: Use 2017-10-31.", "request id 7f2e");
    /// # assert_eq!(answer.to_string(), format!("400 Bad Request, {said}, {id}"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn from_http(response: &Response<impl AsRef<[u8]>>) -> Self {
        Self::read(response.status(), response.headers(), response.body().as_ref())
    }

    pub(crate) fn of(head: &Parts, body: &[u8]) -> Self {
        Self::read(head.status, &head.headers, body)
    }

    fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let ErrorBody { said, details } = ErrorBody::read(body);
        let header = |name: &str, most| {
            let value = headers.get(name)?;
            let text = sanitize(&String::from_utf8_lossy(value.as_bytes()), most);
            (!text.is_empty()).then_some(text)
        };
        Self {
            status,
            said,
            details,
            request_id: header("x-ms-request-id", MAX_ID),
            correlation_request_id: header("x-ms-correlation-request-id", MAX_ID),
            retry_after: retry_after(headers),
            redirected_to: status.is_redirection().then(|| header(LOCATION.as_str(), MAX_EXCERPT)).flatten(),
            excerpt: excerpt(body),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The error's code, such as `InvalidAPIVersion`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.said.code.as_deref()
    }

    /// The error's message, for a person.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.said.message.as_deref()
    }

    /// What the error's `details` say, each as `code: message`: at most eight. The message alone can be no more than
    /// "One or more errors". The error of a deadline, which tells what the last try said, has none.
    pub fn details(&self) -> impl Iterator<Item = String> + '_ {
        self.details.iter().map(CodeAndMessage::to_string)
    }

    /// `x-ms-request-id`: the service's support asks for it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// `x-ms-correlation-request-id`: the same for a chain of calls.
    #[must_use]
    pub fn correlation_request_id(&self) -> Option<&str> {
        self.correlation_request_id.as_deref()
    }

    /// How long the service asks the client to wait: at most an hour.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The target of a redirect. It was not followed.
    #[must_use]
    pub fn redirected_to(&self) -> Option<&str> {
        self.redirected_to.as_deref()
    }

    /// The beginning of the body: at most 512 characters on one line.
    #[must_use]
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if self.said != CodeAndMessage::default() {
            write!(f, ", {}", self.said)?;
        } else if !self.excerpt.is_empty() {
            write!(f, ", {:?}", self.excerpt)?;
        }
        for detail in &self.details {
            write!(f, "; {detail}")?;
        }
        if let Some(target) = &self.redirected_to {
            write!(f, ", redirecting to {target}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request id {id}")?;
        }
        if let Some(id) = &self.correlation_request_id {
            write!(f, ", correlation request id {id}")?;
        }
        Ok(())
    }
}

/// The beginning of a body. A character has at most four bytes, so the rest of the body need not be read.
fn excerpt(body: &[u8]) -> Box<str> {
    let beginning = body.get(..MAX_EXCERPT * 4).unwrap_or(body);
    sanitize(&String::from_utf8_lossy(beginning), MAX_EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (Option<String>, Option<String>) {
        let answer = Answer::from_http(&Response::new(body));
        (answer.code().map(str::to_owned), answer.message().map(str::to_owned))
    }

    fn some(code: &str, message: &str) -> (Option<String>, Option<String>) {
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (part(code), part(message))
    }

    #[test]
    fn every_shape_of_an_error_body() {
        for (body, code, message) in [
            (r#"{"error":{"code":"InvalidAPIVersion","message":"m"}}"#, "InvalidAPIVersion", "m"),
            ("\u{feff}{\"error\":{\"code\":\"c\",\"message\":\"m\"}}", "c", "m"),
            (r#"{"Error":{"Code":"c","Message":"m"}}"#, "c", "m"),
            (r#"{"odata.error":{"code":"c","message":{"lang":"en","value":"m"}}}"#, "c", "m"),
            (r#"{"error":{"code":"c","details":[{"code":"d","message":"m"}]}}"#, "c", "m"),
            (r#"{"error":{"message":"m","innererror":{"code":"i"}}}"#, "i", "m"),
            (r#"{"code":"c","message":"m"}"#, "c", "m"),
            (r#"{"message":"m"}"#, "", "m"),
            (r#"{"error":"m"}"#, "", "m"),
            (r#"{"error":{"code":7,"message":null}}"#, "7", ""),
            (r#"{"error":{"code":-7,"message":1.5}}"#, "-7", ""),
            (r#"{"error":{"code":true}}"#, "true", ""),
            (r#"{"details":[{"code":"d"}],"error":{"code":"c"}}"#, "c", ""),
            (r#"{"error":{"code":"c"},"details":[{"code":"d"}]}"#, "c", ""),
            (r#"{"innererror":{"code":"i"},"error":{}}"#, "i", ""),
            (r#""m""#, "", "m"),
            (r#"{"error":{}}"#, "", ""),
            (r#"{"error":[]}"#, "", ""),
            (r#"{"error":{"code":"c","message":"m"}"#, "", ""),
            ("<html>Bad Gateway</html>", "", ""),
            ("", "", ""),
        ] {
            assert_eq!(read(body), some(code, message), "{body}");
        }
    }

    #[test]
    fn details_are_told_where_they_tell_more() {
        let details = r#"[{"code":"NoPlan","message":"The plan is missing."},"And a text",{},{"target":"x"}]"#;
        let body = format!(r#"{{"error":{{"code":"Bad","message":"One or more errors","details":{details}}}}}"#);
        let answer = Answer::from_http(&Response::builder().status(400).body(body).unwrap());
        assert_eq!(answer.details().collect::<Vec<_>>(), ["NoPlan: The plan is missing.", "And a text"]);
        let said = "400 Bad Request, Bad: One or more errors; NoPlan: The plan is missing.; And a text";
        assert_eq!(answer.to_string(), said);

        let body = r#"{"error":{"details":[{"code":"d","message":"m"}]}}"#;
        assert_eq!(Answer::from_http(&Response::new(body)).details().count(), 0, "it is the message already");
        let many = format!(r#"{{"errors":[{}]}}"#, vec![r#"{"code":"c","message":"m"}"#; 99].join(","));
        let many = many.replacen("\"m\"", "\"first\"", 1);
        assert_eq!(Answer::from_http(&Response::new(many)).details().count(), 7, "the first is the message already");
    }

    #[test]
    fn an_errors_own_details_go_first_in_any_order() {
        let own = r#""details":[{"code":"own"}]"#;
        for other in [r#""innererror":{"errors":[{"code":"z"}]}"#, r#""errors":[{},{"code":"z"}]"#, r#""errors":[{}]"#]
        {
            for members in [format!("{own},{other}"), format!("{other},{own}")] {
                let body = format!(r#"{{"error":{{"code":"c","message":"m",{members}}}}}"#);
                assert_eq!(Answer::from_http(&Response::new(body)).details().collect::<Vec<_>>(), ["own"], "{members}");
            }
        }
    }

    #[test]
    fn an_answer_is_bounded_and_sanitized() {
        let body = format!("<html>\r\n\u{1b}[2J{}", "x".repeat(10_000));
        let response = Response::builder().status(502).header("x-ms-request-id", "r".repeat(999)).body(body).unwrap();
        let answer = Answer::from_http(&response);
        assert!(answer.excerpt().starts_with("<html> [2Jxxx"), "{}", answer.excerpt());
        assert_eq!(answer.excerpt().chars().count(), MAX_EXCERPT + 1);
        // The limit counts characters, and a character has up to four bytes.
        let four_bytes_each = Answer::from_http(&Response::new("\u{1F600}".repeat(MAX_EXCERPT)));
        assert_eq!(four_bytes_each.excerpt(), "\u{1F600}".repeat(MAX_EXCERPT));
        assert_eq!(answer.request_id().map(|id| id.chars().count()), Some(MAX_ID + 1));
    }

    #[test]
    fn errors_within_errors_end() {
        let body = format!("{}{}", r#"{"error":"#.repeat(100), "}".repeat(100));
        assert_eq!(read(&body), (None, None));
        assert_eq!(read(&"[".repeat(100_000)), (None, None));
    }

    #[test]
    fn a_redirect_names_its_target() {
        let response = Response::builder().status(307).header("location", "https://evil.example/").body("").unwrap();
        let answer = Answer::from_http(&response);
        assert_eq!(answer.redirected_to(), Some("https://evil.example/"));
        assert_eq!(answer.to_string(), "307 Temporary Redirect, redirecting to https://evil.example/");
    }
}
