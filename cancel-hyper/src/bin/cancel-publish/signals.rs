//! Ctrl-C, SIGTERM, and SIGHUP of a terminal that was closed. They are handled from the beginning: the first process of
//! a container has no default for them.

use std::io;

#[derive(Clone, Copy)]
pub(crate) struct Stopped {
    pub(crate) word: &'static str,
    /// As a shell reports a process that the signal has ended.
    pub(crate) exit_code: u8,
}

const INTERRUPT: Stopped = Stopped { word: "Ctrl-C", exit_code: 130 };

/// `SIGXFSZ`, which has this number everywhere but on MIPS.
#[cfg(unix)]
const FILE_SIZE_LIMIT: i32 = 25;

#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// `None` where it is ignored.
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // Handled once, it does not end the process: a write beyond the limit fails instead, and that is told.
        drop(signal(SignalKind::from_raw(FILE_SIZE_LIMIT))?);
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: if ignores_hang_up() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    pub(crate) async fn next(&mut self) -> Stopped {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => Stopped { word: "SIGTERM", exit_code: 143 },
            Some(_) = async { self.hang_up.as_mut()?.recv().await } => Stopped { word: "SIGHUP", exit_code: 129 },
        }
    }
}

/// Whether the process began so, as `nohup` asks. Only Linux tells without unsafe code.
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|signals| u64::from_str_radix(signals.trim(), 16).is_ok_and(|signals| signals & 1 == 1))
}

#[cfg(windows)]
pub(crate) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    pub(crate) fn install() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    pub(crate) async fn next(&mut self) -> Stopped {
        self.0.recv().await;
        INTERRUPT
    }
}
