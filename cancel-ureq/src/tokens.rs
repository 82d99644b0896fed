//! Where tokens come from.

use std::fmt;

use cancel_core::{BearerToken, TokenReason};

/// Gives a token whenever the machine asks: at the start, and after the service has rejected one.
///
/// Tokens are valid for about an hour, and a conversation can take longer. So prefer a source that can fetch a fresh
/// token over a single token.
///
/// A closure is a source. So is a [`BearerToken`], which is given again even after it was rejected. The
/// machine sends it a second time with a GET, and with a POST only after a list.
///
/// ```
/// use cancel_core::{BearerToken, InvalidInput, TokenReason};
/// use cancel_ureq::TokenSource;
///
/// # fn fetch() -> String { "eyJ0eXAi\n".to_owned() }
/// let source = |why: TokenReason| {
///     if why == TokenReason::Rejected {
///         eprintln!("the last token was rejected: fetching another");
///     }
///     BearerToken::new(fetch().trim()) // from the Azure CLI, from a secret store
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
    fn token(&mut self, why: TokenReason) -> Result<BearerToken, Self::Error>;
}

impl TokenSource for BearerToken {
    type Error = std::convert::Infallible;

    fn token(&mut self, _: TokenReason) -> Result<BearerToken, Self::Error> {
        Ok(self.clone())
    }
}

impl<F, E> TokenSource for F
where
    F: FnMut(TokenReason) -> Result<BearerToken, E>,
    E: fmt::Display,
{
    type Error = E;

    fn token(&mut self, why: TokenReason) -> Result<BearerToken, E> {
        self(why)
    }
}
