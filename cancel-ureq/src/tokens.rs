//! Where tokens come from.

use std::fmt;

use cancel_core::{BearerToken, TokenReason};

/// Gives a token whenever the machine asks: at first, and after the service has rejected one. Tokens live about an hour, and a
/// conversation can take longer: so a source that can give a fresh one is better than one token.
///
/// A closure is a source; so is a [`BearerToken`], which is given again even when it was rejected.
///
/// ```
/// use cancel_core::{BearerToken, InvalidInput, TokenReason};
/// use cancel_ureq::TokenSource;
///
/// # fn fetch() -> String { "eyJ0eXAi\n".to_owned() }
/// let source = |why: TokenReason| {
///     if why == TokenReason::Rejected {
///         eprintln!("the last token is not accepted: fetching another");
///     }
///     BearerToken::new(fetch().trim()) // from the Azure CLI, from a secret store
/// };
/// # fn is_one<T: TokenSource<Error = InvalidInput>>(_: T) {}
/// # is_one(source);
/// ```
pub trait TokenSource {
    /// Why there is no token.
    type Error: fmt::Display;

    /// Gives a token; a fresh one when the last was [`Rejected`](TokenReason::Rejected).
    ///
    /// # Errors
    ///
    /// When there is none. The driver then stops with [`ErrorKind::TokenSource`](cancel_core::ErrorKind::TokenSource), whose detail is this error's
    /// text: it must not hold a token. The same cancellation can be driven again later.
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
