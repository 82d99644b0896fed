//! One token for many cancellations. It is replaced once, even when the service rejects it for many of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};

use cancel_core::{BearerToken, TokenReason};
use tokio::sync::Mutex;

use crate::tokens::TokenSource;

/// A source whose clones share one token. The inner source is asked once for all of them.
///
/// - Clones that ask while the inner source is being asked wait, and get the same token or the same error. If the
///   asking future is dropped, the next waiter asks instead.
/// - After a rejection the inner source is asked again only if the rejected token is still the shared one.
///
/// ```
/// # use cancel_core::{BearerToken, InvalidInput, TokenReason};
/// # use cancel_hyper::{SharedTokens, TokenSource};
/// # use futures_util::FutureExt;
/// let mut count = 0;
/// let source = SharedTokens::new(|_why| {
///     count += 1;
///     std::future::ready(BearerToken::new(format!("token-{count}")))
/// });
/// let (mut one, mut other) = (source.clone(), source);
/// # let both = async {
/// one.token(TokenReason::FirstUse).await?;
/// other.token(TokenReason::FirstUse).await?;
/// // The service rejects this token for both.
/// one.token(TokenReason::Rejected).await?;
/// other.token(TokenReason::Rejected).await?;
/// # Ok::<(), String>(())
/// # };
/// # both.now_or_never().unwrap()?;
/// # drop((one, other));
/// assert_eq!(count, 2);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct SharedTokens<T> {
    shared: Arc<Shared<T>>,
    /// The token that this clone was given, or told of, last.
    current: Option<BearerToken>,
    /// How many tokens there were when it was told of them last.
    known: usize,
}

#[derive(Debug)]
struct Shared<T> {
    /// How many answers the inner source has given.
    answers: AtomicU64,
    source: Mutex<Source<T>>,
    recent: std::sync::Mutex<Recent>,
}

/// The last tokens that were given: no conversation may show one of another's.
#[derive(Debug, Default)]
struct Recent {
    /// How many there were in all.
    count: usize,
    tokens: VecDeque<BearerToken>,
}

impl Recent {
    /// As many as a conversation remembers.
    const MAX: usize = 8;

    fn add(&mut self, token: BearerToken) {
        // A source can give the same one again.
        if self.tokens.back() == Some(&token) {
            return;
        }
        self.count += 1;
        self.tokens.push_back(token);
        if self.tokens.len() > Self::MAX {
            self.tokens.pop_front();
        }
    }
}

#[derive(Debug)]
struct Source<T> {
    source: T,
    last: Option<Result<BearerToken, String>>,
}

impl<T: TokenSource> SharedTokens<T> {
    /// Shares a source.
    pub fn new(source: T) -> Self {
        let source = Mutex::new(Source { source, last: None });
        Self {
            shared: Arc::new(Shared { answers: AtomicU64::new(0), source, recent: std::sync::Mutex::default() }),
            current: None,
            known: 0,
        }
    }
}

impl<T> Shared<T> {
    /// A clone that panics leaves the list whole.
    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for SharedTokens<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), current: None, known: 0 }
    }
}

impl<T: TokenSource + Send> TokenSource for SharedTokens<T> {
    type Error = String;

    async fn token(&mut self, why: TokenReason) -> Result<BearerToken, String> {
        let answers = &self.shared.answers;
        let before = answers.load(Ordering::Acquire);
        let mut source = self.shared.source.lock().await;
        let answered = answers.load(Ordering::Acquire);
        let is_rejected = |token: &BearerToken| why == TokenReason::Rejected && self.current.as_ref() == Some(token);
        let known = match &source.last {
            Some(last) if answered > before => Some(last.clone()),
            Some(Ok(token)) if !is_rejected(token) => Some(Ok(token.clone())),
            _ => None,
        };
        let answer = match known {
            Some(answer) => answer,
            None => {
                // If this future is dropped here, `answers` has not grown: the next waiter asks instead.
                let answer = source.source.token(why).await.map_err(|error| error.to_string());
                answers.fetch_add(1, Ordering::AcqRel);
                if let Ok(token) = &answer {
                    self.shared.recent().add(token.clone());
                }
                source.last = Some(answer.clone());
                answer
            }
        };
        if let Ok(token) = &answer {
            self.current = Some(token.clone());
        }
        answer
    }

    fn newer(&mut self) -> Vec<BearerToken> {
        let recent = self.shared.recent();
        // Of those from before its time, the one that was just replaced can still be echoed.
        let unknown = if self.known == 0 { 2 } else { recent.count - self.known };
        self.known = recent.count;
        // The conversation uses the last one from now on: when that is rejected, another is asked for.
        let newer: Vec<_> = recent.tokens.iter().skip(recent.tokens.len().saturating_sub(unknown)).cloned().collect();
        self.current = newer.last().cloned().or(self.current.take());
        newer
    }
}
