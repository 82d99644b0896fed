//! Which session a handle stands for. A handle is a number that is given out once, so that one that is closed, or was
//! never opened, is known to be wrong.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Session;

/// A session, and the answer to its last call.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) session: Session,
    pub(crate) answer: Vec<u8>,
}

struct Table {
    last: u32,
    entries: BTreeMap<u32, Arc<Mutex<Entry>>>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { last: 0, entries: BTreeMap::new() });

/// The table, for a moment. Nothing that can panic runs in it.
fn locked<T>(run: impl FnOnce(&mut Table) -> T) -> T {
    run(&mut TABLE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A new session. `None` when every number was given out.
pub(crate) fn open() -> Option<u32> {
    locked(|table| {
        table.last = table.last.checked_add(1)?;
        table.entries.insert(table.last, Arc::default());
        Some(table.last)
    })
}

/// Ends a session. A call that is under way in another thread comes to its end first.
pub(crate) fn close(handle: u32) {
    // Dropped outside of the lock.
    drop(locked(|table| table.entries.remove(&handle)));
}

/// Runs something with a session. `None` when there is none with this handle. No panic comes out of it: a session in
/// which there was one is lost, and its handle is wrong from then on.
pub(crate) fn with<T>(handle: u32, run: impl FnOnce(&mut Entry) -> T) -> Option<T> {
    let entry = locked(|table| table.entries.get(&handle).cloned())?;
    catch_unwind(AssertUnwindSafe(|| entry.lock().ok().map(|mut entry| run(&mut entry)))).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_given_out_once() {
        let first = open().unwrap();
        close(first);
        close(first);
        let second = open().unwrap();
        assert_ne!(first, second);
        assert!(with(first, |_| ()).is_none() && with(second, |_| ()).is_some());
        assert!(with(0, |_| ()).is_none() && with(u32::MAX, |_| ()).is_none());
        close(second);
    }

    #[test]
    fn a_panic_costs_the_session_and_nothing_else() {
        let (broken, other) = (open().unwrap(), open().unwrap());
        assert!(with(broken, |_| panic!("on purpose")).is_none());
        assert!(with(broken, |_| ()).is_none());
        assert!(with(other, |_| ()).is_some());
        close(broken);
        close(other);
    }
}
