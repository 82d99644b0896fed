//! What the code under test costs: memory, which is counted, and the stack, of which it has little.
//!
//! Time is not measured, since the machine that runs a target may be busy. libFuzzer's `-timeout` finds what takes
//! seconds.

use std::panic::resume_unwind;
use std::thread;

use allocation_counter::measure;
use http::HeaderMap;

/// What a thread of musl has.
const STACK: usize = 128 * 1024;
/// From so many levels of arrays and objects on, a text is read on such a stack.
const DEEP: usize = 12;

/// What a call reads: how much, and whether it has arrays and objects within each other.
pub(crate) struct Read {
    pub(crate) bytes: u64,
    is_deep: bool,
}

impl Read {
    pub(crate) fn text(text: &[u8]) -> Self {
        Self { bytes: text.len() as u64, is_deep: is_deep(text) }
    }

    pub(crate) fn answer(headers: &HeaderMap, body: &[u8]) -> Self {
        let headers = headers.iter().map(|(name, value)| (name.as_str().len() + value.len()) as u64);
        let read = Self::text(body);
        Self { bytes: read.bytes + headers.sum::<u64>(), ..read }
    }
}

/// What a call may allocate: so many times the bytes that it reads, and so many bytes besides.
pub(crate) struct Bound {
    pub(crate) at_once: u64,
    pub(crate) in_all: u64,
    pub(crate) besides: u64,
}

impl Bound {
    /// Calls the code under test, and holds it to the bound.
    pub(crate) fn hold<T: Send>(&self, what: &str, read: &Read, call: impl FnOnce() -> T + Send) -> T {
        let counted = || {
            let mut result = None;
            let cost = measure(|| result = Some(call()));
            (result.unwrap(), cost)
        };
        let (result, cost) = if read.is_deep { on_a_small_stack(counted) } else { counted() };
        for (used, factor, when) in
            [(cost.bytes_max, self.at_once, "at once"), (cost.bytes_total, self.in_all, "in all")]
        {
            let most = factor * read.bytes + self.besides;
            assert!(used <= most, "{what} of {} bytes takes {used} bytes {when}, of {most} at most", read.bytes);
        }
        result
    }
}

/// How many bytes a value holds on the heap: what its drop gives back.
pub(crate) fn held<T>(value: T) -> u64 {
    let dropped = measure(|| drop(value));
    dropped.bytes_current.unsigned_abs()
}

fn is_deep(text: &[u8]) -> bool {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest >= DEEP
}

fn on_a_small_stack<T: Send>(call: impl FnOnce() -> T + Send) -> T {
    let result = thread::scope(|scope| {
        thread::Builder::new().stack_size(STACK).spawn_scoped(scope, call).expect("a thread").join()
    });
    result.unwrap_or_else(|panic| resume_unwind(panic))
}
