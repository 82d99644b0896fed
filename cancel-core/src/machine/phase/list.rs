//! What an answer to the list says.

use std::borrow::Cow;

use crate::codec::{Entry, State, stored};
use crate::error::{Error, ErrorKind};
use crate::machine::baseline::{Baseline, MAX, TrackedOperation};
use crate::machine::context::Received;
use crate::values::OperationId;

pub(super) enum ListAnswer {
    Read(List),
    /// Nothing, for now.
    Transient(Error),
    /// The list is refused.
    Refused(Error),
}

impl ListAnswer {
    /// Reads a list, for a baseline where there is one already.
    pub(super) fn read(received: &Received, baseline: Option<&Baseline>) -> Self {
        let list = match (received.status(), received.body.whole()) {
            (200, Ok(body)) => List::read(body, baseline),
            (200, Err(error)) => Err(error),
            (408 | 429 | 500..=599, _) => return Self::Transient(received.error()),
            _ => return Self::Refused(received.error()),
        };
        match list.map_err(|error| error.with_answer(received.answer())) {
            Ok(list) => Self::Read(list),
            // It would be as long again.
            Err(error) if error.kind() == ErrorKind::BodyTooLarge => Self::Refused(error),
            Err(error) => Self::Transient(error),
        }
    }
}

/// What a list says, and no more of it than is needed: it can have thousands of rows.
#[derive(Debug)]
pub(in crate::machine) struct List {
    /// What is in progress. A cancel that is on the list is no publish, and is left out.
    pub(in crate::machine) running: Vec<TrackedOperation>,
    pub(in crate::machine) known: KnownIds,
    /// Its words for operations of a baseline, with their places there.
    pub(in crate::machine) words: Vec<(usize, Cow<'static, str>)>,
}

impl List {
    /// # Errors
    ///
    /// When it cannot be read, when an operation has an id that cannot be polled (it could not be verified), or when
    /// more than 64 are in progress.
    pub(in crate::machine) fn read(body: &[u8], baseline: Option<&Baseline>) -> Result<Self, Error> {
        let mut list = Self { running: Vec::new(), known: KnownIds(Some(Vec::new())), words: Vec::new() };
        let baseline = baseline.map(Baseline::operations).unwrap_or_default();
        // Rows are compared by hashes first: a list can have thousands of long ids that differ at their ends only. A service
        // that looks for ids with the same hash gains only time: their cost stays linear.
        let baseline_hashes: Vec<_> = baseline.iter().map(|tracked| hash(tracked.id().as_str())).collect();
        let mut running_hashes = Vec::new();
        let mut problem = None;
        Entry::each(body, |entry| {
            let hash = hash(entry.id());
            list.known.insert(hash);
            if let Some(place) = place_of(&entry, baseline, hash, &baseline_hashes) {
                list.take_word(place, &entry);
            }
            let is_new = || place_of(&entry, &list.running, hash, &running_hashes).is_none();
            if problem.is_none() && !entry.state().is_end() && !entry.is_cancel() && is_new() {
                problem = list.take_running(&entry);
                running_hashes.push(hash);
            }
        })?;
        match problem {
            Some(problem) => Err(Error::new(ErrorKind::MalformedBody, problem)),
            None => Ok(list),
        }
    }

    /// Of rows with the same id the one counts that says least of a cancel: one in progress, then another end.
    fn take_word(&mut self, place: usize, entry: &Entry<'_>) {
        let rank = |state| match state {
            State::Canceled => 0,
            State::Completed | State::Failed => 1,
            State::InProgress => 2,
        };
        match self.words.iter_mut().find(|(known, _)| *known == place) {
            Some((_, word)) if rank(entry.state()) < rank(State::of_word(word)) => {}
            Some((_, word)) => *word = stored(entry.word()),
            None => self.words.push((place, stored(entry.word()))),
        }
    }

    /// Returns why it cannot be tracked.
    fn take_running(&mut self, entry: &Entry<'_>) -> Option<&'static str> {
        if self.running.len() == MAX {
            return Some("more than 64 operations are in progress");
        }
        match OperationId::new(entry.id()) {
            Ok(id) => self.running.push(TrackedOperation::new(id, stored(entry.word()))),
            Err(_) => return Some("an operation in progress has an id that cannot be polled"),
        }
        None
    }
}

/// Where the entry is among these operations, however the service writes its id.
fn place_of(entry: &Entry<'_>, among: &[TrackedOperation], hash: u64, hashes: &[u64]) -> Option<usize> {
    let is_it = |tracked: &TrackedOperation| tracked.id().as_str().eq_ignore_ascii_case(entry.id());
    among.iter().zip(hashes).position(|(tracked, known)| *known == hash && is_it(tracked))
}

/// The ids on a list, as hashes. A longer list is taken to hold every id.
#[derive(Debug, Clone)]
pub(in crate::machine) struct KnownIds(Option<Vec<u64>>);

impl KnownIds {
    const MAX: usize = 4096;

    fn insert(&mut self, hash: u64) {
        match &mut self.0 {
            Some(known) if known.len() < Self::MAX => known.push(hash),
            known => *known = None,
        }
    }

    pub(in crate::machine) fn contains(&self, id: &OperationId) -> bool {
        self.0.as_ref().is_none_or(|known| known.contains(&hash(id.as_str())))
    }
}

/// FNV-1a of eight bytes at a time, without regard to case: of the characters that an id has, the bit tells only
/// cases apart.
fn hash(id: &str) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let mix = |hash: u64, chunk: [u8; 8]| {
        (hash ^ (u64::from_le_bytes(chunk) | CASE)).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
    };
    let chunks = id.as_bytes().chunks_exact(8);
    let mut last = [0; 8];
    last.iter_mut().zip(chunks.remainder()).for_each(|(to, from)| *to = *from);
    let whole = chunks.filter_map(|chunk| chunk.first_chunk().copied());
    mix(whole.fold(0xcbf2_9ce4_8422_2325, mix), last)
}
