//! What a caller can say, in JSON. Members that are not known are refused: a misspelled limit must not be ignored.

use cancel_core::{CancelRequest, Policy};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The member that every call has. It decides which others it has.
#[derive(Deserialize)]
pub(crate) struct Named {
    pub(crate) call: Name,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Name {
    Begin,
    Resume,
    Step,
    Token,
    Response,
    Failure,
    Checkpoint,
    Progress,
    PassTime,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begin {
    #[serde(rename = "call")]
    _call: IgnoredAny,
    pub(crate) now_ms: u64,
    #[serde(default)]
    pub(crate) endpoint: Option<String>,
    #[serde(default)]
    pub(crate) api_version: Option<String>,
    pub(crate) request: CancelRequest,
    #[serde(default)]
    pub(crate) policy: Policy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resume<'a> {
    #[serde(rename = "call")]
    _call: IgnoredAny,
    pub(crate) now_ms: u64,
    #[serde(default)]
    pub(crate) endpoint: Option<String>,
    #[serde(default)]
    pub(crate) api_version: Option<String>,
    /// Read by the core, which checks its length and its version first.
    #[serde(borrow)]
    pub(crate) checkpoint: &'a RawValue,
    #[serde(default)]
    pub(crate) policy: Policy,
}

/// `step` and `pass_time`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtTime {
    #[serde(rename = "call")]
    _call: IgnoredAny,
    pub(crate) now_ms: u64,
}

/// `token`, `checkpoint` and `progress`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bare {
    #[serde(rename = "call")]
    _call: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answered {
    #[serde(rename = "call")]
    _call: IgnoredAny,
    pub(crate) now_ms: u64,
    pub(crate) id: u64,
    /// As the server wrote it: it may be out of range.
    pub(crate) status: u64,
    #[serde(default)]
    pub(crate) body: Arrived,
}

/// How a body arrived.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Arrived {
    #[default]
    Complete,
    Ended,
    CutOff,
    TooLarge,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failed {
    #[serde(rename = "call")]
    _call: IgnoredAny,
    pub(crate) now_ms: u64,
    pub(crate) id: u64,
    pub(crate) failure: Kind,
    #[serde(default)]
    pub(crate) why: String,
}

/// Why there is no answer.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    NotSent,
    MaybeSent,
    TimedOut,
    Dropped,
    NotAttempted,
}
