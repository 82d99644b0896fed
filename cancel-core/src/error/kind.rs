//! What went wrong, as one word; and what a person reads and does about it. The table of all kinds is here.

use std::fmt;

use http::StatusCode;

/// What went wrong. [`Error::kind`](crate::Error::kind) gives it.
///
/// ```
/// use cancel_core::{Error, ErrorKind};
///
/// fn exit_code(error: &Error) -> u8 {
///     match error.kind() {
///         ErrorKind::Unauthorized | ErrorKind::Forbidden => 77,
///         ErrorKind::Deadline | ErrorKind::Transport => 75,
///         _ => 1,
///     }
/// }
/// # let error = Error::from(cancel_core::OfferId::new("a/b").unwrap_err());
/// # assert_eq!(exit_code(&error), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value that the caller passed is not valid. Nothing was sent.
    InvalidInput,
    /// The caller's source of tokens gave none. The same run can be driven on when it does.
    TokenSource,
    /// A checkpoint cannot be read or resumed, or could not be written. [`Error::posted`](crate::Error::posted) says whether a POST went out
    /// before.
    Checkpoint,
    /// 400: the service could not read the request, or something is missing in it.
    BadRequest,
    /// 401: the service does not accept the token. In a conversation: the second 401 in a row.
    Unauthorized,
    /// 403: the token has no access to the publisher.
    Forbidden,
    /// 404 or 410: no such publisher, offer or operation.
    NotFound,
    /// 409: the offer is in a state that does not allow the call.
    Conflict,
    /// 412: the offer has another version than `If-Match` says.
    PreconditionFailed,
    /// 422: the service read the request and will not carry it out.
    Unprocessable,
    /// 429. In a conversation: too many times in a row.
    Throttled,
    /// 5xx. In a conversation: too many times in a row.
    Server,
    /// A status that the call does not have: a redirect, another success, another refusal.
    UnexpectedStatus,
    /// 202, and no location in its headers or its body.
    MissingLocation,
    /// A location that is not a URL, or that hides something. It was not called.
    InvalidLocation,
    /// A location on another origin than the endpoint's. It was not called, and the token did not go there.
    ForeignLocation,
    /// A successful answer in which there is no operation or no list. In a conversation: too many times in a row.
    MalformedBody,
    /// An answer that is longer than the policy's limit.
    BodyTooLarge,
    /// A POST may or may not have been processed, and a second one could cancel what was started since. After
    /// [`Until::Verified`](crate::Until::Verified) a [checkpoint](crate::Cancellation::checkpoint) lets another run
    /// [resume](crate::Cancellation::resume): it reads the list first. In the other modes, read the offer's operations.
    Ambiguous,
    /// The policy's deadline has passed. A [checkpoint](crate::Cancellation::checkpoint) lets another run
    /// [resume](crate::Cancellation::resume), with a deadline of its own.
    Deadline,
    /// The service could not be reached, or its answers did not arrive, too many times in a row.
    Transport,
}

/// What to try when it is not known whether a cancel was processed.
pub(super) const READ_OPERATIONS_FIRST: &str =
    "Look at the offer's operations before calling again: a second cancel would stop what was started since.";

