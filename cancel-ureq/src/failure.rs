//! What each error of ureq says about whether the request may have reached the service.
//!
//! "Not sent" must be certain, because a POST is sent again after it. An error that can occur before as well as after
//! the first byte has left must count as "maybe sent".

use std::io::{self, ErrorKind};

use cancel_core::Failure;
use ureq::{Error, Timeout};

use crate::agent::NotConnected;

/// What the machine is told about an error.
pub(crate) fn failure(error: &Error) -> Failure {
    if let Error::Other(inner) = error {
        if let Some(not_connected) = inner.downcast_ref::<NotConnected>() {
            return Failure::not_sent(not_connected);
        }
    }
    match error {
        // The time of the whole exchange is up, not only that of connecting.
        Error::Timeout(Timeout::Global) => Failure::TimedOut,
        error if was_not_sent(error) => Failure::not_sent(error),
        error => Failure::maybe_sent(error),
    }
}

/// Whether it is certain that not a byte of the request has left, also with an agent that marks no errors.
fn was_not_sent(error: &Error) -> bool {
    match error {
        // The URL, the agent's settings, the name, the proxy, the connection: all come before the first byte.
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
            // ureq reports a refused connection by these kinds. An established connection fails with them only after
            // minutes of silence, and an exchange has timed out by then.
            // An alert of the peer can come after the request.
            matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::AddrNotAvailable)
                || is_failed_lookup(error)
        }
        // TLS could not be set up, before its handshake.
        #[cfg(feature = "rustls")]
        Error::Rustls(_) => true,
        // All other errors can occur after the first byte too, and so may those that ureq adds later.
        _ => false,
    }
}

/// Whether a name did not resolve. The standard library has no kind for that. On Unix the error's text tells it, on
/// Windows the codes of Winsock (`WSAHOST_NOT_FOUND` to `WSANO_DATA`).
fn is_failed_lookup(error: &io::Error) -> bool {
    if cfg!(windows) {
        matches!(error.raw_os_error(), Some(11001..=11004))
    } else {
        error.to_string().starts_with("failed to lookup address information")
    }
}

#[cfg(all(test, feature = "rustls"))]
mod tests {
    use rustls::{AlertDescription, CertificateError};

    use super::*;

    /// Also with an agent that marks no errors.
    #[test]
    fn what_comes_before_the_first_byte_is_not_sent() {
        let text = || "why".to_owned();
        for error in [
            Error::BadUri(text()),
            Error::HostNotFound,
            Error::InvalidProxyUrl,
            Error::ConnectProxyFailed(text()),
            Error::ConnectionFailed,
            Error::RequireHttpsOnly(text()),
            Error::Tls("why"),
            Error::TlsRequired,
            Error::Timeout(Timeout::Resolve),
            Error::Timeout(Timeout::Connect),
            Error::Io(ErrorKind::ConnectionRefused.into()),
            Error::Io(ErrorKind::AddrNotAvailable.into()),
            Error::Rustls(rustls::Error::EncryptError),
        ] {
            assert!(matches!(failure(&error), Failure::NotSent(_)), "{error:?}");
        }
    }

    #[test]
    fn what_can_come_after_the_first_byte_may_be_sent() {
        for error in [
            Error::Timeout(Timeout::PerCall),
            Error::Timeout(Timeout::SendRequest),
            Error::Timeout(Timeout::SendBody),
            Error::Timeout(Timeout::RecvResponse),
            Error::Io(ErrorKind::ConnectionReset.into()),
            Error::Io(ErrorKind::TimedOut.into()),
            Error::Other("why".into()),
        ] {
            assert!(matches!(failure(&error), Failure::MaybeSent(_)), "{error:?}");
        }
    }

    /// A server can read the whole POST, and answer with an alert.
    #[test]
    fn an_alert_can_come_after_the_request() {
        for alert in [
            rustls::Error::AlertReceived(AlertDescription::HandshakeFailure),
            rustls::Error::AlertReceived(AlertDescription::UnrecognisedName),
            rustls::Error::InvalidCertificate(CertificateError::Expired),
        ] {
            let failure = failure(&Error::Io(io::Error::new(ErrorKind::InvalidData, alert)));
            assert!(matches!(failure, Failure::MaybeSent(_)), "{failure:?}");
        }
    }
}
