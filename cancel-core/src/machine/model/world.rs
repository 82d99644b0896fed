//! One state of everything: the machine and its driver, the network, the service, and what may still go wrong.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, LOCATION};
use http::{Request, Response};

use super::POLLS_TOLD_APART;
use super::event::{CANCELS, ENDS, Event, READ, SAYS, STRAYS, Says};
use super::setting::{A_WHILE, Budget, OFFER, OPERATIONS, PUBLISHER, SOMEONES, Set, Setting, one};
use crate::machine::checkpoint::Checkpoint;
use crate::machine::step::ExchangeId;
use crate::machine::{self, Cancellation};
use crate::testing::ledger::{Known, Ledger};
use crate::testing::portal::{End, Portal};

#[derive(Clone)]
pub(super) struct World {
    pub(super) machine: Rc<Cancellation>,
    pub(super) durable: Rc<Durable>,
    pub(super) phase: Phase,
    pub(super) portal: Rc<Portal>,
    /// A POST that timed out and is still on its way, or a copy of one.
    pub(super) stray: Option<Rc<Request<Bytes>>>,
    /// The service's clock, in steps of [`A_WHILE`].
    pub(super) service_time: u32,
    /// A cancel takes effect, completes or fails when the service goes on.
    pub(super) cancels_pending: bool,
    /// A cancel operation runs for ever.
    pub(super) endless: bool,
    /// The number of the token that is accepted.
    pub(super) token: u8,
    pub(super) left: Budget,
    /// As in the setting.
    pub(super) names_the_publish: bool,
    pub(super) ledger: Ledger,
}

/// What a crash leaves.
pub(super) struct Durable {
    pub(super) checkpoint: Checkpoint,
    /// What the ledger knew when it was written.
    pub(super) known: Known,
}

/// Where the conversation stands.
#[derive(Clone)]
pub(super) enum Phase {
    /// The machine was told something, or has just begun, and the driver has not written the checkpoint.
    Told,
    /// A POST was handed out, and the driver has not written the checkpoint.
    Held(Rc<Sent>),
    ToService(Rc<Sent>),
    ToClient(Rc<Sent>, Rc<Reply>),
    Over,
}

pub(super) struct Sent {
    pub(super) id: ExchangeId,
    pub(super) request: Request<Bytes>,
    pub(super) post: bool,
}

pub(super) struct Reply {
    pub(super) response: Response<Bytes>,
    /// The service's own, not a gateway's.
    pub(super) own: bool,
    /// What it says of operations: all that the machine reads of a body.
    pub(super) words: String,
    /// What was in progress when it was made.
    pub(super) in_progress: Set,
}

impl World {
    pub(super) fn new(setting: &Setting) -> Self {
        let machine = setting.machine();
        Self {
            durable: Rc::new(Durable { checkpoint: machine.checkpoint(), known: Known::default() }),
            machine: Rc::new(machine),
            phase: Phase::Told,
            portal: Rc::new(setting.portal()),
            stray: None,
            service_time: 0,
            cancels_pending: false,
            endless: false,
            token: 0,
            left: setting.budget,
            names_the_publish: setting.names_the_publish,
            ledger: Ledger::new(setting.terms()),
        }
    }

