//! What the [model check](crate::machine::model) takes for one state of a conversation.
//!
//! Everything is taken apart by name and without `..`: a new field is a decision to make here.

use std::hash::{Hash, Hasher};

use super::{Conversation, Stage};
use crate::codec::Operation;
use crate::machine::flight::Flight;
use crate::machine::model::LOOKS_TOLD_APART;
use crate::machine::watching::Watching;

impl Conversation {
    pub(in crate::machine) fn fingerprint(&self, hasher: &mut impl Hasher) {
        let Self {
            stage,
            posted,
            polls,
            noted,
            operation,
            now,
            deadline,
            flight,
            tokens,
            token_reason,
            rejections,
            failures,
            failed_posts,
            looks_anew,
            // Its text and its answer are for a person.
            last_failure,
            // So is this.
            started_since: _,
            // They are the same in one exploration.
            endpoint: _,
            request: _,
            policy: _,
            // How long a wait is decides nothing but when the deadline comes.
            pace: _,
            // An id is compared with the one that is out, which the machine has for itself.
            last_id: _,
            // The model's budget of crashes is smaller, and part of its state.
            resumes: _,
        } = self;
        stage.fingerprint(hasher);
        (posted.as_str(), *polls.min(&LOOKS_TOLD_APART), now >= deadline).hash(hasher);
        operation.as_ref().map(Operation::status).hash(hasher);
        noted.operations().len().hash(hasher);
        for noted in noted.operations() {
            (noted.id().as_str(), noted.status()).hash(hasher);
        }
        match flight {
            Flight::Due { at, repeated } => (at <= now, repeated).hash(hasher),
            Flight::Out { until: _ } => "out".hash(hasher),
        }
        tokens.usable().map(|token| token.header().as_bytes().to_vec()).hash(hasher);
        (token_reason, rejections, failures, failed_posts, looks_anew, last_failure.is_some()).hash(hasher);
    }
}

impl Stage {
    fn fingerprint(&self, hasher: &mut impl Hasher) {
        std::mem::discriminant(self).hash(hasher);
        if let Self::Watching(Watching { location, location_is_done, turn, index, location_failures, cancel_failed }) =
            self
        {
            location.as_ref().map(|named| (named.location.url().to_string(), named.by)).hash(hasher);
            (location_is_done, std::mem::discriminant(turn), index, location_failures, cancel_failed).hash(hasher);
        }
    }
}
