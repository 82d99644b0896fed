//! Finds a secret, or a long part of it, in bytes.
//!
//! It knows nothing of how a text spells a character. Nothing here copies the secret.

use std::ops::Range;

use memchr::memmem;
use zeroize::Zeroizing;

/// A part of this length is found, wherever in the secret it stands. Of a shorter secret only the whole is found: a
/// part of it could be any word.
const PART: usize = 32;
/// How many bytes are looked up at a time.
const GRAM: usize = 4;
/// Each part holds a gram that begins at a multiple of it.
const STRIDE: usize = PART - GRAM + 1;
/// Each part has so many grams one after another, wherever the first of them begins.
const GRAMS: usize = PART / GRAM - 1;

/// Which runs of four bytes a secret has, as a set of bits: most pieces of a text are told by it not to be of the
/// secret.
///
/// A token of Microsoft Entra ID has some 1,500 bytes. It sets a twentieth of the bits, so that few texts look like it
/// by chance.
pub(super) struct Grams(Box<Zeroizing<[u64; WORDS]>>);

const WORDS: usize = 512;

impl Grams {
    pub(super) fn of(secret: &[u8]) -> Self {
        let mut words = Box::new(Zeroizing::new([0; WORDS]));
        for gram in secret.windows(GRAM).filter_map(<[u8]>::first_chunk) {
            let (word, bit) = place(*gram);
            if let Some(word) = words.get_mut(word) {
                *word |= bit;
            }
        }
        Self(words)
    }

    fn may_have(&self, gram: [u8; GRAM]) -> bool {
        let (word, bit) = place(gram);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// The word and the bit of a gram: 9 and 6 bits of a hash.
fn place(gram: [u8; GRAM]) -> (usize, u64) {
    // Fibonacci hashing: the upper bits are spread best.
    let hash = u32::from_le_bytes(gram).wrapping_mul(0x9e37_79b9);
    let [.., low, high] = hash.to_le_bytes();
    (usize::from(high) << 1 | usize::from(low >> 7), 1 << (low & 63))
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

    /// The length of the shortest text that is searched.
    pub(crate) fn shortest(&self) -> usize {
        self.bytes.len().min(PART)
    }

    /// Where the text has the secret, or a part of it. Between these places there are never 32 of its bytes in a row.
    pub(crate) fn find(&self, text: &[u8], mut found: impl FnMut(Range<usize>)) {
        if self.bytes.len() < PART {
            return memmem::find_iter(text, self.bytes).for_each(|start| found(start..start + self.bytes.len()));
        }
        let (mut start, mut from) = (0, 0);
        while let Some(at) = self.next_gram(text, from) {
            let part = if self.is_among_grams(text, at) { self.part_around(text, start, at) } else { None };
            match part {
                None => from = at + STRIDE,
                Some(part) => {
                    (start, from) = (part.end, part.end);
                    found(part);
                }
            }
        }
    }

    /// The next place, in steps, where a gram of the text may be of the secret.
    fn next_gram(&self, text: &[u8], from: usize) -> Option<usize> {
        let may_have = |piece: &[u8]| piece.first_chunk().is_some_and(|gram| self.grams.may_have(*gram));
        let mut pieces = text.get(from..)?.chunks_exact(STRIDE);
        let (count, rest) = (pieces.len(), pieces.remainder());
        let piece = pieces.position(may_have).or_else(|| may_have(rest).then_some(count))?;
        Some(from + piece * STRIDE)
    }

    /// Whether as many grams around this place may be of the secret too as in each part.
    fn is_among_grams(&self, text: &[u8], at: usize) -> bool {
        let may_have = |piece: &&[u8]| piece.first_chunk().is_some_and(|gram| self.grams.may_have(*gram));
        let (before, from) = text.split_at_checked(at).unwrap_or((text, &[]));
        let before = before.rchunks_exact(GRAM).take(GRAMS).take_while(may_have).count();
        let from = from.chunks_exact(GRAM).take(GRAMS).take_while(may_have).count();
        before + from >= GRAMS
    }

    /// The part of the secret that the text has around the gram at this place, and not before `start`.
    fn part_around(&self, text: &[u8], start: usize, at: usize) -> Option<Range<usize>> {
        let (before, from) = text.split_at_checked(at)?;
        let before = before.get(start..)?;
        let same = |(a, b): &(&u8, &u8)| a == b;
        let parts = self.places_of(from.get(..GRAM)?).filter_map(|place| {
            let (secret_before, secret_from) = self.bytes.split_at_checked(place)?;
            let earlier = before.iter().rev().zip(secret_before.iter().rev()).take_while(same).count();
            let later = from.iter().zip(secret_from).take_while(same).count();
            (earlier + later >= PART).then(|| at - earlier..at + later)
        });
        parts.max_by_key(ExactSizeIterator::len)
    }

    /// Where the secret has this gram. In a secret that repeats itself the places can overlap.
    fn places_of(&self, gram: &[u8]) -> impl Iterator<Item = usize> {
        let (finder, mut from) = (memmem::Finder::new(gram), 0);
        std::iter::from_fn(move || {
            let place = from + finder.find(self.bytes.get(from..)?)?;
            from = place + 1;
            Some(place)
        })
    }
}
