//! The simulated portal of a demonstration: it runs in this process, and its offers are being published.

use std::io::{self, Write};
use std::time::Duration;

use cancel_core::CancelRequest;
use cancel_core::testing::portal::{CancelBehavior, Generation, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve_at_speed};

pub(crate) const PUBLISHER: &str = "contoso";
pub(crate) const TOKEN: &str = "a-token-of-the-simulated-portal";

/// A minute of the service's time passes in two seconds.
const SPEED: u32 = 30;

/// Serves a portal in which the offers of the requests are being published.
///
/// The first cancel takes effect after two minutes of the service's time, and each further one ten seconds later. A
/// publish takes longer than that for every offer, also when `--concurrency` lets offers wait.
pub(crate) fn serve(requests: &[CancelRequest]) -> io::Result<Served> {
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None);
    let mut takes = Duration::from_secs(120);
    let mut names = Vec::new();
    let count = u32::try_from(requests.len()).unwrap_or(u32::MAX);
    for request in requests {
        let (publisher, offer) = (request.publisher().as_str(), request.offer().as_str());
        let publish = PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8").runs_for(takes * (1 + count));
        portal.add_offer(
            Offer::new(publisher, offer)
                .generation(Generation::NonMigrated2020)
                .cancel(CancelBehavior::After(takes))
                .operation(publish),
        );
        names.push(format!("{publisher}/{offer}"));
        takes += Duration::from_secs(10);
    }
    let served = serve_at_speed(portal, SPEED)?;
    let (shown, verb) = match names.as_slice() {
        [name] => (name.clone(), "is"),
        names => (format!("{} offers", names.len()), "are"),
    };
    // A notice only: ignore a closed stderr.
    let _ = writeln!(
        io::stderr(),
        "No --endpoint: this is a simulated portal at {}, where {shown} {verb} being published.",
        served.endpoint()
    );
    Ok(served)
}