impl ErrorKind {
    /// One stable word for logs.
    ///
    /// | kind | meaning | [transient](crate::Error::is_transient) |
    /// |---|---|---|
    /// | `invalid_input` | a value that the caller passed is not valid | |
    /// | `token_source` | the caller's source of tokens gave none | yes |
    /// | `checkpoint` | a checkpoint cannot be read, resumed, or written | |
    /// | `bad_request` | 400 | |
    /// | `unauthorized` | 401; in a conversation the second in a row | |
    /// | `forbidden` | 403 | |
    /// | `not_found` | 404, 410 | |
    /// | `conflict` | 409 | |
    /// | `precondition_failed` | 412 | |
    /// | `unprocessable` | 422 | |
    /// | `throttled` | 429 | yes |
    /// | `server` | 5xx | yes |
    /// | `unexpected_status` | any other status, redirects included | when it is 408 |
    /// | `missing_location` | 202 without a location | |
    /// | `invalid_location` | a location that is not a URL, or hides something | |
    /// | `foreign_location` | a location on another origin | |
    /// | `malformed_body` | no operation or no list in a successful answer | yes |
    /// | `body_too_large` | an answer over the policy's limit | |
    /// | `ambiguous` | a POST may have been processed or not | |
    /// | `deadline` | the policy's deadline has passed | yes |
    /// | `transport` | no answer | yes |
    ///
    /// A compatible release can add other words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// What happened, as the beginning of a sentence for a person.
    pub(super) fn phrase(self) -> &'static str {
        self.row().1
    }

    /// What a person can try next.
    pub(super) fn advice(self) -> &'static str {
        self.row().2
    }

    /// Word, phrase and advice.
    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::InvalidInput => {
                ("invalid_input", "a value is not valid", "Correct the value and call again; nothing was sent.")
            }
            Self::TokenSource => (
                "token_source",
                "no token could be had",
                "See that the source gives a token, then drive the same run again.",
            ),
            Self::Checkpoint => (
                "checkpoint",
                "the run cannot be resumed",
                "Look at the offer's operations, then remove the checkpoint to begin anew.",
            ),
            Self::BadRequest => (
                "bad_request",
                "the service calls the request malformed",
                "Check the api-version and the ids; some offers need If-Match.",
            ),
            Self::Unauthorized => (
                "unauthorized",
                "the service does not take the token",
                "Get a new token for the resource https://cloudpartner.azure.com and call again.",
            ),
            Self::Forbidden => (
                "forbidden",
                "the token has no access",
                "Check the publisher id, and that the token's app is a member of it.",
            ),
            Self::NotFound => {
                ("not_found", "not found", "Check the publisher id and the offer id as the portal shows them.")
            }
            Self::Conflict => (
                "conflict",
                "the call conflicts with the state of the offer",
                "Look at the offer in the portal: its state does not allow this.",
            ),
            Self::PreconditionFailed => {
                ("precondition_failed", "the offer has changed", "Read the offer's ETag again, or use `*`.")
            }
            Self::Unprocessable => (
                "unprocessable",
                "the service cannot carry out the request",
                "Look at the offer in the portal; the message says what is missing.",
            ),
            Self::Throttled => {
                ("throttled", "the service asks to slow down", "Wait, run fewer calls at a time, then call again.")
            }
            Self::Server => ("server", "the service failed", "Try again later; keep the request id for support."),
            Self::UnexpectedStatus => (
                "unexpected_status",
                "an answer that this call does not have",
                "Check the endpoint: a gateway or a proxy may have answered.",
            ),
            Self::MissingLocation => (
                "missing_location",
                "the cancel was accepted, but no location says where to look",
                "The cancel was accepted: look at the offer's operations to see its end.",
            ),
            Self::InvalidLocation => (
                "invalid_location",
                "a location that will not be called",
                "Look at the offer's operations in the portal; report the location to the service.",
            ),
            Self::ForeignLocation => (
                "foreign_location",
                "a location on another host will not be called",
                "Check the endpoint; if it is right, do not trust what answered. The token was not sent there.",
            ),
            Self::MalformedBody => (
                "malformed_body",
                "an answer that cannot be read",
                "Check the endpoint: a gateway or a proxy may have answered.",
            ),
            Self::BodyTooLarge => {
                ("body_too_large", "an answer over the limit", "Check the endpoint, or raise the policy's body limit.")
            }
            Self::Ambiguous => ("ambiguous", "the cancel may or may not have been processed", READ_OPERATIONS_FIRST),
            Self::Deadline => (
                "deadline",
                "the deadline has passed",
                "Call again with a longer deadline, or look at the offer in the portal.",
            ),
            Self::Transport => (
                "transport",
                "the exchange with the service failed",
                "Check the network, the proxy and the endpoint, then call again.",
            ),
        }
    }

    /// The kind of an answer whose status is not one that the call has.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            409 => Self::Conflict,
            412 => Self::PreconditionFailed,
            422 => Self::Unprocessable,
            429 => Self::Throttled,
            500..=599 => Self::Server,
            _ => Self::UnexpectedStatus,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
