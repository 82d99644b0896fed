//! Whether the service can be reached at all. A name that does not resolve, or a port where nothing listens, is told
//! within seconds: a person who has mistyped the endpoint need not wait for five attempts.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cancel_core::{Cancellation, Event, OfferId};
use tokio::sync::Notify;
use tokio::time::sleep;

/// How long the first failure may be the only one.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many failures of one offer are enough before that. Those of many offers can be of one moment.
const ENOUGH: u32 = 2;

#[derive(Clone, Default)]
pub(crate) struct Contact(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    failed: Notify,
}

#[derive(Default)]
struct State {
    /// Something of the first requests may have arrived.
    made: bool,
    /// What is waited for: the first exchange of an offer, which may be the only one that arrives, and each POST, since
    /// nobody may be told that nothing went out.
    in_flight: HashSet<OfferId>,
    /// The offers of which an exchange was not sent, and how often.
    not_sent: HashMap<OfferId, u32>,
    why: String,
}

impl Contact {
    pub(crate) fn observe(&self, event: &Event<'_>, cancellation: &Cancellation) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let offer = cancellation.request().offer();
        match event {
            Event::Sending(exchange) if exchange.is_post() || !state.not_sent.contains_key(offer) => {
                state.in_flight.insert(offer.clone());
            }
            Event::Failed { why, not_sent: true, .. } => {
                state.in_flight.remove(offer);
                *state.not_sent.entry(offer.clone()).or_default() += 1;
                state.why = why.to_string();
                self.0.failed.notify_one();
            }
            Event::Answered { .. } | Event::Failed { .. } => state.made = true,
            _ => {}
        }
    }

    /// Counts as contact: a run that goes on has had it, and does not give up after seconds.
    pub(crate) fn is_made(&self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).made = true;
    }

    /// Ends with the reason when there is no contact, and otherwise not at all.
    pub(crate) async fn lost(&self) -> String {
        self.0.failed.notified().await;
        let patience = sleep(PATIENCE);
        tokio::pin!(patience);
        while self.read(|state| !state.made && state.not_sent.values().all(|failures| *failures < ENOUGH)) {
            tokio::select! {
                () = &mut patience => break,
                () = self.0.failed.notified() => {}
            }
        }
        // Where what is in flight was not sent either, that is one failure more.
        while self.read(|state| state.made || !state.in_flight.is_empty()) {
            self.0.failed.notified().await;
        }
        self.read(|state| state.why.clone())
    }

    fn read<T>(&self, what: impl FnOnce(&State) -> T) -> T {
        what(&self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