    /// Whether the conversation is over.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    pub(super) fn service_now(&self) -> Duration {
        A_WHILE * self.service_time
    }

    pub(super) fn truth(&self) -> Vec<(String, &'static str)> {
        self.portal.truth(PUBLISHER, OFFER, self.service_now())
    }

    pub(super) fn in_progress(&self) -> Set {
        let truth = self.truth();
        let running = truth.iter().filter(|(_, word)| *word == "running");
        let indices = running.filter_map(|(id, _)| OPERATIONS.iter().position(|name| name == id));
        indices.fold(0, |set, index| set | one(index))
    }

    /// Everything that can happen next, within the budgets.
    pub(super) fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        self.conversation_events(&mut events);
        if self.can_crash() {
            events.push(Event::Crash);
        }
        if self.machine.result().is_none() {
            events.push(Event::DeadlinePasses);
        }
        if matches!(self.phase, Phase::ToService(_)) {
            self.service_events(&mut events);
        }
        events
    }

    fn can_crash(&self) -> bool {
        let has_outcome = self.machine.result().is_some_and(Result::is_ok);
        self.left.crashes > 0 && !(self.is_over() && has_outcome)
    }

    /// What happens at the service, before a request arrives there. At any other time the client could not notice.
    fn service_events(&self, events: &mut Vec<Event>) {
        if self.left.starts > 0 {
            events.push(Event::Starts);
        }
        if self.left.expiries > 0 {
            events.push(Event::TokenExpires);
        }
        if self.cancels_pending {
            events.push(Event::ServiceGoesOn);
        }
        if self.stray.is_some() {
            events.extend(STRAYS.map(Event::Stray));
        }
        let in_progress = self.in_progress();
        for index in (0..=SOMEONES).filter(|index| in_progress & one(*index) != 0) {
            // Only a location that names it tells `failed` from `completed`.
            let told_apart = |end| end != End::Failed || self.names_the_publish;
            // Only this client cancels what somebody else has started.
            let can_be = |end| index != SOMEONES || end != End::Canceled;
            let ends = ENDS.into_iter().filter(|end| told_apart(*end) && can_be(*end));
            events.extend(ends.map(|end| Event::Ends(index, end)));
        }
    }

    fn conversation_events(&self, events: &mut Vec<Event>) {
        let faults = self.left.faults > 0;
        match &self.phase {
            Phase::Told => {
                events.push(Event::Step);
                if faults && self.machine.progress().phase == machine::Phase::Posting {
                    events.push(Event::StepLate);
                }
            }
            Phase::Held(_) => {
                events.push(Event::Leave);
                if faults {
                    events.push(Event::Withhold);
                }
            }
            Phase::ToService(sent) => {
                let ways: &[_] = if sent.post { &CANCELS } else { &[READ] };
                events.extend(ways.iter().copied().map(Event::Arrive));
                if faults {
                    if sent.post && self.stray.is_none() {
                        events.extend(ways.iter().copied().map(Event::ArriveTwice));
                    }
                    if !sent.post && !self.cancel_has_failed() {
                        events.push(Event::AskReplica);
                    }
                    events.extend([Event::NotSent, Event::LoseRequest, Event::TimeOut]);
                    events.extend(self.gateway(sent).map(Event::Gateway));
                }
            }
            Phase::ToClient(sent, reply) => {
                events.push(Event::Deliver);
                if faults && reply.own {
                    events.extend([Event::LoseAnswer, Event::Cut]);
                    // To a GET it is the same as an answer in place of the service's.
                    if sent.post {
                        events.extend(self.gateway(sent).map(Event::Replace));
                    }
                } else if faults {
                    events.push(Event::LoseAnswer);
                }
            }
            Phase::Over => {}
        }
    }

    /// A replica is not asked then: `still_running` is as old as the answer that it rests on.
    fn cancel_has_failed(&self) -> bool {
        let phase = &self.machine.conversation().phase;
        matches!(phase, machine::phase::Phase::Verifying(verifying) if verifying.cancel_failed.is_some())
    }

    /// What a gateway can say. It says that an operation is running only when that is true.
    fn gateway(&self, sent: &Sent) -> impl Iterator<Item = Says> + use<> {
        let path = sent.request.uri().path();
        let asked = OPERATIONS.iter().position(|id| path.ends_with(id));
        let has_ended = asked.is_some_and(|index| self.in_progress() & one(index) == 0);
        SAYS.into_iter().filter(move |says| !(has_ended && says.status() == 202))
    }

    /// Two states with the same print go on in the same way.
    pub(super) fn fingerprint(&self) -> u64 {
        let Self {
            machine,
            durable,
            phase,
            portal,
            stray,
            service_time,
            cancels_pending,
            endless,
            token,
            left,
            names_the_publish: _,
            ledger,
        } = self;
        let mut hasher = DefaultHasher::new();
        machine.conversation().fingerprint(&mut hasher);
        if self.is_over() && !self.can_crash() {
            return hasher.finish();
        }
        durable.fingerprint(&mut hasher);
        phase.fingerprint(&mut hasher);
        portal.hash(&mut hasher);
        stray.as_ref().map(|request| hash_of_request(request)).hash(&mut hasher);
        (service_time, cancels_pending, endless, token, left, ledger).hash(&mut hasher);
        hasher.finish()
    }
}

/// Two machines with the same print go on in the same way.
pub(super) fn print_of(machine: &Cancellation) -> u64 {
    let mut hasher = DefaultHasher::new();
    machine.conversation().fingerprint(&mut hasher);
    hasher.finish()
}

fn hash_of_request(request: &Request<Bytes>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let token = request.headers().get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
    (request.method(), request.uri(), token).hash(&mut hasher);
    hasher.finish()
}

impl Phase {
    fn fingerprint(&self, hasher: &mut impl Hasher) {
        std::mem::discriminant(self).hash(hasher);
        match self {
            Self::Told | Self::Over => {}
            Self::Held(sent) | Self::ToService(sent) => hash_of_request(&sent.request).hash(hasher),
            Self::ToClient(sent, reply) => {
                hash_of_request(&sent.request).hash(hasher);
                let Reply { response, own, words, in_progress } = &**reply;
                let headers = response.headers();
                let location = (headers.get(LOCATION), headers.get("operation-location"));
                (response.status(), location, words, own, in_progress).hash(hasher);
            }
        }
    }
}

impl Durable {
    fn fingerprint(&self, hasher: &mut impl Hasher) {
        let Self { checkpoint, known } = self;
        let Checkpoint {
            phase,
            posted,
            polls,
            failed_gets,
            failed_posts,
            over,
            // They are the same in one exploration.
            version: _,
            endpoint: _,
            api_version: _,
            request: _,
            others: _,
            until: _,
            // As in the conversation's.
            polling_since_ms: _,
            resumes: _,
            due_ms: _,
            // Only whether it has passed counts: a resumed run has its own clock.
            now_ms,
            deadline_ms,
        } = checkpoint;
        (phase, posted, polls.min(&POLLS_TOLD_APART), failed_gets, failed_posts, over).hash(hasher);
        (known, now_ms >= deadline_ms).hash(hasher);
    }
}
