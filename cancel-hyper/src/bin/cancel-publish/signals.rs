//! Ctrl-C, SIGTERM, and SIGHUP of a terminal that was closed. They are handled from the beginning: the first process of
//! a container has no default for them.

use std::time::Duration;
use std::{io, process, thread};

use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::report::lines;

/// How long no line may be given out after a signal. What still runs at the end takes less.
const SILENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy)]
pub(crate) struct Stopped {
    pub(crate) word: &'static str,
    /// As a shell reports a process that the signal has ended.
    pub(crate) exit_code: u8,
}

const INTERRUPT: Stopped = Stopped { word: "Ctrl-C", exit_code: 130 };

/// Ends the process after a signal that its own thread cannot hear, because it waits for somebody to read its output.
/// Nothing is lost by that: a checkpoint is whole at any moment. Call it when the signals are heard already.
pub(crate) fn watch() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let watching = async {
        let stopped = Signals::install()?.next().await;
        loop {
            let before = lines();
            sleep(SILENCE).await;
            if lines() == before {
                process::exit(stopped.exit_code.into());
            }
        }
    };
    let watch = move || -> io::Result<()> { runtime.block_on(watching) };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
}

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
