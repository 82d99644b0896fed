//! Finds a secret, or a long part of it, in bytes.
//!
//! It knows nothing of how a text spells a character. Nothing here copies the secret.

use std::ops::Range;

use memchr::memmem;
use zeroize::Zeroizing;

/// A part of this length is found, wherever in the secret it stands. Of a shorter secret only the whole is found: a part of it could be
/// any word.
const PART: usize = 32;
/// How many bytes are looked up at a time.
const GRAM: usize = 4;
/// Each part holds a gram that begins at a multiple of it.
const STRIDE: usize = PART - GRAM;

/// Which runs of four bytes a secret has, as a set of bits: most pieces of a text are told by it not to be of the secret.
pub(super) struct Grams(Zeroizing<Box<[u64]>>);

impl Grams {
    /// Sixteen bits for each byte of the secret, so that few texts look like it by chance; none for a secret that is only found as a whole.
    pub(super) fn of(secret: &[u8]) -> Self {
        if secret.len() < PART {
            return Self(Zeroizing::new(Box::default()));
        }
        let mut words = Zeroizing::new(vec![0; (secret.len() / 4).next_power_of_two()].into_boxed_slice());
        for gram in secret.windows(GRAM).filter_map(<[u8]>::first_chunk) {
            let (word, bit) = place(*gram, words.len());
            if let Some(word) = words.get_mut(word) {
                *word |= bit;
            }
        }
        Self(words)
    }

    fn may_have(&self, gram: [u8; GRAM]) -> bool {
        let (word, bit) = place(gram, self.0.len());
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// The word and the bit of a gram. There is a power of two of words.
fn place(gram: [u8; GRAM], words: usize) -> (usize, u64) {
    // Fibonacci hashing: the upper bits are spread best.
    let hash = u64::from(u32::from_le_bytes(gram)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = usize::try_from(hash >> 32).unwrap_or(0) & words.saturating_sub(1);
    (word, 1 << (hash >> 58))
}

/// A secret that can be searched for.
#[derive(Clone)]
pub(crate) struct Secret<'a> {
    bytes: &'a [u8],
    grams: &'a Grams,
    /// Of a secret that is only found as a whole.
    whole: Option<memmem::Finder<'a>>,
}

impl<'a> Secret<'a> {
    pub(super) fn new(bytes: &'a [u8], grams: &'a Grams) -> Self {
        Self { bytes, grams, whole: (bytes.len() < PART).then(|| memmem::Finder::new(bytes)) }
    }

    /// The length of the shortest text that is searched.
    pub(crate) fn shortest(&self) -> usize {
        self.bytes.len().min(PART)
    }

    /// Where the text has the secret, or a part of it. Between these places there are never 32 of its bytes in a row.
    pub(crate) fn find(&self, text: &[u8], mut found: impl FnMut(Range<usize>)) {
        if let Some(whole) = &self.whole {
            return whole.find_iter(text).for_each(|start| found(start..start + self.bytes.len()));
        }
        let (mut start, mut at) = (0, 0);
        while let Some(gram) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let may_be_part = self.grams.may_have(*gram) && self.has_another_gram(text, at);
            match may_be_part.then(|| self.part_around(text, start, at)).flatten() {
                None => at += STRIDE,
                Some(part) => {
                    (start, at) = (part.end, part.end);
                    found(part);
                }
            }
        }
    }

    /// Whether the gram before this place or the one after it may be of the secret too, as in each part.
    fn has_another_gram(&self, text: &[u8], at: usize) -> bool {
        let has = |gram: Option<&[u8; GRAM]>| gram.is_some_and(|gram| self.grams.may_have(*gram));
        let (before, from) = text.split_at_checked(at).unwrap_or((text, &[]));
        has(before.last_chunk()) || has(from.get(GRAM..).and_then(<[u8]>::first_chunk))
    }

    /// The part of the secret that the text has around the gram at this place, and not before `start`.
    fn part_around(&self, text: &[u8], start: usize, at: usize) -> Option<Range<usize>> {
        let (before, from) = text.split_at_checked(at)?;
        let before = before.get(start..)?;
        let same = |(a, b): &(&u8, &u8)| a == b;
        let parts = memmem::find_iter(self.bytes, from.get(..GRAM)?).filter_map(|place| {
            let (secret_before, secret_from) = self.bytes.split_at_checked(place)?;
            let earlier = before.iter().rev().zip(secret_before.iter().rev()).take_while(same).count();
            let later = from.iter().zip(secret_from).take_while(same).count();
            (earlier + later >= PART).then(|| at - earlier..at + later)
        });
        parts.max_by_key(ExactSizeIterator::len)
    }
}
