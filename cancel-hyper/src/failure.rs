//! What a service's error says about whether the request may have reached the other side.
//!
//! "Not sent" must be certain, because a POST is sent again after it. An error that can occur before as well as after
//! the first byte has left must count as "maybe sent".

use std::error::Error;
use std::fmt;
use std::iter::successors;

use cancel_core::Failure;

/// Any error, as long as it can be sent to another thread.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Marks an error of your own service: it is certain that not a byte of the request has left. The driver finds the mark
/// anywhere in the chain of sources.
///
/// ```
/// use cancel_hyper::{BoxError, NotSent};
/// # struct TransportError;
/// # impl TransportError { fn is_connect(&self) -> bool { true } }
/// # impl From<TransportError> for BoxError { fn from(_: TransportError) -> Self { "refused".into() } }
///
/// fn marked(error: TransportError) -> BoxError {
///     if error.is_connect() { NotSent::new(error).into() } else { error.into() }
/// }
/// # assert_eq!(marked(TransportError).to_string(), "not sent: refused");
/// ```
#[derive(Debug)]
pub struct NotSent(BoxError);

impl NotSent {
    /// Marks an error. A POST that fails with it is sent again.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not sent: {}", self.0)
    }
}

impl Error for NotSent {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// What the machine is told about an error.
pub(crate) fn failure(error: Box<dyn Error>) -> Failure {
    let mut chain = successors(Some(&*error), |&error| error.source());
    if chain.any(is_certain) { Failure::not_sent(error) } else { Failure::maybe_sent(error) }
}

/// The kind of an I/O error proves nothing: an established connection can break with any of them.
fn is_certain(error: &(dyn Error + 'static)) -> bool {
    error.is::<NotSent>() || is_connect(error) || is_canceled(error) || is_unprocessed(error)
}

/// Whether hyper gave the request up before it began with it. It says so in no other case.
fn is_canceled(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref().is_some_and(hyper::Error::is_canceled)
}

/// Whether the server has processed nothing of the stream (RFC 9113 §8.7): it refused the stream, or it closes the
/// connection and named a lower stream as the last one.
///
/// h2 does not tell the number of that last stream. It reports a GOAWAY only for higher ones; lower ones continue, and
/// fail by an I/O error if the connection closes before that. This is so from 0.4.8 to 0.4.20, and reqwest repeats
/// requests by it. It does so for `NO_ERROR` alone. With another reason the server has failed, and may not know.
#[cfg(feature = "client")]
fn is_unprocessed(error: &(dyn Error + 'static)) -> bool {
    use h2::Reason;

    let error = error.downcast_ref::<h2::Error>();
    error.is_some_and(|error| {
        error.is_remote()
            && (error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM)
                || error.is_go_away() && error.reason() == Some(Reason::NO_ERROR))
    })
}

#[cfg(not(feature = "client"))]
fn is_unprocessed(_: &(dyn Error + 'static)) -> bool {
    false
}

/// Whether hyper-util's client could not connect: the name, the socket, the proxy, TLS.
#[cfg(feature = "client")]
fn is_connect(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<hyper_util::client::legacy::Error>();
    error.is_some_and(hyper_util::client::legacy::Error::is_connect)
}

#[cfg(not(feature = "client"))]
fn is_connect(_: &(dyn Error + 'static)) -> bool {
    false
}
