//! Where tokens come from.

use std::fmt;
use std::future::Future;

use cancel_core::{BearerToken, TokenReason};

/// Gives a token whenever the machine asks: at first, and after the service has rejected one. Tokens live about an hour,
/// an operation can take longer.
///
/// While a token is awaited, a service with permits may hold one for the request that needs it: a source that calls the same service
/// must not need another.
///
/// A closure that returns a future is a source; so is a [`BearerToken`], which is given again even when it was rejected.
pub trait TokenSource {
    /// Why there is no token.
    type Error: fmt::Display;

    /// Gives a token; a fresh one when the last was [`Rejected`](TokenReason::Rejected).
    ///
    /// # Errors
    ///
    /// When there is none. The driver then stops with [`Error::TokenSource`](cancel_core::Error::TokenSource), and can
    /// go on later. The error's text must not hold a token.
    fn token(&mut self, why: TokenReason) -> impl Future<Output = Result<BearerToken, Self::Error>> + Send;
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
