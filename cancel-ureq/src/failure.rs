//! What each of ureq's errors says about whether the request can have reached the service.
//!
//! "Not sent" must be certain: a POST is repeated on its word. What can happen both before and after the first byte has
//! left counts as sent.

use std::io::{self, ErrorKind};

use cancel_core::Failure;
use ureq::{Error, Timeout};

/// What the machine is to know of an error.
pub(crate) fn failure(error: &Error) -> Failure {
    match error {
        // All the time of the exchange, and not only that of its connection.
        Error::Timeout(Timeout::Global) => Failure::TimedOut,
        error if was_not_sent(error) => Failure::not_sent(error),
        error => Failure::maybe_sent(error),
    }
}

/// Whether it is certain that not a byte of the request left.
fn was_not_sent(error: &Error) -> bool {
    match error {
        // The request, the agent's settings, the name, the proxy, the connection: all before the first byte.
        Error::BadUri(_)
        | Error::HostNotFound
        | Error::InvalidProxyUrl
        | Error::ConnectProxyFailed(_)
        | Error::ConnectionFailed
        | Error::RequireHttpsOnly(_)
        | Error::Tls(_)
        | Error::TlsRequired
        | Error::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        Error::Io(error) => {
            // So ureq reports a connection that was refused. One that was made fails with these only after minutes of silence,
            // which is longer than an exchange takes.
            matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::AddrNotAvailable)
                || is_failed_lookup(error)
                || tls_was_refused(error)
        }
        // Setting TLS up, before its handshake.
        #[cfg(feature = "rustls")]
        Error::Rustls(_) => true,
        // Everything else can happen after the first byte too, and so can whatever ureq adds.
        _ => false,
    }
}

/// Whether a name did not resolve. The standard library has no kind for that: on Unix it has a text of its own, on Windows
/// the codes of Winsock (`WSAHOST_NOT_FOUND` to `WSANO_DATA`).
fn is_failed_lookup(error: &io::Error) -> bool {
    if cfg!(windows) {
        matches!(error.raw_os_error(), Some(11001..=11004))
    } else {
        error.to_string().starts_with("failed to lookup address information")
    }
}

/// Whether TLS failed in its handshake, before the request: rustls reports it as an I/O error.
#[cfg(feature = "rustls")]
fn tls_was_refused(error: &io::Error) -> bool {
    use rustls::{AlertDescription, Error};

    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(_) | Error::NoCertificatesPresented | Error::PeerIncompatible(_)) => true,
        Some(Error::AlertReceived(alert)) => matches!(
            alert,
            AlertDescription::HandshakeFailure
                | AlertDescription::ProtocolVersion
                | AlertDescription::UnrecognisedName
                | AlertDescription::NoApplicationProtocol
        ),
        _ => false,
    }
}

#[cfg(not(feature = "rustls"))]
fn tls_was_refused(_: &io::Error) -> bool {
    false
}
