//! The simulated portal: it runs in this process, and its offers are being published.

use std::io;
use std::time::Duration;

use cancel_core::CancelRequest;
use cancel_core::testing::portal::{CancelBehavior, Generation, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve_at_speed};

pub(crate) const PUBLISHER: &str = "contoso";
pub(crate) const OFFER: &str = "contoso-offer";
pub(crate) const TOKEN: &str = "a-token-of-the-simulated-portal";

/// A minute of the service's time passes in two seconds.
const SPEED: u32 = 30;

/// How much shorter the waits between polls are, so that a person who tries the tool sees something happen.
pub(crate) const SHORTER_WAITS: u32 = 4;

/// Serves a portal in which the offers of the requests are being published.
///
/// The first cancel takes effect after two minutes of the service's time, and each further one ten seconds later. A
/// publish takes longer than that for every offer, also when `--concurrency` lets offers wait.
pub(crate) fn serve(requests: &[CancelRequest]) -> io::Result<Served> {
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None);
    let mut takes = Duration::from_secs(120);
    let count = u32::try_from(requests.len()).unwrap_or(u32::MAX);
    for request in requests {
        let publish = PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8").runs_for(takes * (1 + count));
        portal.add_offer(
            Offer::new(request.publisher().as_str(), request.offer().as_str())
                .generation(Generation::NonMigrated2020)
                .cancel(CancelBehavior::After(takes))
                .operation(publish),
        );
        takes += Duration::from_secs(10);
    }
    serve_at_speed(portal, SPEED)
}
