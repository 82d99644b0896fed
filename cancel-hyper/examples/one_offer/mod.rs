//! What the embedding examples share: the service, the cancellation, and the expected outcome.

use std::io::{self, Write};
use std::time::Duration;

use cancel_hyper::cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use cancel_hyper::cancel_core::{
    CancelRequest, Cancellation, Endpoint, InvalidInput, OfferId, Outcome, Policy, Proof, PublisherId,
};
use cancel_hyper::portal::{Served, serve_at_speed};

/// The token that the portal accepts.
pub(crate) const TOKEN: &str = "a-token-of-the-simulated-portal";

/// A simulated portal on this machine, in which an offer is being published. A cancel takes effect after a minute of
/// the portal's time, which is 60 milliseconds of real time.
pub(crate) fn portal() -> io::Result<Served> {
    let publish = PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8");
    let cancel = CancelBehavior::After(Duration::from_secs(60));
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None);
    portal.add_offer(Offer::new("contoso", "contoso-offer").cancel(cancel).operation(publish));
    serve_at_speed(portal, 1000)
}

/// The cancellation of that offer's publish.
pub(crate) fn cancellation(served: &Served) -> Result<Cancellation, InvalidInput> {
    let endpoint = Endpoint::new(served.endpoint())?;
    let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
    let policy = Policy::default().poll_interval(Duration::from_millis(100));
    Ok(Cancellation::new(endpoint, request, policy, Duration::ZERO))
}

/// Asserts that the publish is canceled, that its own status confirms it, and that one POST was sent. Prints a line.
pub(crate) fn verify(outcome: &Outcome, served: &Served, over: &str) -> io::Result<()> {
    assert_eq!((outcome.as_str(), outcome.proof()), ("canceled", Some(Proof::Verified)));
    assert_eq!(served.portal().posts(), 1);
    writeln!(io::stdout(), "contoso/contoso-offer over {over}: {}, verified", outcome.as_str())
}
