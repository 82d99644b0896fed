//! The body of an answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Response, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::waiting::Waiting;
use crate::failure::BoxError;

/// The body of an answer to [`Client`](crate::Client). It fails when the server ends it too early.
#[derive(Debug)]
pub struct ClientBody {
    incoming: Incoming,
    version: Version,
    waiting: Waiting,
}

impl ClientBody {
    pub(super) fn of(answer: Response<Incoming>, waiting: Waiting) -> Response<Self> {
        let version = answer.version();
        answer.map(|incoming| Self { incoming, version, waiting })
    }

    /// hyper takes a stream of HTTP/2 that was reset with `NO_ERROR` for one that has ended. Only the flag `END_STREAM`
    /// ends a message (RFC 9113 §8.1).
    fn is_cut_off(&self) -> bool {
        self.version == Version::HTTP_2 && !self.incoming.is_end_stream()
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let read = Pin::new(&mut self.incoming).poll_frame(context);
        self.waiting.is_waiting = read.is_pending();
        Poll::Ready(match ready!(read) {
            None if self.is_cut_off() => Some(Err("the stream ended before its body".into())),
            frame => frame.map(|frame| frame.map_err(Into::into)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
