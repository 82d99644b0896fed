//! What the examples share: a portal with one offer, which is being published, and the cancellation of this publish.

use std::io::{self, Write};
use std::time::Duration;

use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use cancel_core::{CancelRequest, Cancellation, Endpoint, InvalidInput, OfferId, Outcome, Policy, Proof, PublisherId};

use super::{Served, serve_at_speed};

/// The token that the portal accepts.
pub const TOKEN: &str = "a-token-of-the-simulated-portal";

/// Serves a portal in which `contoso/contoso-offer` is being published. A cancel takes effect after a minute of the
/// portal's time, which runs `speed` times as fast as real time.
///
/// # Errors
///
/// No port or no thread is to be had.
pub fn publish(speed: u32) -> io::Result<Served> {
    let publish = PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8");
    let cancel = CancelBehavior::After(Duration::from_secs(60));
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None);
    portal.add_offer(Offer::new("contoso", "contoso-offer").cancel(cancel).operation(publish));
    serve_at_speed(portal, speed)
}

/// The cancellation of that publish, which polls more often than is polite to a real service.
///
/// # Errors
///
/// Never: the names are valid.
pub fn cancellation(served: &Served) -> Result<Cancellation, InvalidInput> {
    let endpoint = Endpoint::new(served.endpoint())?;
    let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
    let policy = Policy::default().poll_interval(Duration::from_millis(100));
    Ok(Cancellation::new(endpoint, request, policy, Duration::ZERO))
}

/// Prints a line on stdout.
///
/// # Panics
///
/// The publish is not canceled, its own status does not confirm it, or more than one POST was sent.
///
/// # Errors
///
/// The line cannot be written.
pub fn verify(outcome: &Outcome, served: &Served, over: &str) -> io::Result<()> {
    assert_eq!((outcome.as_str(), outcome.proof()), ("canceled", Some(Proof::Verified)));
    assert_eq!(served.portal().posts(), 1);
    writeln!(io::stdout(), "contoso/contoso-offer over {over}: {}, verified", outcome.as_str())
}
