//! What can happen next.

use std::fmt;

use super::setting::{A_WHILE, OPERATIONS, SOMEONES};
use crate::testing::portal::{CancelBehavior, End};

/// One thing that happens. What it does is in [`World`](super::world::World).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The driver writes the checkpoint, asks the machine what to do, and does it: a GET leaves; a POST is held until
    /// the next event.
    Step,
    /// The same, after the driver has kept the next POST waiting for long.
    StepLate,
    /// The driver writes the checkpoint and sends the POST.
    Leave,
    /// The driver does not send the POST.
    Withhold,
    /// The request arrives, and the service does what is asked: a cancel in one of its ways.
    Arrive(CancelBehavior),
    /// The same, and the network keeps a copy of the POST.
    ArriveTwice(CancelBehavior),
    /// A replica answers a GET, and shows how the offer stood at first.
    AskReplica,
    /// The connection is refused.
    NotSent,
    /// The connection breaks, and the request is lost.
    LoseRequest,
    /// The exchange times out while the request is on its way.
    TimeOut,
    /// A gateway answers, and the request is lost.
    Gateway(Says),
    /// The answer arrives.
    Deliver,
    /// The connection breaks, and the answer is lost.
    LoseAnswer,
    /// A gateway answers, and the service's answer is lost.
    Replace(Says),
    /// The head of the answer arrives, and half of its body.
    Cut,
    /// The process is killed, and another one resumes the last durable checkpoint.
    Crash,
    /// A POST that timed out, or a copy of one, arrives.
    Stray(CancelBehavior),
    /// An operation ends.
    Ends(usize, End),
    /// Someone else starts an operation.
    Starts,
    /// The cancels that the service has accepted take effect, complete or fail.
    ServiceGoesOn,
    TokenExpires,
    DeadlinePasses,
}

/// An answer that is not the service's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// This status, and a page that holds the token.
    Status(u16),
    /// 202, and a location on another host.
    Elsewhere,
}

/// Every way a cancel can go.
pub(super) const CANCELS: [CancelBehavior; 6] = [
    CancelBehavior::AtOnce,
    CancelBehavior::After(A_WHILE),
    CancelBehavior::LosesRace,
    CancelBehavior::DoesNothing { completes_after: Some(A_WHILE) },
    CancelBehavior::DoesNothing { completes_after: None },
    CancelBehavior::Fails { after: A_WHILE },
];

/// Every way that matters for one of whose answer nobody hears: to do nothing is not to arrive.
pub(super) const STRAYS: [CancelBehavior; 2] = [CancelBehavior::AtOnce, CancelBehavior::After(A_WHILE)];

/// What asks for nothing more of the service than that it answers.
pub(super) const READ: CancelBehavior = CancelBehavior::AtOnce;

pub(super) const ENDS: [End; 3] = [End::Completed, End::Failed, End::Canceled];

/// One of each class of status. 200 is a word that no gateway can give, 202 is without a location.
pub(super) const SAYS: [Says; 14] = [
    Says::Status(200),
    Says::Status(202),
    Says::Elsewhere,
    Says::Status(204),
    Says::Status(303),
    Says::Status(400),
    Says::Status(401),
    Says::Status(404),
    Says::Status(408),
    Says::Status(409),
    Says::Status(422),
    Says::Status(429),
    Says::Status(500),
    Says::Status(503),
];

impl Event {
    /// What happens by itself, sooner or later, when nothing goes wrong.
    pub(super) fn is_fair(self) -> bool {
        matches!(
            self,
            Self::Step | Self::Leave | Self::Arrive(_) | Self::Deliver | Self::Ends(..) | Self::ServiceGoesOn
        )
    }

    /// Whether it happens to a request or its answer.
    pub(super) fn is_about_the_exchange(self) -> bool {
        self.is_fault() || matches!(self, Self::Leave | Self::Arrive(_) | Self::Deliver)
    }

    pub(super) fn is_fault(self) -> bool {
        matches!(
            self,
            Self::StepLate
                | Self::Withhold
                | Self::AskReplica
                | Self::ArriveTwice(_)
                | Self::NotSent
                | Self::LoseRequest
                | Self::TimeOut
                | Self::Gateway(_)
                | Self::LoseAnswer
                | Self::Replace(_)
                | Self::Cut
        )
    }
}

impl Says {
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Status(status) => status,
            Self::Elsewhere => 202,
        }
    }
}

/// As a line of a conversation. What a request or an answer is has to be said before it.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Step => f.write_str("driver   writes the checkpoint and asks the machine:"),
            Self::StepLate => f.write_str("driver   is kept waiting, writes the checkpoint and asks the machine:"),
            Self::Withhold => f.write_str("driver   does not send"),
            Self::Leave => f.write_str("driver   writes the checkpoint and sends"),
            Self::Arrive(_) => f.write_str("service  gets"),
            Self::AskReplica => f.write_str("replica  gets"),
            Self::ArriveTwice(_) => f.write_str("network  doubles the request; service gets"),
            Self::NotSent => f.write_str("network  refuses the connection for"),
            Self::LoseRequest | Self::LoseAnswer => f.write_str("network  breaks and loses"),
            Self::TimeOut => f.write_str("driver   times out; still on its way:"),
            Self::Gateway(says) => write!(f, "gateway  answers {says} instead of the service, to"),
            Self::Deliver => f.write_str("driver   hears"),
            Self::Replace(says) => write!(f, "gateway  answers {says} instead of"),
            Self::Cut => f.write_str("network  cuts the body of"),
            Self::Crash => f.write_str("driver   is killed, and another resumes the checkpoint"),
            Self::Stray(behavior) => write!(f, "service  gets a POST that timed out: {}", words(behavior)),
            Self::Ends(index, end) => write!(f, "service  {} ends: {end:?}", OPERATIONS[index]),
            Self::Starts => write!(f, "someone  starts {}", OPERATIONS[SOMEONES]),
            Self::ServiceGoesOn => f.write_str("service  finishes its cancels"),
            Self::TokenExpires => f.write_str("service  the token expires"),
            Self::DeadlinePasses => f.write_str("time     the deadline passes"),
        }
    }
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Elsewhere => f.write_str("202 with a foreign location"),
        }
    }
}

/// What a cancel does.
pub(super) fn words(behavior: CancelBehavior) -> &'static str {
    match behavior {
        CancelBehavior::AtOnce => "it cancels at once",
        CancelBehavior::After(_) => "it will cancel",
        CancelBehavior::LosesRace => "it will lose the race",
        CancelBehavior::DoesNothing { completes_after: Some(_) } => "it does nothing and will say `completed`",
        CancelBehavior::DoesNothing { completes_after: None } => "it does nothing",
        CancelBehavior::Fails { .. } => "it will fail",
    }
}
