//! The service of the demonstration: a portal in this process, in which a publish is running.

use std::io::{self, Write};
use std::time::Duration;

use cancel_core::CancelRequest;
use cancel_core::portal::{CancelBehavior, Generation, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve_at_speed};

pub(crate) const PUBLISHER: &str = "contoso";
pub(crate) const OFFER: &str = "contoso-offer";
pub(crate) const TOKEN: &str = "a-token-of-the-simulated-portal";

/// A minute of the service's time passes in two seconds.
const SPEED: u32 = 30;

/// Serves a portal in which the offer of the request is being published. The publish is half done, and a cancel takes two
/// minutes of the service's time to take effect.
pub(crate) fn serve(request: &CancelRequest) -> io::Result<Served> {
    let (publisher, offer) = (request.publisher().as_str(), request.offer().as_str());
    let publish = PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8").runs_for(Duration::from_secs(240));
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None).add_offer(
        Offer::new(publisher, offer)
            .generation(Generation::NonMigrated2020)
            .cancel(CancelBehavior::After(Duration::from_secs(120)))
            .operation(publish),
    );
    let served = serve_at_speed(portal, SPEED)?;
    // Whoever does not listen need not know.
    let _ = writeln!(
        io::stderr(),
        "No --endpoint: this is a simulated portal at {}, where {publisher}/{offer} is being published.",
        served.endpoint()
    );
    Ok(served)
}
