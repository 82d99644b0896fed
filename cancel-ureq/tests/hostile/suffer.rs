//! One cancel under one attack, with all that must hold whatever comes of it.

use std::time::{Duration, Instant};

use cancel_core::{Endpoint, Error, Outcome, Policy};

use crate::adapter::Adapter;
use crate::attacks::Attack;
use crate::hostile::{At, serve};
use crate::server::{TOKEN, cancellation, policy};
use crate::tls::Tls;

const ATTEMPT: Duration = Duration::from_millis(600);
const ATTEMPTS: u8 = 2;
/// What a machine that is busy with other tests gets besides. It is less than the server waits for: the client has to end it.
const BUSY: Duration = Duration::from_secs(30);

fn impatient() -> Policy {
    policy().attempt_timeout(ATTEMPT).attempts(ATTEMPTS).deadline(Duration::from_secs(60))
}

/// How a cancel ends under an attack.
pub(crate) fn suffer(attack: &Attack, at: At, adapter: Adapter, behind_tls: bool) -> String {
    let addr = serve(at, attack.play);
    let tls = behind_tls.then(|| Tls::in_front_of(addr, "http/1.1"));
    let origin = tls.as_ref().map_or_else(|| format!("http://{addr}"), Tls::endpoint);
    let mut cancellation = cancellation(Endpoint::new(origin).unwrap(), impatient());
    let trusted = tls.as_ref().map(|tls| &*tls.certificate);
    let start = Instant::now();
    let result = adapter.drive_with(&mut |_| Ok(crate::server::token()), &mut |_, _| {}, trusted, &mut cancellation);
    // Each attempt ends in its time.
    assert!(start.elapsed() < ATTEMPT * u32::from(ATTEMPTS) + BUSY, "{}: {result:?}", attack.name);
    let shown = format!("{result:?} {:?}", cancellation.progress());
    assert!(!shown.contains(TOKEN) && !cancellation.checkpoint().to_json().contains(TOKEN), "{shown}");
    word(&result).to_owned()
}

fn word(result: &Result<Outcome, Error>) -> &'static str {
    match result {
        Ok(outcome) => outcome.as_str(),
        Err(error) => error.kind().as_str(),
    }
}
