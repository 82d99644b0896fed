//! The interface for C, as `include/cancel.h` declares it.
//!
//! Here is all of the `unsafe` code: bytes of the caller are read and written. No pointer is kept, and none into this
//! library's memory is given out, but for WebAssembly's scratch memory.

#![expect(unsafe_code, reason = "a caller in C has pointers")]

use crate::table;

/// Opens a session. 0 means that there is none to be had.
#[unsafe(no_mangle)]
pub extern "C" fn cancel_open() -> u32 {
    table::open().unwrap_or(0)
}

/// Closes a session. A handle that is wrong does nothing.
#[unsafe(no_mangle)]
pub extern "C" fn cancel_close(handle: u32) {
    table::close(handle);
}

/// Takes a call, and returns how long its answer is. 0 means that the handle is wrong.
///
/// # Safety
///
/// Each pointer is null, or so many bytes can be read from it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cancel_call(
    handle: u32,
    json: *const u8,
    json_length: usize,
    bytes: *const u8,
    bytes_length: usize,
) -> usize {
    table::with(handle, |entry| {
        // SAFETY: as this function's.
        let json = unsafe { slice(json, json_length) };
        // SAFETY: the same.
        let bytes = unsafe { slice(bytes, bytes_length) };
        entry.answer = match (json, bytes) {
            (Some(json), Some(bytes)) => entry.session.call(json, bytes),
            _ => br#"{"refused":"a pointer is null, or its length is not possible"}"#.to_vec(),
        };
        entry.answer.len()
    })
    .unwrap_or(0)
}

/// Copies the answer to the last call, and returns how long it is, whatever the capacity.
///
/// # Safety
///
/// `into` is null, or so many bytes can be written to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cancel_answer(handle: u32, into: *mut u8, capacity: usize) -> usize {
    // SAFETY: as this function's.
    table::with(handle, |entry| unsafe { copy(&entry.answer, into, capacity) }).unwrap_or(0)
}

/// Copies the value of the `Authorization` header, and returns how long it is. 0 when no exchange is in flight.
///
/// # Safety
///
/// As [`cancel_answer`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cancel_authorization(handle: u32, into: *mut u8, capacity: usize) -> usize {
    // SAFETY: as this function's.
    table::with(handle, |entry| unsafe { copy(entry.session.authorization(), into, capacity) }).unwrap_or(0)
}

/// Copies the body of the request, and returns how long it is.
///
/// # Safety
///
/// As [`cancel_answer`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cancel_body(handle: u32, into: *mut u8, capacity: usize) -> usize {
    // SAFETY: as this function's.
    table::with(handle, |entry| unsafe { copy(entry.session.body(), into, capacity) }).unwrap_or(0)
}

/// Bytes of the caller. `None` when there cannot be such.
///
/// # Safety
///
/// `start` is null, or so many bytes can be read from it while the slice lives.
unsafe fn slice<'a>(start: *const u8, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    if start.is_null() || isize::try_from(length).is_err() {
        return None;
    }
    // SAFETY: it is not null, no longer than a slice can be, and readable, as the caller promises.
    Some(unsafe { std::slice::from_raw_parts(start, length) })
}

/// Copies as many bytes as there is room for, and returns how many there are.
///
/// # Safety
///
/// `into` is null, or so many bytes can be written to it.
unsafe fn copy(bytes: &[u8], into: *mut u8, capacity: usize) -> usize {
    if !into.is_null() {
        // SAFETY: the caller promises the room. It cannot overlap: nobody but this library knows where `bytes` are.
        unsafe { into.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len().min(capacity)) };
    }
    bytes.len()
}

/// Memory for a host of WebAssembly, to pass bytes in both directions: so many bytes, as they were, until the next call
/// of this function. Null when there is not so much.
#[cfg(target_family = "wasm")]
#[unsafe(no_mangle)]
pub extern "C" fn cancel_scratch(length: usize) -> *mut u8 {
    use std::sync::{Mutex, PoisonError};

    static SCRATCH: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    let mut scratch = SCRATCH.lock().unwrap_or_else(PoisonError::into_inner);
    let missing = length.saturating_sub(scratch.len());
    if scratch.try_reserve_exact(missing).is_err() {
        return std::ptr::null_mut();
    }
    if missing > 0 {
        scratch.resize(length, 0);
    }
    scratch.as_mut_ptr()
}
