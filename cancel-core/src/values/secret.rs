//! Finds a secret, or a long part of it, in bytes.
//!
//! It knows nothing of how a text spells a character. Nothing here copies the secret.
//!
//! It is own code because of the memory that each token takes. For all parts of 32 bytes of a token of 1,500 bytes the
//! smallest automaton of aho-corasick 1 has 910 kB. The tables here have 7 kB.

use std::ops::Range;

use memchr::memmem;
use zeroize::Zeroizing;

/// A part of this length is not shown, wherever in the secret it stands. Of a shorter secret only the whole is: a part of
/// it could be any word.
pub(crate) const PART: usize = 32;
/// How many bytes are looked up at a time.
const GRAM: usize = 4;

/// So many places are looked at for a gram of a text, and so many of them are compared with it. A secret that repeats
/// itself can have one gram everywhere.
const MOST_PLACES: usize = 16;
const MOST_COMPARED: usize = 4;

/// Where a secret has each run of four bytes.
pub(super) struct Grams {
    /// A set of bits, by hash: most runs of a text are told by it not to be of the secret. A token of Microsoft Entra ID
    /// has some 1,500 bytes, which set less than a tenth of the bits.
    filter: Box<Zeroizing<[u64; WORDS]>>,
    /// A hash table. Places are counted from 1, and 0 is none: the longest token has 65,536 bytes. For each hash the last
    /// place, and for each place the one before it with the same hash.
    last: Zeroizing<Vec<u16>>,
    before: Zeroizing<Vec<u16>>,
    /// The most bytes in a row that are the same.
    longest_run: usize,
}

const WORDS: usize = 256;

impl Grams {
    pub(super) fn of(secret: &[u8]) -> Self {
        let mut filter = Box::new(Zeroizing::new([0; WORDS]));
        let mut last = Zeroizing::new(vec![0; (secret.len() / 2).next_power_of_two()]);
        let mut before = Zeroizing::new(Vec::with_capacity(secret.len()));
        for (place, gram) in (1..).zip(secret.windows(GRAM).filter_map(<[u8]>::first_chunk)) {
            let hash = hash(*gram);
            if let Some(word) = filter.get_mut(word(hash)) {
                *word |= bit(hash);
            }
            let slot = slot(hash, &last);
            before.extend(last.get_mut(slot).map(|last| std::mem::replace(last, place)));
        }
        let longest_run = secret.chunk_by(|one, next| one == next).map(<[u8]>::len).max().unwrap_or_default();
        Self { filter, last, before, longest_run }
    }

    /// False where the secret certainly has no such gram.
    fn may_have(&self, gram: [u8; GRAM]) -> bool {
        let hash = hash(gram);
        self.filter.get(word(hash)).is_some_and(|word| word & bit(hash) != 0)
    }

    /// The places of all grams with the hash of this one, counted from 0, from the last to the first.
    fn places(&self, gram: [u8; GRAM]) -> impl Iterator<Item = usize> + '_ {
        let mut next = self.last.get(slot(hash(gram), &self.last)).copied();
        std::iter::from_fn(move || {
            let place = usize::from(next?).checked_sub(1)?;
            next = self.before.get(place).copied();
            Some(place)
        })
    }
}

/// Fibonacci hashing: the upper bits are spread best.
fn hash(gram: [u8; GRAM]) -> u32 {
    u32::from_le_bytes(gram).wrapping_mul(0x9e37_79b9)
}

fn word(hash: u32) -> usize {
    usize::from(hash.to_be_bytes()[0])
}

fn bit(hash: u32) -> u64 {
    1 << (hash.to_be_bytes()[1] >> 2)
}

/// Of a table whose length is a power of two.
fn slot(hash: u32, table: &[u16]) -> usize {
    let [high, low, ..] = hash.to_be_bytes();
    (usize::from(u16::from_be_bytes([high, low])) * table.len()) >> 16
}

/// A secret that can be searched for.
#[derive(Clone, Copy)]
pub(crate) struct Secret<'a> {
    bytes: &'a [u8],
    grams: &'a Grams,
}

impl<'a> Secret<'a> {
    pub(super) fn new(bytes: &'a [u8], grams: &'a Grams) -> Self {
        Self { bytes, grams }
    }

    /// Whether parts of it are found, and not only the whole.
    pub(crate) fn has_parts(&self) -> bool {
        self.bytes.len() >= PART
    }

    /// The length of the shortest text that can hold it.
    pub(crate) fn shortest(&self) -> usize {
        self.bytes.len().min(PART)
    }

    /// Where the text has the secret, or a part of it of this length. Between these places there are never so many of its
    /// bytes in a row.
    pub(crate) fn find(&self, text: &[u8], part: usize, mut found: impl FnMut(Range<usize>)) {
        if !self.has_parts() {
            return memmem::find_iter(text, self.bytes).for_each(|start| found(start..start + self.bytes.len()));
        }
        // Each part holds a gram that begins at a multiple of it.
        let stride = part.saturating_sub(GRAM) + 1;
        let search = Search { secret: *self, text, part, stride };
        let (mut start, mut from) = (0, 0);
        while let Some(at) = search.next_gram(from) {
            match search.part_around(start, at) {
                None => from = at + stride,
                Some(part) => {
                    (start, from) = (part.end, part.end.max(at + stride));
                    found(part);
                }
            }
        }
    }
}

