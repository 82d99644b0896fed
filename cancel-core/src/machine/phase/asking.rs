//! One operation, which the list does not show: `only_if_running` asks for it itself.

use bytes::Bytes;
use http::Request;

use super::listing::not_running;
use super::poll::PollAnswer;
use super::state::{Asking, Listing, Phase, Transition};
use crate::codec::GetOperation;
use crate::error::{Error, ErrorKind};
use crate::machine::context::{Context, Received};
use crate::machine::next::Next;
use crate::values::BearerToken;

impl Asking {
    pub(super) fn request(&self, cx: &Context, token: &BearerToken) -> Request<Bytes> {
        let (publisher, offer) = (cx.asked.request.publisher.clone(), cx.asked.request.offer.clone());
        cx.poll(GetOperation::new(publisher, offer, self.operation.clone()), token)
    }

    pub(super) fn answered(self, cx: &mut Context, received: &Received) -> Transition {
        let answer = PollAnswer::read(received, false);
        if answer.is_running() {
            // The list lags. It is read again, as often as a list that cannot be read.
            let error = Error::new(ErrorKind::MalformedBody, "the list does not show an operation that is in progress");
            return Phase::from(Listing).with(cx.retry_get(error, received.retry_after()));
        }
        match answer {
            PollAnswer::Transient(error) => Phase::from(self).with(cx.retry_get(error, received.retry_after())),
            PollAnswer::Refused(error) if error.kind() != ErrorKind::NotFound => {
                Phase::from(self).with(Next::error(error))
            }
            _ => Phase::from(Listing).with(Next::outcome(not_running(self.others))),
        }
    }

    pub(super) fn failed(self, cx: &mut Context, error: Error) -> Transition {
        Phase::from(self).with(cx.retry_get(error, None))
    }
}
