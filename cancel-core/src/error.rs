//! The one error of everything after the constructors, and what a person needs next to it.
//!
//! Nothing here decides whether something *is* an error; the codec and the machine do.

use crate::codec::Answer;
use crate::machine::Posted;
use crate::report::Report;
use crate::values::InvalidInput;

/// What to try when nobody knows whether a cancel was processed.
const LOOK_FIRST: &str =
    "Look at the offer's operations before calling again: a second cancel would stop what was started since.";

/// Why there is no outcome. Every variant says what happened, to which offer, what the service said, and whether a
/// POST went out; [`kind`](Error::kind) is a stable word for logs, [`advice`](Error::advice) what to try.
///
/// ```
/// # use cancel_core::{CancelResponse, Endpoint, Posted};
/// # let called = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel".parse()?;
/// let answer = http::Response::builder().status(403).header("x-ms-request-id", "7f2e").body("")?;
/// let error = CancelResponse::from_http(&Endpoint::default(), &called, &answer).unwrap_err();
/// assert_eq!((error.kind(), error.posted(), error.is_transient()), ("forbidden", Posted::Yes, false));
/// assert_eq!(error.answer().and_then(|answer| answer.request_id()), Some("7f2e"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value that the caller passed is not valid. Nothing was sent.
    #[error("{0}")]
    InvalidInput(#[from] InvalidInput),
    /// The caller's source of tokens gave none. The conversation can go on when it does.
    #[error("{offer}no token could be had{0}", offer = .0.prefix())]
    TokenSource(Box<Report>),
    /// A checkpoint is not one, or not one of this run; or it could not be written. [`posted`](Self::posted) says whether a POST went out
    /// before.
    #[error("{offer}the run cannot be resumed{0}", offer = .0.prefix())]
    Checkpoint(Box<Report>),
    /// 400: the service could not read the request, or misses something in it.
    #[error("{offer}the service calls the request malformed{0}", offer = .0.prefix())]
    BadRequest(Box<Report>),
    /// 401, twice in a row: the service does not take the token.
    #[error("{offer}the service does not take the token{0}", offer = .0.prefix())]
    Unauthorized(Box<Report>),
    /// 403: the token has no access to the publisher.
    #[error("{offer}the token has no access{0}", offer = .0.prefix())]
    Forbidden(Box<Report>),
    /// 404 or 410: no such publisher, offer or operation.
    #[error("{offer}not found{0}", offer = .0.prefix())]
    NotFound(Box<Report>),
    /// 409: the offer is in a state that does not allow the call.
    #[error("{offer}the call conflicts with the state of the offer{0}", offer = .0.prefix())]
    Conflict(Box<Report>),
    /// 412: the offer has another version than `If-Match` says.
    #[error("{offer}the offer has changed{0}", offer = .0.prefix())]
    PreconditionFailed(Box<Report>),
    /// 422: the service read the request and will not carry it out.
    #[error("{offer}the service cannot carry out the request{0}", offer = .0.prefix())]
    Unprocessable(Box<Report>),
    /// 429, too many times in a row.
    #[error("{offer}the service asks to slow down{0}", offer = .0.prefix())]
    Throttled(Box<Report>),
    /// 5xx, too many times in a row.
    #[error("{offer}the service failed{0}", offer = .0.prefix())]
    Server(Box<Report>),
    /// A status that the call does not have: a redirect, another success, another refusal.
    #[error("{offer}an answer that this call does not have{0}", offer = .0.prefix())]
    UnexpectedStatus(Box<Report>),
    /// 202, and nowhere a location to follow.
    #[error("{offer}the cancel was accepted, but no location says where to look{0}", offer = .0.prefix())]
    MissingLocation(Box<Report>),
    /// A location that is not one, or that hides something. It was not called.
    #[error("{offer}a location that will not be called{0}", offer = .0.prefix())]
    InvalidLocation(Box<Report>),
    /// A location on another origin than the endpoint's. It was not called, and the token did not go there.
    #[error("{offer}a location on another host will not be called{0}", offer = .0.prefix())]
    ForeignLocation(Box<Report>),
    /// A successful answer in which there is no operation or no list, too many times in a row.
    #[error("{offer}an answer that cannot be read{0}", offer = .0.prefix())]
    MalformedBody(Box<Report>),
    /// An answer that is longer than the policy's limit.
    #[error("{offer}an answer over the limit{0}", offer = .0.prefix())]
    BodyTooLarge(Box<Report>),
    /// A POST may have been processed or not, and a second one could cancel what was started since. After
    /// [`Until::Verified`](crate::Until::Verified) a [checkpoint](crate::Cancellation::checkpoint) lets another run
    /// [resume](crate::Cancellation::resume): it looks first. In the other modes look at the offer's operations.
    #[error("{offer}the cancel may or may not have been processed{0}", offer = .0.prefix())]
    Ambiguous(Box<Report>),
    /// The policy's deadline passed first. A [checkpoint](crate::Cancellation::checkpoint) lets another run
    /// [resume](crate::Cancellation::resume), with a deadline of its own.
    #[error("{offer}the deadline has passed{0}", offer = .0.prefix())]
    Deadline(Box<Report>),
    /// The service could not be reached, or its answers did not arrive, too many times in a row.
    #[error("{offer}the exchange with the service failed{0}", offer = .0.prefix())]
    Transport(Box<Report>),
}

