//! The same behind handles and pointers.

#![allow(clippy::multiple_unsafe_ops_per_block, reason = "two calls, one promise")]
#![expect(unsafe_code, reason = "a caller in C has pointers")]

use std::ptr;

use cancel_boundary::c::{cancel_answer, cancel_authorization, cancel_body, cancel_call, cancel_close, cancel_open};

use crate::{BEGIN, TOKEN};

type Read = unsafe extern "C" fn(u32, *mut u8, usize) -> usize;

fn call(handle: u32, json: &str, bytes: &[u8]) -> Option<String> {
    // SAFETY: both are slices.
    let length = unsafe { cancel_call(handle, json.as_ptr(), json.len(), bytes.as_ptr(), bytes.len()) };
    (length > 0).then(|| read(cancel_answer, handle))
}

fn read(what: Read, handle: u32) -> String {
    // SAFETY: null is allowed.
    let length = unsafe { what(handle, ptr::null_mut(), usize::MAX) };
    let mut bytes = vec![0; length];
    // SAFETY: there is so much room.
    assert_eq!(unsafe { what(handle, bytes.as_mut_ptr(), length) }, length);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_call_and_what_it_leaves() {
    let handle = cancel_open();
    assert_eq!(call(handle, BEGIN, b"").unwrap(), "{}");
    assert_eq!(call(handle, r#"{"call":"token"}"#, TOKEN.as_bytes()).unwrap(), "{}");
    assert!(call(handle, r#"{"call":"step","now_ms":0}"#, b"").unwrap().contains(r#""step":"send""#));
    assert_eq!(read(cancel_authorization, handle), format!("Bearer {TOKEN}"));
    assert_eq!(read(cancel_body, handle), "");
    cancel_close(handle);
    assert_eq!(read(cancel_authorization, handle), "");
}

#[test]
fn no_more_is_written_than_there_is_room_for() {
    let handle = cancel_open();
    call(handle, "{", b"").unwrap();
    let mut bytes = [b'.'; 8];
    // SAFETY: there is more room than that.
    let length = unsafe { cancel_answer(handle, bytes.as_mut_ptr(), 5) };
    assert!(length > bytes.len());
    assert_eq!(&bytes, b"{\"ref...");
    // SAFETY: nothing is written.
    assert_eq!(unsafe { cancel_answer(handle, bytes.as_mut_ptr(), 0) }, length);
    cancel_close(handle);
}

#[test]
fn a_handle_that_is_wrong() {
    let closed = cancel_open();
    cancel_close(closed);
    for handle in [0, closed, u32::MAX] {
        assert_eq!(call(handle, BEGIN, b""), None);
        assert_eq!(
            [cancel_answer, cancel_authorization, cancel_body].map(|what: Read| read(what, handle)),
            ["", "", ""]
        );
        cancel_close(handle);
    }
}

#[test]
fn pointers_that_cannot_be() {
    let handle = cancel_open();
    for (json, length) in [(ptr::null(), 1), (ptr::null(), usize::MAX), (BEGIN.as_ptr(), usize::MAX)] {
        // SAFETY: nothing is read from a null pointer, or where the length is not possible.
        assert!(unsafe { cancel_call(handle, json, length, ptr::null(), 0) } > 0);
        assert!(read(cancel_answer, handle).contains("refused"));
        // SAFETY: the same.
        assert!(unsafe { cancel_call(handle, BEGIN.as_ptr(), BEGIN.len(), json, length) } > 0);
        assert!(read(cancel_answer, handle).contains("refused"));
    }
    assert_eq!(call(handle, BEGIN, b"").unwrap(), "{}", "nothing has begun");
    cancel_close(handle);
}

#[test]
fn threads_that_share_a_handle() {
    let handle = cancel_open();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut bytes = [0; 64];
                for _ in 0..100 {
                    // SAFETY: both are slices, and so much room is there.
                    unsafe {
                        cancel_call(handle, BEGIN.as_ptr(), BEGIN.len(), ptr::null(), 0);
                        cancel_answer(handle, bytes.as_mut_ptr(), bytes.len());
                    }
                }
                cancel_close(handle);
            });
        }
    });
    assert_eq!(call(handle, BEGIN, b""), None);
}
