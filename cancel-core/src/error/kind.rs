//! The kinds of errors, each with its word, its phrase and its advice.

use http::StatusCode;

use super::Posted;
use crate::values::words;

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
    /// The caller's source gave no token. The same run can be driven on once it does.
    TokenSource,
    /// A checkpoint cannot be read, resumed or written. [`Error::posted`](crate::Error::posted) says whether a POST
    /// went out before.
    Checkpoint,
    /// 400: the service cannot read the request, or misses something in it.
    BadRequest,
    /// 401: the service does not accept the token. In a conversation it is the second 401 in a row, or the eighth in an
    /// hour.
    Unauthorized,
    /// 403: the token has no access to the publisher.
    Forbidden,
    /// 404 or 410: there is no such publisher, offer or operation.
    NotFound,
    /// 409: the state of the offer does not allow the call.
    Conflict,
    /// 412: the offer has another version than the one in `If-Match`.
    PreconditionFailed,
    /// 422: the service has read the request, and does not carry it out.
    Unprocessable,
    /// 429. In a conversation it came too many times.
    Throttled,
    /// 5xx. In a conversation it came too many times.
    Server,
    /// A status that this call should not have: a redirect, another success, or another refusal.
    UnexpectedStatus,
    /// 202 without a location in its headers or its body. Only [`Until::Settled`](crate::Until::Settled) ends so; the
    /// other modes [report](crate::Outcome::refused_location) it.
    MissingLocation,
    /// A location that is not a URL, or whose form is not allowed. It was not called. As with
    /// [`MissingLocation`](Self::MissingLocation), only one mode ends so.
    InvalidLocation,
    /// A location on another origin than the endpoint's. It was not called. The token was not sent there. As with
    /// [`MissingLocation`](Self::MissingLocation), only one mode ends so.
    ForeignLocation,
    /// A successful answer without an operation or a list in it. In a conversation it came too many times.
    MalformedBody,
    /// An answer that is longer than the limit of the policy.
    BodyTooLarge,
    /// A POST may or may not have been processed. A second POST could cancel what was started since: read the offer's
    /// operations. [`Until::Verified`](crate::Until::Verified) does not end so. It polls what was in progress.
    Ambiguous,
    /// The policy's deadline has passed. Another run can [resume](crate::Cancellation::resume) from a
    /// [checkpoint](crate::Cancellation::checkpoint). It gets a new deadline.
    Deadline,
    /// The service could not be reached, or its answer did not arrive. In a conversation this happened too many
    /// times.
    Transport,
}

/// The advice where a POST may have been processed and nothing else is to be done first.
const RESUME_OR_LOOK: &str = "Resume from a checkpoint, or read the offer's operations. Do not begin another cancel \
                              before that: it would stop what was started since.";

/// What is said of a kind.
struct Row {
    word: &'static str,
    /// What happened: the beginning of a sentence.
    phrase: &'static str,
    /// What a person can do next.
    advice: &'static str,
    /// The same after a POST that may have been processed, where `advice` leads to another call.
    after_post: Option<&'static str>,
}

const fn row(word: &'static str, phrase: &'static str, advice: &'static str) -> Row {
    Row { word, phrase, advice, after_post: None }
}

impl Row {
    const fn after_post(self, advice: &'static str) -> Self {
        Self { after_post: Some(advice), ..self }
    }
}

