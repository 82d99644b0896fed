//! An agent whose connections outlive the waits between two polls.

use std::time::Duration;

use ureq::Agent;

/// Longer than any wait of the default policy, and shorter than the time after which gateways drop a connection.
const IDLE: Duration = Duration::from_secs(100);

/// ureq's agent with its defaults, but that an idle connection is kept for 100 s. ureq itself drops one after 15 s:
/// polls are up to 30 s apart, so that most of them would need a new connection, with a TLS handshake each.
///
/// The age counts per agent: ureq drops old connections of its pool whatever a single request asks for. To set
/// something else too, build an agent in the same way:
///
/// ```
/// # use std::time::Duration;
/// # use ureq::Agent;
/// let agent: Agent =
///     Agent::config_builder().max_idle_age(Duration::from_secs(100)).build().into();
/// ```
///
/// With a time limit, which each exchange has, ureq resolves the host's name in a thread of its own, also where a
/// connection is kept. It has no stable interface for a resolver that remembers: `ureq::unversioned` may change in
/// any release.
#[must_use]
pub fn agent() -> Agent {
    Agent::config_builder().max_idle_age(IDLE).build().new_agent()
}
