//! Conversations side by side: most of their time is waiting.

use std::sync::Mutex;
use std::thread;

const WORKERS: usize = 6;

/// One test at a time: the floods of two would take the time of honest answers.
static TURN: Mutex<()> = Mutex::new(());

/// Runs each case once, several at a time. A panic in one of them is a panic here.
pub(crate) fn each<T: Send>(cases: impl IntoIterator<Item = T>, run: impl Fn(T) + Sync) {
    // Another test that has failed leaves it poisoned.
    let _turn = TURN.lock();
    let cases = Mutex::new(cases.into_iter().collect::<Vec<_>>().into_iter());
    let next = || cases.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = next() {
                    run(case);
                }
            });
        }
    });
}