impl ErrorKind {
    /// One stable word for logs.
    ///
    /// | kind | meaning | [transient](crate::Error::is_transient) |
    /// |---|---|---|
    /// | `invalid_input` | a value that the caller passed is not valid | |
    /// | `token_source` | the caller's source gave no token | yes |
    /// | `checkpoint` | a checkpoint cannot be read, resumed or written | |
    /// | `bad_request` | 400 | |
    /// | `unauthorized` | 401; in a conversation the second one in a row, or the eighth in an hour | |
    /// | `forbidden` | 403 | |
    /// | `not_found` | 404, 410 | |
    /// | `conflict` | 409 | |
    /// | `precondition_failed` | 412 | |
    /// | `unprocessable` | 422 | |
    /// | `throttled` | 429 | yes |
    /// | `server` | 5xx | yes |
    /// | `unexpected_status` | any other status, also a redirect | when it is 408 |
    /// | `missing_location` | 202 without a location | |
    /// | `invalid_location` | a location that is not a URL, or whose form is not allowed | |
    /// | `foreign_location` | a location on another origin | |
    /// | `malformed_body` | a successful answer without an operation or a list | yes |
    /// | `body_too_large` | an answer that is longer than the policy's limit | |
    /// | `ambiguous` | a POST may or may not have been processed | |
    /// | `deadline` | the policy's deadline has passed | yes |
    /// | `transport` | no answer | yes |
    ///
    /// A compatible release can add words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().word
    }

    /// What happened, in words: the beginning of a sentence.
    pub(super) fn phrase(self) -> &'static str {
        self.row().phrase
    }

    /// What a person can do next. After a POST that may have been processed it is never another call.
    pub(super) fn advice(self, posted: Posted) -> &'static str {
        let Row { advice, after_post, .. } = self.row();
        match posted {
            Posted::No => advice,
            Posted::Maybe | Posted::Yes => after_post.unwrap_or(advice),
        }
    }

    fn row(self) -> Row {
        match self {
            Self::InvalidInput => {
                row("invalid_input", "a value is not valid", "Correct the value and call again; nothing was sent.")
                    .after_post(RESUME_OR_LOOK)
            }
            Self::TokenSource => row(
                "token_source",
                "no token could be had",
                "Make sure that the source gives a token, then continue the same run.",
            ),
            Self::Checkpoint => row(
                "checkpoint",
                "the checkpoint cannot be used",
                "Mend what is named here, or use another checkpoint, then call again.",
            )
            .after_post(
                "Mend what is named here, then resume. Read the offer's operations before you begin a run without \
                 this checkpoint.",
            ),
            Self::BadRequest => row(
                "bad_request",
                "the service says that the request is malformed",
                "Check the api-version and the ids; some offers need If-Match.",
            ),
            Self::Unauthorized => row(
                "unauthorized",
                "the service does not accept the token",
                "Get a new token for the resource https://cloudpartner.azure.com and call again.",
            )
            .after_post(
                "Get a new token for the resource https://cloudpartner.azure.com. Then resume from a \
                 checkpoint, or read the offer's operations.",
            ),
            Self::Forbidden => row(
                "forbidden",
                "the token has no access",
                "Check the publisher id. The app that the token is for must be a member of this publisher.",
            ),
            Self::NotFound => {
                row("not_found", "not found", "Check the publisher id and the offer id as the portal shows them.")
            }
            Self::Conflict => row(
                "conflict",
                "the call conflicts with the state of the offer",
                "Look at the offer in the portal: its state does not allow the call.",
            ),
            Self::PreconditionFailed => {
                row("precondition_failed", "the offer has changed", "Read the offer's ETag again, or use `*`.")
                    .after_post("Read the offer's operations first. Then read its ETag once more, or use `*`.")
            }
            Self::Unprocessable => row(
                "unprocessable",
                "the service cannot carry out the request",
                "Read the message: it may say what is missing. Then look at the offer in the portal.",
            ),
            Self::Throttled => {
                row("throttled", "the service asks to slow down", "Wait, run fewer calls at once, then call again.")
                    .after_post(
                        "Wait, and run fewer calls at once. Then resume from a checkpoint, or read the offer's \
                         operations.",
                    )
            }
            Self::Server => row("server", "the service failed", "Try again later; keep the request id for support.")
                .after_post(
                    "Wait, and keep the request id for support. Then resume from a checkpoint, or read the \
                     offer's operations.",
                ),
            Self::UnexpectedStatus => row(
                "unexpected_status",
                "an answer with an unexpected status",
                "Check the endpoint: a gateway or a proxy may have answered.",
            ),
            Self::MissingLocation => row(
                "missing_location",
                "the cancel was accepted, but the answer names no location",
                "Read the offer's operations to find out how the cancel ends.",
            ),
            Self::InvalidLocation => row(
                "invalid_location",
                "a location that will not be called",
                "Read the offer's operations, and report the location to the service's support.",
            ),
            Self::ForeignLocation => row(
                "foreign_location",
                "a location on another host will not be called",
                "Check the endpoint. If it is right, do not trust this server. The token was not sent to that host.",
            ),
            Self::MalformedBody => row(
                "malformed_body",
                "an answer that cannot be read",
                "Check the endpoint: a gateway or a proxy may have answered.",
            ),
            Self::BodyTooLarge => row(
                "body_too_large",
                "an answer that is longer than the limit",
                "Check the endpoint, or raise the policy's limit: for lists it has one of its own.",
            )
            .after_post(
                "Check the endpoint, or raise the policy's limit: for lists it has one of its own. Then resume from \
                 a checkpoint, or read the offer's operations.",
            ),
            Self::Ambiguous => row(
                "ambiguous",
                "the cancel may or may not have been processed",
                "Read the offer's operations. Do not begin another cancel before that: it would stop what was \
                 started since.",
            ),
            Self::Deadline => row(
                "deadline",
                "the deadline has passed",
                "Call again with a longer deadline, or look at the offer in the portal.",
            )
            .after_post(RESUME_OR_LOOK),
            Self::Transport => row(
                "transport",
                "the exchange with the service failed",
                "Check the network, the proxy and the endpoint, then call again.",
            )
            .after_post(
                "Check the network, the proxy and the endpoint. Then resume from a checkpoint, or read the \
                 offer's operations.",
            ),
        }
    }

    /// The kind of error for an answer with this status, when the call should not have it.
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

words!(
    ErrorKind, "kind of error":
    InvalidInput, TokenSource, Checkpoint, BadRequest, Unauthorized, Forbidden, NotFound, Conflict,
    PreconditionFailed, Unprocessable, Throttled, Server, UnexpectedStatus, MissingLocation, InvalidLocation,
    ForeignLocation, MalformedBody, BodyTooLarge, Ambiguous, Deadline, Transport,
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever follows the advice must not cancel what somebody else has started since.
    #[test]
    fn no_advice_after_a_post_leads_to_another_one() {
        for &kind in ErrorKind::EACH {
            for posted in [Posted::Maybe, Posted::Yes] {
                let (advice, plain) = (kind.advice(posted), kind.advice(Posted::No));
                let again = |text: &str| text.contains("again") || text.contains("call ");
                assert!(!again(advice) || advice.contains("Read the offer's operations"), "{kind}: {advice}");
                assert!(!advice.contains("call again") && !advice.contains("Try again"), "{kind}: {advice}");
                if advice != plain || again(plain) {
                    assert!(advice.contains("offer's operations"), "{kind}: {advice}");
                }
            }
        }
    }

    #[test]
    fn each_kind_has_a_word_and_something_to_say() {
        let mut words: Vec<_> = ErrorKind::EACH.iter().map(|kind| kind.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ErrorKind::EACH.len());
        for &kind in ErrorKind::EACH {
            assert!(!kind.phrase().is_empty() && !kind.phrase().ends_with('.'), "{kind}");
            for posted in [Posted::No, Posted::Maybe, Posted::Yes] {
                assert!(kind.advice(posted).ends_with('.'), "{kind}: {}", kind.advice(posted));
            }
        }
    }
}
