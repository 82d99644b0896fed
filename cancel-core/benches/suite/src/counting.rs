//! An allocator that counts. `unsafe` is allowed only here.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[global_allocator]
static COUNTING: Counting =
    Counting { calls: AtomicUsize::new(0), asked: AtomicUsize::new(0), held: AtomicUsize::new(0) };

struct Counting {
    calls: AtomicUsize,
    asked: AtomicUsize,
    held: AtomicUsize,
}

/// What a part of the program asked of the allocator.
#[derive(Debug, Clone, Copy)]
pub struct Heap {
    /// The number of calls of `alloc` and `realloc`.
    pub allocations: usize,
    /// The bytes that these calls asked for.
    pub bytes: usize,
    /// The bytes held at the end, minus those held at the start.
    pub held: isize,
}

/// Runs a closure, and counts what it asks of the allocator.
pub fn counted<T>(run: impl FnOnce() -> T) -> (T, Heap) {
    let read = || (COUNTING.calls.load(Relaxed), COUNTING.asked.load(Relaxed), COUNTING.held.load(Relaxed));
    let before = read();
    let result = run();
    let after = read();
    let held = after.2.wrapping_sub(before.2).cast_signed();
    (result, Heap { allocations: after.0 - before.0, bytes: after.1 - before.1, held })
}

impl Counting {
    fn count(&self, size: usize) {
        self.calls.fetch_add(1, Relaxed);
        self.asked.fetch_add(size, Relaxed);
        self.held.fetch_add(size, Relaxed);
    }
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        self.held.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.held.fetch_sub(layout.size(), Relaxed);
        self.count(size);
        unsafe { System.realloc(place, layout, size) }
    }
}
