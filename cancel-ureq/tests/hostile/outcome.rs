//! How one cancel ends under one attack, with what must hold whatever the end.

use std::time::{Duration, Instant};

use cancel_core::{Endpoint, Policy};

use crate::adapter::Adapter;
use crate::hostile::{At, Client, serve};
use crate::server::{TOKEN, cancellation, policy, token};
use crate::tls::Tls;

pub(crate) const ATTEMPT: Duration = Duration::from_millis(600);
const ATTEMPTS: u8 = 2;
/// More time for a machine that is busy with other tests. It is less than the server waits for, so the client must end
/// it.
pub(crate) const BUSY: Duration = Duration::from_secs(30);

pub(crate) fn impatient() -> Policy {
    policy().attempt_timeout(ATTEMPT).attempts(ATTEMPTS).deadline(Duration::from_secs(60))
}

/// The word of the outcome or of the error.
pub(crate) fn outcome(
    attack: impl Fn(&mut Client) + Clone + Send + 'static,
    at: At,
    adapter: Adapter,
    behind_tls: bool,
) -> &'static str {
    let addr = serve(at, attack);
    let tls = behind_tls.then(|| Tls::in_front_of(addr, "http/1.1"));
    let origin = tls.as_ref().map_or_else(|| format!("http://{addr}"), Tls::endpoint);
    let mut cancellation = cancellation(Endpoint::new(origin).unwrap(), impatient());
    let trusted = tls.as_ref().map(|tls| &*tls.certificate);
    let start = Instant::now();
    let result = adapter.drive_with(&mut |_| Ok(token()), &mut |_, _| {}, trusted, &mut cancellation);
    // Each attempt ends in its time.
    assert!(start.elapsed() < ATTEMPT * u32::from(ATTEMPTS) + BUSY, "{result:?}");
    let shown = format!("{result:?} {:?} {}", cancellation.progress(), cancellation.checkpoint().to_json());
    assert!(!shown.contains(TOKEN), "{shown}");
    result.map_or_else(|error| error.kind().as_str(), |outcome| outcome.as_str())
}