/// One search of a text.
struct Search<'a, 't> {
    secret: Secret<'a>,
    text: &'t [u8],
    part: usize,
    stride: usize,
}

impl Search<'_, '_> {
    /// The next place, in steps, where a gram of the text may be of the secret.
    fn next_gram(&self, from: usize) -> Option<usize> {
        let may_have = |piece: &[u8]| piece.first_chunk().is_some_and(|gram| self.secret.grams.may_have(*gram));
        let mut pieces = self.text.get(from..)?.chunks_exact(self.stride);
        let (count, rest) = (pieces.len(), pieces.remainder());
        let piece = pieces.position(may_have).or_else(|| may_have(rest).then_some(count))?;
        Some(from + piece * self.stride)
    }

    /// The part of the secret that the text has around the gram at this place, and not before `start`. Of a gram that the
    /// secret has too often, what may be a part.
    fn part_around(&self, start: usize, at: usize) -> Option<Range<usize>> {
        let (before, from) = self.text.split_at_checked(at)?;
        let (before, gram) = (before.get(start..)?, *from.first_chunk()?);
        let (mut longest, mut compared) = (None, 0);
        for (count, place) in self.secret.grams.places(gram).enumerate() {
            if count == MOST_PLACES || compared == MOST_COMPARED {
                return longest.or_else(|| self.grams_around(start, at));
            }
            let (secret_before, secret_from) = self.secret.bytes.split_at_checked(place)?;
            if !secret_from.starts_with(&gram) {
                continue;
            }
            let earlier = same(before.iter().rev(), secret_before.iter().rev());
            let part = at - earlier..at + same(from.iter(), secret_from.iter());
            if part.len() >= longest.as_ref().map_or(self.part, ExactSizeIterator::len) {
                longest = Some(part);
            }
            compared += 1;
        }
        longest
    }

    /// Grams of the text in a row that may all be of the secret, with the one at this place and as many as a part has. It
    /// may be no part, but each part around this place has them.
    fn grams_around(&self, start: usize, at: usize) -> Option<Range<usize>> {
        let may_have = |at: &usize| {
            let gram = self.text.get(*at..).and_then(<[u8]>::first_chunk);
            gram.is_some_and(|gram| self.secret.grams.may_have(*gram)) && !self.is_in_too_long_a_run(*at)
        };
        if !may_have(&at) {
            return None;
        }
        let first = (start..at).rev().take(self.stride - 1).take_while(may_have).last().unwrap_or(at);
        let last = (at + 1..at + self.stride).take_while(may_have).last().unwrap_or(at);
        (last - first >= self.stride - 1).then_some(first..last + GRAM)
    }

    /// Whether each part of the text with this gram has more of one byte in a row than the secret has of any: zeros, say.
    fn is_in_too_long_a_run(&self, at: usize) -> bool {
        let count = self.secret.grams.longest_run + 1;
        let is_run = |run: Option<&[u8]>| run.is_some_and(|run| run.iter().all(|byte| run.first() == Some(byte)));
        let end = at + GRAM;
        count <= self.part
            && is_run(self.text.get(at..end))
            && is_run(end.checked_sub(count).and_then(|start| self.text.get(start..end)))
            && is_run(self.text.get(at..at + count))
    }
}

/// How many bytes are the same, one after another.
fn same<'a>(one: impl ExactSizeIterator<Item = &'a u8>, other: impl ExactSizeIterator<Item = &'a u8>) -> usize {
    let most = one.len().min(other.len());
    one.zip(other).position(|(one, other)| one != other).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It repeats itself, so that its grams are at more places than are compared. Wherever the text has a part, its first
    /// and its last character are found, and 31 in a row are not.
    #[test]
    fn the_shortest_part_of_a_secret_that_repeats_itself_is_found() {
        let bytes = "ab".repeat(50).into_bytes();
        let grams = Grams::of(&bytes);
        for before in 0..PART {
            let find = |length: usize| {
                let text = ["!".repeat(before), "ab".chars().cycle().take(length).collect(), "!".repeat(40)].concat();
                let mut places = Vec::new();
                Secret::new(&bytes, &grams).find(text.as_bytes(), PART, |place| places.push((place.start, place.end)));
                places
            };
            assert_eq!(find(PART - 1), [], "{before}");
            assert_eq!(find(PART), [(before, before + PART)], "{before}");
        }
    }

    /// It has a gram of zeros so often that the beginning of it is not compared.
    #[test]
    fn a_part_with_the_longest_run_of_a_secret_is_found() {
        for run in 4..PART {
            let zeros = "0".repeat(run);
            let bytes: Vec<u8> = ('A'..='Z').flat_map(|letter| format!("{zeros}{letter}").into_bytes()).collect();
            let grams = Grams::of(&bytes);
            for (before, start, around) in (0..PART).flat_map(|n| [(n, 0, "!"), (2 * PART + n, run.min(8), "0")]) {
                let part = bytes.get(start..start + PART).unwrap();
                let text = [around.repeat(before).as_bytes(), part, around.repeat(2 * PART).as_bytes()].concat();
                let mut is_shown = true;
                Secret::new(&bytes, &grams).find(&text, PART, |place| {
                    is_shown &= place.end <= before || before + PART <= place.start;
                });
                assert!(!is_shown, "{run} {before}");
            }
        }
    }
}
