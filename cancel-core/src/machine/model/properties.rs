//! What must hold in every state, and what has to be remembered to tell.
//!
//! Everything here is judged from outside of the machine: by what left the driver, by what the service's answers showed
//! when they were made, and by the portal's truth.

use super::setting::{ATTEMPTS, OPERATIONS, Set, Setting, one};
use super::text::names;
use super::world::{Phase, World};
use crate::error::{Error, Posted};
use crate::machine::{ExchangeId, Failure, Outcome, Proof, Until};

/// A property that does not hold, by its number in the list of the [model](super), and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) property: u8,
    pub(super) why: String,
}

pub(super) type Holds = Result<(), Violation>;

pub(super) fn must(property: u8, holds: bool, why: impl FnOnce() -> String) -> Holds {
    if holds { Ok(()) } else { Err(Violation { property, why: why() }) }
}

/// What became of the last POST that left, as far as anybody on the client's side was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Fate {
    /// None left.
    #[default]
    NoneLeft,
    Out,
    /// 401, 408, 429: not processed.
    NotProcessed,
    /// Another 4xx: refused.
    Refused,
    /// 200 or 202.
    Taken,
    /// Anything else, or nothing.
    Unknown,
}

/// What has happened, as far as a property asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Ghost {
    /// What was in progress on the first list that was read.
    pub(super) noted: Option<Set>,
    /// What was in progress on the last list that this process has read since a POST left.
    pub(super) look: Option<Set>,
    pub(super) fate: Fate,
    /// What both were before the POST that is out.
    before: Option<(Option<Set>, Fate)>,
    /// The POST that is next was kept waiting.
    kept: bool,
    /// POSTs since the run has had its counters.
    posts: u8,
    pub(super) left: bool,
    pub(super) answered: bool,
}

impl Ghost {
    /// A POST leaves.
    pub(super) fn post_leaves(&mut self, setting: &Setting, crashes: u8) -> Holds {
        must(3, self.fate != Fate::Out, || "a POST leaves while another is out".to_owned())?;
        if let Some(look) = self.look {
            let others = look & !self.noted.unwrap_or(0);
            must(3, others == 0, || format!("a POST leaves after a look that showed {}", names(others)))?;
        }
        let by_look =
            setting.until == Until::Verified && self.look.is_some_and(|look| look != 0 && holds_only(setting, look));
        // In `Verified` there is a look directly before each POST, and what became of the one before does not matter.
        let allowed = match (setting.until, self.fate) {
            (_, Fate::Out) => false,
            (Until::Verified, _) => by_look,
            (_, Fate::NoneLeft | Fate::NotProcessed | Fate::Refused) => true,
            (_, Fate::Unknown) => setting.retry_ambiguous,
            (_, Fate::Taken) => false,
        };
        must(3, allowed, || {
            format!("a POST leaves without a reason: the last is {:?}, the look {:?}", self.fate, self.look)
        })?;
        self.posts += 1;
        let bound = 2 * ATTEMPTS + crashes;
        must(5, self.posts <= bound, || {
            format!("POST number {} leaves, of {bound} that the bounds allow", self.posts)
        })?;
        self.before = Some((self.look, self.fate));
        self.fate = Fate::Out;
        self.look = None;
        self.kept = false;
        Ok(())
    }

    /// What was seen is out of date, for once: where every request waits there is no other.
    pub(super) fn kept_waiting(&mut self) {
        if !self.kept {
            self.look = None;
        }
        self.kept = true;
    }

    /// It did not leave after all.
    pub(super) fn post_not_sent(&mut self) {
        if let Some((look, fate)) = self.before.take() {
            (self.look, self.fate) = (look, fate);
        }
    }

    /// Nobody will hear of it any more.
    pub(super) fn post_lost(&mut self) {
        self.before = None;
        self.left = true;
        self.fate = Fate::Unknown;
    }

    pub(super) fn post_answered(&mut self, status: u16) {
        self.post_lost();
        self.answered = true;
        self.fate = match status {
            200 | 202 => Fate::Taken,
            401 | 408 | 429 => Fate::NotProcessed,
            400..=499 => Fate::Refused,
            _ => Fate::Unknown,
        };
    }

    /// The machine has read a list that the service gave.
    pub(super) fn list_read(&mut self, in_progress: Set) {
        self.noted = self.noted.or(Some(in_progress));
        self.look = Some(in_progress);
    }

    /// Another process goes on, and knows what was noted when the checkpoint was written. It may not have been told of the
    /// answer that was.
    pub(super) fn resumed(&mut self, noted: Option<Set>, counts_anew: bool, knows_the_answer: bool) {
        if !knows_the_answer && self.fate == Fate::Taken {
            self.fate = Fate::Unknown;
        }
        self.noted = noted;
        self.look = None;
        self.kept = false;
        if counts_anew {
            self.posts = 0;
        }
    }
}

fn holds_only(setting: &Setting, set: Set) -> bool {
    setting.only.is_none_or(|index| set & one(index) != 0)
}

/// What can be told of one state.
pub(super) fn check(world: &World, setting: &Setting) -> Holds {
    let machine = &world.machine;
    check_posted(world, machine.posted())?;
    if let Some(result) = machine.result() {
        check_posted(world, result.as_ref().map_or_else(Error::posted, Outcome::posted))?;
        if let Ok(outcome) = result {
            check_outcome(world, outcome, setting)?;
        }
    }
    check_bounds(world)?;
    // What can be read of the machine changes when it is told something.
    if matches!(world.phase, Phase::Told) {
        check_secrets(world)?;
    }
    check_late_answers(world)
}

