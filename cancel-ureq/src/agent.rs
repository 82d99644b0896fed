//! An agent whose connections outlive the waits between two polls, and which tells a failed connection from a failed
//! exchange.

use std::error;
use std::fmt;
use std::time::Duration;

use ureq::config::Config;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector};
use ureq::{Agent, Error};

/// Longer than any wait of the default policy, and shorter than the time after which gateways drop a connection.
const IDLE: Duration = Duration::from_secs(100);

/// The agent of [`agent_with`], with ureq's defaults, but that an idle connection is kept for 100 s. ureq itself drops
/// one after 15 s: polls are up to 30 s apart, so that most of them would need a new connection, with a TLS handshake
/// each.
///
/// With a time limit, which each exchange has, ureq resolves the host's name in a thread of its own, also where a
/// connection is kept. A resolver that remembers, passed to `Agent::with_parts`, spares these threads. There is none
/// here: ureq does not keep that interface stable, and addresses change.
#[must_use]
pub fn agent() -> Agent {
    agent_with(Agent::config_builder().max_idle_age(IDLE).build())
}

/// An agent with these settings that tells when nothing was sent: whenever the connection, the proxy or the TLS
/// handshake fails. A POST is then sent again.
///
/// An agent that is built otherwise reports failed handshakes (a server without TLS behind the port, a TLS alert,
/// a connection that is closed) by errors that also come after a POST was sent, so that such a POST is in doubt.
///
/// Only rustls makes its handshake while it connects. An error of native-tls counts as maybe sent here too.
///
/// The age of idle connections counts per agent: ureq drops old connections of its pool whatever a single request asks
/// for.
///
/// ```
/// # use std::time::Duration;
/// let config = ureq::Agent::config_builder().max_idle_age(Duration::from_secs(100)).build();
/// let agent = cancel_ureq::agent_with(config);
/// ```
#[must_use]
pub fn agent_with(config: Config) -> Agent {
    Agent::with_parts(config, Marking(DefaultConnector::default()), DefaultResolver::default())
}

/// ureq's own connector, with its errors marked.
#[derive(Debug)]
struct Marking(DefaultConnector);

impl Connector for Marking {
    type Out = <DefaultConnector as Connector>::Out;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        // Nothing of the request is written before this has returned. rustls sends no early data.
        self.0.connect(details, None).map_err(|error| Error::Other(Box::new(NotConnected(error))))
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) struct NotConnected(Error);

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            // The connection to a proxy is made by the same connector.
            Error::Other(inner) => inner.fmt(f),
            error => error.fmt(f),
        }
    }
}

/// ureq's errors have no sources.
impl error::Error for NotConnected {}
