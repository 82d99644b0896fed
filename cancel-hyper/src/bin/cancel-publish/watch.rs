//! Ends the process where its own thread hangs, because it waits for somebody to read its output: soon after a signal,
//! and otherwise when the deadline has passed. Nothing is lost by that: a checkpoint is whole at any moment.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use std::{io, process, thread};

use cancel_core::Posted;
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::signals::Signals;

/// How long the thread may hang after a signal, and always. What still runs at the end takes less.
const SILENCE: Duration = Duration::from_secs(5);
/// How often this thread looks.
const WINDOW: Duration = Duration::from_secs(1);

static BEATS: AtomicU64 = AtomicU64::new(0);
static DEADLINE: OnceLock<Duration> = OnceLock::new();
static EXIT_CODE: AtomicU8 = AtomicU8::new(0);

/// The process goes on: it waits for the service, or somebody has read a line.
pub(crate) fn beat() {
    BEATS.fetch_add(1, Ordering::Relaxed);
}

/// The runs begin, and each may take this long.
pub(crate) fn runs_begin(deadline: Duration) {
    let _ = DEADLINE.set(deadline);
}

/// Takes what is known of one run's POST. The exit code tells it where nothing else can.
pub(crate) fn posted(posted: Posted) {
    EXIT_CODE.fetch_max(exit_code(posted), Ordering::Relaxed);
}

/// The exit code of an error.
pub(crate) fn exit_code(posted: Posted) -> u8 {
    if posted == Posted::No { 2 } else { 4 }
}

/// Begins to watch. Call it when the signals are heard already.
pub(crate) fn watch() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let watching = async {
        let mut signals = Signals::install()?;
        let mut stopped = None;
        let mut hangs = Duration::ZERO;
        loop {
            let before = BEATS.load(Ordering::Relaxed);
            tokio::select! {
                signal = signals.next(), if stopped.is_none() => (stopped, hangs) = (Some(signal), Duration::ZERO),
                // No clock is read: it would count the time in which the whole process was suspended.
                () = sleep(WINDOW) => {
                    let goes_on = BEATS.load(Ordering::Relaxed) != before;
                    hangs = if goes_on { Duration::ZERO } else { hangs + WINDOW };
                }
            }
            let (patience, code) = match stopped {
                Some(stopped) => (SILENCE, stopped.exit_code),
                // A run that had begun before has passed its deadline then.
                None => match DEADLINE.get() {
                    Some(&deadline) => (deadline.max(SILENCE), EXIT_CODE.load(Ordering::Relaxed).max(2)),
                    None => continue,
                },
            };
            if hangs >= patience {
                process::exit(code.into());
            }
        }
    };
    let watch = move || -> io::Result<()> { runtime.block_on(watching) };
    thread::Builder::new().name("watch".to_owned()).spawn(watch).map(drop)
}
