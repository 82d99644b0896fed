//! What the head of an answer may be, over HTTP/1.1 and HTTP/2.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{Either, select};
use http::{HeaderMap, Request};
use tokio::sync::Notify;

use crate::failure::BoxError;

/// The longest head, in bytes as HTTP/2 counts them (RFC 9113 §6.5.2). This is never less than its length in HTTP/1.1.
pub(super) const LONGEST: usize = 64 * 1024;
/// The most headers, as in ureq.
pub(super) const MOST_HEADERS: usize = 128;
/// What HTTP/2 adds for each header, in bytes.
const OF_A_HEADER: usize = 32;
/// The most informational answers (1xx) before the answer. A proxy sends a handful.
pub(super) const MOST_INFORMATIONAL: usize = 100;

/// Refuses a head that is too large, by the same count for both protocols.
pub(super) fn check(headers: &HeaderMap) -> Result<(), BoxError> {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + OF_A_HEADER).sum();
    if size > LONGEST || headers.len() > MOST_HEADERS {
        return Err("the head of the answer is too large".into());
    }
    Ok(())
}

/// Counts the informational answers to a request over HTTP/1.1. hyper skips them without a limit.
pub(super) struct Informational(Arc<Counted>);

#[derive(Default)]
struct Counted {
    answers: AtomicUsize,
    too_many: Notify,
}

impl Informational {
    pub(super) fn of<B>(request: &mut Request<B>) -> Self {
        let counted = Arc::new(Counted::default());
        let counting = Arc::clone(&counted);
        hyper::ext::on_informational(request, move |_| {
            if counting.answers.fetch_add(1, Ordering::Relaxed) == MOST_INFORMATIONAL {
                counting.too_many.notify_one();
            }
        });
        Self(counted)
    }

    /// The answer, if not too many of them come before it.
    pub(super) async fn before<T>(&self, answer: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
        let Counted { answers, too_many } = &*self.0;
        match select(pin!(answer), pin!(too_many.notified())).await {
            Either::Left((answer, _)) if answers.load(Ordering::Relaxed) <= MOST_INFORMATIONAL => answer,
            _ => Err("too many informational answers came before the answer".into()),
        }
    }
}