impl Error {
    /// One stable word for logs.
    ///
    /// | kind | meaning | [transient](Self::is_transient) |
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
    /// | `missing_location` | 202, and nowhere a location | |
    /// | `invalid_location` | a location that is not one, or hides something | |
    /// | `foreign_location` | a location on another origin | |
    /// | `malformed_body` | no operation or no list in a successful answer | yes |
    /// | `body_too_large` | an answer over the policy's limit | |
    /// | `ambiguous` | a POST may have been processed or not | |
    /// | `deadline` | the policy's deadline has passed | yes |
    /// | `transport` | no answer | yes |
    ///
    /// Other words can be added in a release that is compatible.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.row().0
    }

    /// What a person can try next: one or two sentences in English, without a secret. It depends on the [`kind`](Self::kind), and for
    /// `deadline` on whether a POST may have gone out. It may change in any release.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.row().1
    }

    /// Kind and advice, a row a variant.
    fn row(&self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidInput(_) => ("invalid_input", "Correct the value and call again; nothing was sent."),
            Self::TokenSource(_) => {
                ("token_source", "See that the source gives a token, then drive the same run again.")
            }
            Self::Checkpoint(_) => {
                ("checkpoint", "Look at the offer's operations, then remove the checkpoint to begin anew.")
            }
            Self::BadRequest(_) => ("bad_request", "Check the api-version and the ids; some offers need If-Match."),
            Self::Unauthorized(_) => {
                ("unauthorized", "Get a new token for the resource https://cloudpartner.azure.com and call again.")
            }
            Self::Forbidden(_) => ("forbidden", "Check the publisher id, and that the token's app is a member of it."),
            Self::NotFound(_) => ("not_found", "Check the publisher id and the offer id as the portal shows them."),
            Self::Conflict(_) => ("conflict", "Look at the offer in the portal: its state does not allow this."),
            Self::PreconditionFailed(_) => ("precondition_failed", "Read the offer's ETag again, or use `*`."),
            Self::Unprocessable(_) => {
                ("unprocessable", "Look at the offer in the portal; the message says what is missing.")
            }
            Self::Throttled(_) => ("throttled", "Wait, run fewer calls at a time, then call again."),
            Self::Server(_) => ("server", "Try again later; keep the request id for support."),
            Self::UnexpectedStatus(_) => {
                ("unexpected_status", "Check the endpoint: a gateway or a proxy may have answered.")
            }
            Self::MissingLocation(_) => {
                ("missing_location", "The cancel was accepted: look at the offer's operations to see its end.")
            }
            Self::InvalidLocation(_) => (
                "invalid_location",
                "Look at the offer's operations in the portal; report the location to the service.",
            ),
            Self::ForeignLocation(_) => (
                "foreign_location",
                "Check the endpoint; if it is right, do not trust what answered. The token was not sent there.",
            ),
            Self::MalformedBody(_) => ("malformed_body", "Check the endpoint: a gateway or a proxy may have answered."),
            Self::BodyTooLarge(_) => ("body_too_large", "Check the endpoint, or raise the policy's body limit."),
            Self::Ambiguous(_) => ("ambiguous", LOOK_FIRST),
            Self::Deadline(report) if report.posted() == Posted::Maybe => ("deadline", LOOK_FIRST),
            Self::Deadline(_) => ("deadline", "Call again with a longer deadline, or look at the offer in the portal."),
            Self::Transport(_) => ("transport", "Check the network, the proxy and the endpoint, then call again."),
        }
    }

    /// What happened in detail. `None` for [`Error::InvalidInput`], which is before anything happens.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::InvalidInput(_) => None,
            Self::TokenSource(report)
            | Self::Checkpoint(report)
            | Self::BadRequest(report)
            | Self::Unauthorized(report)
            | Self::Forbidden(report)
            | Self::NotFound(report)
            | Self::Conflict(report)
            | Self::PreconditionFailed(report)
            | Self::Unprocessable(report)
            | Self::Throttled(report)
            | Self::Server(report)
            | Self::UnexpectedStatus(report)
            | Self::MissingLocation(report)
            | Self::InvalidLocation(report)
            | Self::ForeignLocation(report)
            | Self::MalformedBody(report)
            | Self::BodyTooLarge(report)
            | Self::Ambiguous(report)
            | Self::Deadline(report)
            | Self::Transport(report) => Some(report),
        }
    }

    /// What the service said, where it said something.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        self.report()?.answer()
    }

    /// Whether a POST went out before this error.
    #[must_use]
    pub fn posted(&self) -> Posted {
        self.report().map_or(Posted::No, Report::posted)
    }

    /// Whether trying the same again later can help, by the table at [`kind`](Self::kind). It does not say that it is safe to post again:
    /// that is for [`posted`](Self::posted), or for a [resumed](crate::Cancellation::resume) run, which looks first.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TokenSource(_)
            | Self::Throttled(_)
            | Self::Server(_)
            | Self::MalformedBody(_)
            | Self::Deadline(_)
            | Self::Transport(_) => true,
            Self::UnexpectedStatus(report) => {
                report.answer().is_some_and(|answer| answer.status() == http::StatusCode::REQUEST_TIMEOUT)
            }
            _ => false,
        }
    }
}
