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
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // Handled once, it does not end the process: a write beyond the limit fails instead, and that is told.
        drop(signal(SignalKind::from_raw(FILE_SIZE_LIMIT))?);
        let [interrupt, terminate, hang_up] = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)?, hang_up: signal(hang_up)? })
    }

    pub(crate) async fn next(&mut self) -> Stopped {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => Stopped { word: "SIGTERM", exit_code: 143 },
            _ = self.hang_up.recv() => Stopped { word: "SIGHUP", exit_code: 129 },
        }
    }
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