fn check_posted(world: &World, posted: Posted) -> Holds {
    let out = matches!(&world.phase, Phase::ToService(sent) | Phase::ToClient(sent, _) if sent.post);
    let left = world.ghost.left || out;
    must(7, posted != Posted::No || !left, || "Posted::No, and a POST has left".to_owned())?;
    must(7, posted != Posted::Yes || world.ghost.answered, || "Posted::Yes, and none was answered".to_owned())
}

/// Properties 1, 2 and 6: an outcome says what is so.
fn check_outcome(world: &World, outcome: &Outcome, setting: &Setting) -> Holds {
    let ghost = &world.ghost;
    let noted = ghost.noted.unwrap_or(0);
    let truth = world.truth();
    let true_of = |index: usize| truth.iter().find(|(id, _)| id == OPERATIONS[index]).map(|(_, word)| *word);
    let is_noted = |index: &usize| noted & one(*index) != 0;
    let words: Vec<_> = (0..OPERATIONS.len()).filter(is_noted).filter_map(true_of).collect();
    let why = || format!("{} ({:?}), and the noted operations are {words:?}", outcome.as_str(), outcome.proof());
    match outcome {
        Outcome::Canceled { proof: Proof::Verified, .. } => {
            must(1, !words.is_empty() && words.iter().all(|word| *word == "canceled"), why)?;
        }
        Outcome::Ended { proof: Proof::Verified, operation, .. } => {
            let ended = |word: &&str| matches!(*word, "canceled" | "completed" | "failed");
            must(1, !words.is_empty() && words.iter().all(ended), why)?;
            must(1, words.iter().any(|word| *word != "canceled"), why)?;
            must(1, words.contains(&operation.status()), why)?;
        }
        Outcome::NothingRunning { instead } => {
            let look = ghost.look.or(ghost.noted).unwrap_or(Set::MAX);
            let nothing = look == 0 || !holds_only(setting, look);
            must(2, nothing, || format!("nothing_running, and the list showed {}", names(look)))?;
            must(2, !ghost.left, || "nothing_running, and a POST has left".to_owned())?;
            must(2, instead.len() == look.count_ones() as usize, || "something else runs instead".to_owned())?;
        }
        // StillRunning is judged when the answer is read: the operation may have ended since.
        _ => {}
    }
    if setting.until == Until::Verified && !matches!(outcome, Outcome::NothingRunning { .. }) {
        let shown = outcome.operations().iter().map(|noted| noted.id().as_str());
        let shown =
            shown.filter_map(|id| OPERATIONS.iter().position(|name| *name == id)).fold(0, |set, i| set | one(i));
        must(1, shown == noted, || format!("the outcome is of {}, and noted was {}", names(shown), names(noted)))?;
    }
    Ok(())
}

/// Property 1, of an outcome that an answer has led to: what was in progress when the answer was made.
pub(super) fn check_still_running(world: &World, in_progress: Set) -> Holds {
    match world.machine.result() {
        Some(Ok(Outcome::StillRunning { .. })) => {
            let noted = world.ghost.noted.unwrap_or(0);
            must(1, in_progress & noted != 0, || "still_running, and nothing noted was in progress".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_bounds(world: &World) -> Holds {
    let retries = &world.machine.conversation().cx.retries;
    must(5, retries.gets <= ATTEMPTS, || "more failures in a row than attempts".to_owned())?;
    // One more than is allowed is counted for a POST of which a checkpoint says that it is out.
    must(5, retries.posts <= ATTEMPTS, || "more failed POSTs than attempts".to_owned())
}

/// Property 4, of texts.
fn check_secrets(world: &World) -> Holds {
    let silent = |what: &str, text: &str| must(4, !text.contains("canary-token"), || format!("{what} holds the token"));
    silent("the checkpoint", &world.machine.checkpoint().to_json())?;
    let progress = world.machine.progress();
    silent("the progress", &format!("{progress:?}"))?;
    match world.machine.result() {
        Some(Err(error)) => silent("the error", &format!("{error} {error:?}")),
        Some(Ok(outcome)) => silent("the outcome", &format!("{outcome:?}")),
        None => Ok(()),
    }
}

/// An answer or a failure that comes late, or twice, is of an exchange that is not out: it changes nothing.
fn check_late_answers(world: &World) -> Holds {
    let before = world.machine_fingerprint();
    let id = match &world.phase {
        Phase::Told | Phase::Over => ExchangeId::from(1),
        Phase::Held(sent) | Phase::ToService(sent) | Phase::ToClient(sent, _) => {
            ExchangeId::from(u64::from(sent.id) - 1)
        }
    };
    let mut late = world.clone();
    let (now, machine) = (late.machine.now(), std::rc::Rc::make_mut(&mut late.machine));
    let answer = http::Response::new(r#"[{"id":"publish-a","submissionState":"canceled","status":"canceled"}]"#);
    let refused = machine.handle_response(now, id, answer).is_err()
        && machine.handle_failure(now, id, Failure::not_sent("late")).is_err();
    must(3, refused && late.machine_fingerprint() == before, || format!("a late answer to {id} is taken"))
}
