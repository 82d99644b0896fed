//! What the [model check](crate::machine::model) takes for one state of the machine, and what it may look at.

use std::hash::{Hash, Hasher};

use super::Cancellation;
use crate::machine::conversation::Conversation;
use crate::machine::outcome::Proof;

impl Cancellation {
    pub(in crate::machine) fn fingerprint(&self, hasher: &mut impl Hasher) {
        let Self { conversation, result } = self;
        conversation.fingerprint(hasher);
        match result.as_deref() {
            None => "goes on".hash(hasher),
            // The texts of an error decide nothing.
            Some(Err(error)) => (error.kind(), error.posted().as_str()).hash(hasher),
            Some(Ok(outcome)) => {
                let proof = outcome.proof().map(Proof::as_str);
                (outcome.as_str(), proof, outcome.posted().as_str()).hash(hasher);
                for noted in outcome.operations() {
                    (noted.id().as_str(), noted.status()).hash(hasher);
                }
            }
        }
    }

    pub(in crate::machine) fn conversation(&self) -> &Conversation {
        &self.conversation
    }
}
