//! What the [model check](crate::machine::model) takes for one state of a conversation.
//!
//! Everything is taken apart by name and without `..`: a new field is a decision to make here.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use super::Conversation;
use crate::codec::Operation;
use crate::machine::context::Context;
use crate::machine::in_flight::State;
use crate::machine::model::POLLS_TOLD_APART;
use crate::machine::outcome::Proof;
use crate::machine::phase::{Asking, Following, POLLS_AFTER_FAILURE, Phase, Posting, Rechecking, Verifying};
use crate::machine::retries::Retries;

impl Conversation {
    pub(in crate::machine) fn fingerprint(&self, hasher: &mut impl Hasher) {
        let Self { cx, phase, exchanges, result } = self;
        cx.fingerprint(hasher);
        phase.fingerprint(hasher);
        // An id is compared with the one in flight, which the machine has for itself.
        match exchanges.state() {
            State::Due { at, is_repeat } => (at <= cx.now, is_repeat).hash(hasher),
            State::InFlight { until: _ } => "in flight".hash(hasher),
        }
        match result.as_deref() {
            None => "goes on".hash(hasher),
            // The texts of an error decide nothing.
            Some(Err(error)) => (error.kind(), error.posted()).hash(hasher),
            Some(Ok(outcome)) => {
                let proof = outcome.proof().map(Proof::as_str);
                (outcome.as_str(), proof, outcome.posted()).hash(hasher);
                for tracked in outcome.operations() {
                    (tracked.id(), tracked.status()).hash(hasher);
                }
            }
        }
    }
}

impl Context {
    fn fingerprint(&self, hasher: &mut impl Hasher) {
        let Self {
            now,
            deadline,
            posted,
            polls,
            operation,
            // The text and the answer of the last error are for a person.
            retries: Retries { gets, posts, last_error },
            tokens,
            remarks,
            // The model's budget of crashes is smaller, and part of its state.
            resumes: _,
            // They are the same in one exploration.
            asked: _,
            // How long a wait is decides nothing but when the deadline comes. The model has no time for the others to
            // count.
            handed_out: _,
            polling_since: _,
        } = self;
        (posted, polls.min(&POLLS_TOLD_APART), now >= deadline).hash(hasher);
        operation.as_ref().map(Operation::status).hash(hasher);
        (gets, posts, last_error.is_some(), remarks.as_ref().map(|remarks| remarks.others.len())).hash(hasher);
        tokens.usable().map(|token| token.header().as_bytes().to_vec()).hash(hasher);
        tokens.rejections().hash(hasher);
    }
}

impl Phase {
    fn fingerprint(&self, hasher: &mut impl Hasher) {
        discriminant(self).hash(hasher);
        match self {
            Self::Listing(_) => {}
            Self::Asking(Asking { operation, others }) => (operation, others.len()).hash(hasher),
            Self::Stuck(stuck) => discriminant(stuck).hash(hasher),
            Self::Posting(Posting { listed, in_doubt, waited }) => {
                // Whether the list is old is told when the POST is handed out. What else was on it, the portal
                // remembers.
                (listed.as_ref().map(|listed| &listed.baseline), in_doubt, waited).hash(hasher);
            }
            Self::Rechecking(Rechecking { baseline, why, waited }) => {
                (baseline, discriminant(why), waited).hash(hasher);
            }
            Self::Following(Following { location }) => location.hash(hasher),
            Self::Verifying(Verifying {
                baseline,
                sent,
                current,
                poll_refused,
                location,
                location_is_next,
                cancel_failed,
            }) => {
                (baseline, discriminant(sent), current, poll_refused.is_some(), location_is_next).hash(hasher);
                location.as_ref().map(|polled| (&polled.named, polled.failures, polled.is_done)).hash(hasher);
                cancel_failed
                    .as_deref()
                    .map(|failed| (failed.polls.min(POLLS_AFTER_FAILURE), failed.still_running))
                    .hash(hasher);
            }
        }
    }
}
