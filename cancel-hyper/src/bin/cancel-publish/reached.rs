//! Counts it as contact when the service refuses a request that it has not begun with: nothing was sent, but the service
//! was reached, and may take the next one.

use std::error::Error;
use std::future::Future;
use std::iter::successors;
use std::pin::Pin;
use std::task::{Context, Poll};

use cancel_hyper::BoxError;
use http::Request;
use tower_service::Service;

use crate::contact::Contact;

#[derive(Clone)]
pub(crate) struct Reached<S> {
    pub(crate) service: S,
    pub(crate) contact: Contact,
}

impl<S, B> Service<Request<B>> for Reached<S>
where
    S: Service<Request<B>, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (answer, contact) = (self.service.call(request), self.contact.clone());
        Box::pin(async move {
            let answer = answer.await;
            if answer.as_ref().is_err_and(|error| is_said_over_http2(&**error)) {
                contact.is_made();
            }
            answer
        })
    }
}

/// Whether the other side has ended the stream or the connection by a frame.
fn is_said_over_http2(error: &(dyn Error + 'static)) -> bool {
    let mut chain = successors(Some(error), |&error| error.source());
    chain.any(|error| error.downcast_ref().is_some_and(h2::Error::is_remote))
}
