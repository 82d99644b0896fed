//! What the command lines of `cancel` and `cancel_many` share: flags, JSON, checkpoint files, the simulated portal.

#![allow(dead_code, reason = "each example uses a part")]

pub(crate) mod arguments;
pub(crate) mod interrupt;
pub(crate) mod report;
pub(crate) mod run_file;
mod simulated;
mod tokens;

use std::time::{Duration, SystemTime};
use std::{fmt, io};

use cancel_core::{CancelRequest, Cancellation, Error, InvalidInput};

use self::arguments::Job;
use self::run_file::RunFile;

/// Why there is no job, on one line.
#[derive(Debug)]
pub(crate) struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<InvalidInput> for Unusable {
    fn from(error: InvalidInput) -> Self {
        Self(error.to_string())
    }
}

/// A new run, or one resumed from its checkpoint.
pub(crate) fn begin(job: &Job, request: &CancelRequest, file: Option<&RunFile>) -> Result<Cancellation, Error> {
    let (endpoint, policy) = (job.endpoint.clone(), job.policy.clone());
    // The time since 1970, which is the same clock in the next process.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let Some(checkpoint) = file.map_or(Ok(None), RunFile::read)? else {
        return Ok(Cancellation::new(endpoint, request.clone(), policy, now));
    };
    let resumed = Cancellation::resume(endpoint, checkpoint, policy, now)?;
    if resumed.request() != request {
        return Err(resumed.checkpoint_error("the checkpoint is of a run with other arguments"));
    }
    Ok(resumed)
}

/// The service's text without the characters that a terminal acts on: control characters and changes of direction.
pub(crate) fn plain(text: &str) -> String {
    let harmless = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(harmless).take(60).collect()
}
