//! Where tokens come from.

use std::fmt;
use std::future::Future;

use cancel_core::{BearerToken, TokenReason};

/// Gives a token whenever the machine asks: at the start, and after the service has rejected one.
///
/// Tokens are valid for about an hour, and a conversation can take longer. So prefer a source that can fetch a fresh
/// token over a single token.
///
/// A driver waits until its service is ready before it asks for a token. A service with a concurrency limit then holds
/// a permit for the request that needs the token. So a source must not send its own requests through that limit: it
/// could wait for a permit until the deadline.
///
/// A closure that returns a future is a source. So is a [`BearerToken`], which is given again even after it was
/// rejected.
///
/// ```
/// use cancel_core::{BearerToken, InvalidInput, TokenReason};
/// use cancel_hyper::TokenSource;
///
/// # async fn fetch() -> String { "eyJ0eXAi\n".to_owned() }
/// let source = |_why: TokenReason| async {
///     let printed = fetch().await; // from an identity library, from a secret store
///     BearerToken::new(printed.trim())
/// };
/// # fn is_one<T: TokenSource<Error = InvalidInput>>(_: T) {}
/// # is_one(source);
/// ```
pub trait TokenSource {
    /// Why there is no token.
    type Error: fmt::Display;

    /// Gives a token: a fresh one when the last was [`Rejected`](TokenReason::Rejected).
    ///
    /// # Errors
    ///
    /// When there is none. The driver then stops with [`ErrorKind::TokenSource`](cancel_core::ErrorKind::TokenSource).
    /// This error's text becomes the detail, so it must not contain a token. The same cancellation can be driven on
    /// later.
    fn token(&mut self, why: TokenReason) -> impl Future<Output = Result<BearerToken, Self::Error>> + Send;

    /// The tokens that were given to others since this was asked last, the newest at the end. A driver hands them to
    /// its cancellation before it reads an answer: a server that knows them could echo them. The cancellation uses the
    /// last one from then on. None by default.
    fn newer(&mut self) -> Vec<BearerToken> {
        Vec::new()
    }
}

impl TokenSource for BearerToken {
    type Error = std::convert::Infallible;

    async fn token(&mut self, _: TokenReason) -> Result<Self, Self::Error> {
        Ok(self.clone())
    }
}

impl<S, F, E> TokenSource for S
where
    S: FnMut(TokenReason) -> F,
    F: Future<Output = Result<BearerToken, E>> + Send,
    E: fmt::Display,
{
    type Error = E;

    fn token(&mut self, why: TokenReason) -> impl Future<Output = Result<BearerToken, E>> + Send {
        self(why)
    }
}
