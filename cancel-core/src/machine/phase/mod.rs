//! What is asked for in each phase, and what an answer or a failure means there.
//!
//! [`state`] says what a phase owns. Each phase has a file with `request`, `answered` and `failed`. The last two
//! consume the phase and give a [`Transition`]. A phase does not know which exchange is in flight, and no token but the
//! one that it is given.

mod asking;
mod following;
mod list;
mod listing;
mod poll;
mod posting;
mod rechecking;
mod second_post;
mod state;
mod stuck;
mod verifying;

use bytes::Bytes;
use http::Request;

pub(super) use second_post::{Delivery, after_post};
#[cfg(all(test, feature = "testing"))]
pub(super) use state::Asking;
pub(super) use state::{
    CancelFailed, Following, Listing, Phase, Posting, Recheck, Rechecking, Sent, Stuck, Transition, Verifying,
};
pub(super) use stuck::nothing_to_ask_for;
#[cfg(all(test, feature = "testing"))]
pub(super) use verifying::POLLS_AFTER_FAILURE;

use super::context::{Context, Received};
use super::next::Next;
use super::progress;
use super::step::Failure;
use crate::error::Error;
use crate::values::BearerToken;

impl Phase {
    /// The exchange of this phase. `Stuck` has none.
    pub(super) fn request(&self, cx: &Context, token: &BearerToken) -> Option<Request<Bytes>> {
        Some(match self {
            Self::Listing(_) | Self::Rechecking(_) => cx.list(token),
            Self::Asking(asking) => asking.request(cx, token),
            Self::Posting(_) => cx.asked.request.to_http(&cx.asked.endpoint, token),
            Self::Following(following) => following.request(cx, token),
            Self::Verifying(verifying) => verifying.request(cx, token),
            Self::Stuck(_) => return None,
        })
    }

    /// Whether it waits for the end of an operation.
    pub(super) fn polls(&self) -> bool {
        matches!(self, Self::Following(_) | Self::Verifying(_))
    }

    /// Whether polls follow where its exchange hangs.
    pub(super) fn leads_to_polls(&self) -> bool {
        match self {
            Self::Posting(posting) => posting.listed.is_some(),
            Self::Rechecking(rechecking) => !matches!(rechecking.why, Recheck::Unprocessed),
            Self::Following(_) | Self::Verifying(_) => true,
            Self::Listing(_) | Self::Asking(_) | Self::Stuck(_) => false,
        }
    }

    /// Whether the last POST may have been processed, and no answer said so.
    pub(super) fn is_in_doubt(&self) -> bool {
        match self {
            Self::Posting(posting) => posting.in_doubt,
            Self::Rechecking(rechecking) => matches!(rechecking.why, Recheck::InDoubt),
            Self::Verifying(verifying) => matches!(verifying.sent, Sent::InDoubt { .. }),
            Self::Listing(_) | Self::Asking(_) | Self::Following(_) | Self::Stuck(_) => false,
        }
    }

    /// Whether the next exchange is the list.
    pub(super) fn asks_for_list(&self) -> bool {
        match self {
            Self::Listing(_) | Self::Rechecking(_) => true,
            Self::Verifying(verifying) => verifying.poll_refused.is_some(),
            Self::Asking(_) | Self::Posting(_) | Self::Following(_) | Self::Stuck(_) => false,
        }
    }

    pub(super) fn answered(self, cx: &mut Context, received: &Received) -> Transition {
        match self {
            Self::Listing(listing) => listing.answered(cx, received),
            Self::Asking(asking) => asking.answered(cx, received),
            Self::Posting(posting) => posting.answered(cx, received),
            Self::Rechecking(rechecking) => rechecking.answered(cx, received),
            Self::Following(following) => following.answered(cx, received),
            Self::Verifying(verifying) => verifying.answered(cx, received),
            Self::Stuck(stuck) => stuck.end(),
        }
    }

    /// There is no answer. `error` says the same for a person.
    pub(super) fn failed(self, cx: &mut Context, failure: &Failure, error: Error) -> Transition {
        match self {
            Self::Posting(posting) => posting.failed(cx, failure, error),
            get if failure.is_the_callers() => get.again(cx),
            Self::Listing(listing) => listing.failed(cx, error),
            Self::Asking(asking) => asking.failed(cx, error),
            Self::Rechecking(rechecking) => rechecking.failed(cx, error),
            Self::Following(following) => following.failed(cx, error),
            Self::Verifying(verifying) => verifying.failed(cx, error),
            Self::Stuck(stuck) => stuck.end(),
        }
    }

    /// The service does not take the token: the same exchange again, with a fresh one.
    pub(super) fn rejected(self, cx: &mut Context, error: Error) -> Transition {
        match self {
            Self::Posting(posting) => posting.rejected(cx, error),
            get => get.with(Next::Again),
        }
    }

    /// The same exchange again: the caller did not send it. A POST follows the rule on a second POST.
    pub(super) fn again(self, cx: &Context) -> Transition {
        let phase = match self {
            Self::Posting(posting) => posting.again(cx),
            get => get,
        };
        phase.with(Next::Again)
    }

    /// What happens before the next exchange is handed out.
    pub(super) fn before_hand_out(&mut self, cx: &mut Context, is_repeat: bool) {
        match self {
            Self::Posting(posting) => {
                if let Some(recheck) = posting.if_stale(cx.now) {
                    *self = recheck;
                }
            }
            Self::Following(_) | Self::Verifying(_) if !is_repeat => cx.polls = cx.polls.saturating_add(1),
            _ => {}
        }
    }

    /// How a person is told of it.
    pub(super) fn name(&self) -> progress::Phase {
        match self {
            Self::Listing(_) | Self::Asking(_) => progress::Phase::Listing,
            Self::Posting(_) => progress::Phase::Posting,
            Self::Rechecking(_) => progress::Phase::Rechecking,
            Self::Following(_) => progress::Phase::Following,
            Self::Verifying(_) => progress::Phase::Verifying,
            Self::Stuck(_) => progress::Phase::Done,
        }
    }
}
