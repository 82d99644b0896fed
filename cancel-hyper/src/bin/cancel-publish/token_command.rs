//! Runs the token command. While it runs, it is ended with all that it has started when nobody waits for it any more.
//! What it leaves in the background lives on.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::progress::Screen;
use crate::redact::redacted;
use crate::tokens::VARIABLE;

/// The longest output that is read, in bytes. Tokens have some thousands.
const LONGEST_OUTPUT: usize = 64 * 1024;
/// How much of its stderr is shown, in bytes.
const MOST_SHOWN: usize = 64 * 1024;
/// How long a line of its stderr waits for the token, which may be in it. It can be a code that a person must enter.
const HELD: Duration = Duration::from_secs(1);
/// How long its outputs may stay open once it has ended: what it has left in the background can hold them for ever.
const LINGER: Duration = Duration::from_secs(1);
/// The same while nothing was printed on stdout: that may be left to something in the background.
const LONGEST_LINGER: Duration = Duration::from_secs(10);

/// What the command prints on stdout. Its stderr is shown meanwhile, and its stdin is empty.
pub(crate) async fn run(command: &str, screen: &Screen) -> Result<String, String> {
    let mut process = Running::start(command).map_err(|error| format!("the token command cannot be run: {error}"))?;
    let (out, err) = (process.0.stdout.take(), process.0.stderr.take());
    let (tell, told) = watch::channel(None);
    let (end, ended) = watch::channel(None);
    let (is_over, over) = watch::channel(false);
    let running = async {
        let ending = async {
            let status = process.0.wait().await.map_err(|error| format!("the token command was lost: {error}"))?;
            let at = Instant::now();
            end.send_replace(Some(Ended { at, succeeded: status.success() }));
            Ok((status, at))
        };
        let printing =
            async { whole(out, ended).await.inspect(|printed| drop(tell.send_replace(Some(printed.clone())))) };
        let ((status, at), printed) = tokio::try_join!(ending, printing)?;
        // Nobody listens any more once stderr has ended by itself.
        let _ = timeout_at(at + LINGER, is_over.closed()).await;
        is_over.send_replace(true);
        Ok((status, printed))
    };
    let showing = async {
        show(Pipe { end: err, over }, told, screen).await;
        Ok::<_, String>(())
    };
    let ((status, printed), ()) = tokio::try_join!(running, showing)?;
    if !status.success() {
        return Err(format!("the token command failed: {status}"));
    }
    String::from_utf8(printed).map_err(|_| "the token command printed no text".to_owned())
}

/// When the command itself has ended, and whether it has succeeded.
#[derive(Clone, Copy)]
struct Ended {
    at: Instant,
    succeeded: bool,
}

/// Reads stdout.
async fn whole(out: Option<ChildStdout>, mut ended: watch::Receiver<Option<Ended>>) -> Result<Vec<u8>, String> {
    let mut printed = Vec::with_capacity(4 * 1024);
    let Some(mut out) = out else { return Ok(printed) };
    let (mut length, mut grown) = (0, None);
    while printed.len() <= LONGEST_OUTPUT {
        let text = printed.trim_ascii().len();
        grown = if text > length { Some(Instant::now()) } else { grown };
        length = text;
        let mut end = (&mut out).take(LONGEST_OUTPUT as u64);
        let read = tokio::select! {
            biased;
            read = end.read_buf(&mut printed) => read,
            () = nothing_more(&mut ended, grown) => Ok(0),
        };
        if read.map_err(|error| format!("what the token command printed cannot be read: {error}"))? == 0 {
            return Ok(printed);
        }
    }
    Err("the token command printed no token: its output is longer than 64 KiB".to_owned())
}

/// Waits until the command has ended, and what it has left had time to print more. `grown` says when something was
/// printed last that is not blank.
async fn nothing_more(ended: &mut watch::Receiver<Option<Ended>>, grown: Option<Instant>) {
    let ended = ended.wait_for(Option::is_some).await.map_or(None, |ended| *ended);
    let Some(Ended { at, succeeded }) = ended else { return };
    let until = match grown {
        Some(grown) => at.max(grown) + LINGER,
        None if succeeded => at + LONGEST_LINGER,
        None => at + LINGER,
    };
    sleep_until(until).await;
}

/// An output of the command, which ends with the command.
struct Pipe<R> {
    end: Option<R>,
    over: watch::Receiver<bool>,
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    /// Reads what is there, but not more than so many bytes. At the end it reads none.
    async fn read(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let Some(end) = &mut self.end else { return Ok(0) };
        let mut end = end.take(most as u64);
        tokio::select! {
            biased;
            // Also where something in the background never stops to print.
            _ = self.over.wait_for(|is_over| *is_over) => Ok(0),
            count = end.read_buf(bytes) => count,
        }
    }
}

/// Shows whole lines, without a token. Bars would be drawn over what goes to the terminal directly.
async fn show(mut err: Pipe<impl AsyncRead + Unpin>, mut printed: watch::Receiver<Option<Vec<u8>>>, screen: &Screen) {
    let mut unseen = Vec::with_capacity(MOST_SHOWN);
    let mut left = MOST_SHOWN;
    while left > 0 {
        let count = err.read(&mut unseen, left).await.unwrap_or(0);
        let _ = timeout(HELD, printed.wait_for(Option::is_some)).await;
        let newline = unseen.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = if count == 0 { unseen.len() } else { newline };
        let lines: Vec<_> = unseen.drain(..end).collect();
        for line in redacted(&String::from_utf8_lossy(&lines), printed.borrow().as_deref()).lines() {
            screen.say(line.trim_end());
        }
        if count == 0 {
            return;
        }
        left -= count;
    }
    screen.say("(The token command says more than 64 KiB. The rest is not shown.)");
    while matches!(err.read(&mut unseen, MOST_SHOWN).await, Ok(1..)) {
        unseen.clear();
    }
}

/// A command that runs. Dropping it ends the command and all that is in its group of processes.
struct Running(Child);

impl Running {
    fn start(command: &str) -> io::Result<Self> {
        let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let mut shell = Command::new(shell);
        shell.args([flag, command]).env_remove(VARIABLE).kill_on_drop(true);
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        shell.process_group(0);
        shell.spawn().map(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The shell's own children would live on. Its id is `None` once it was waited for.
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(group_of) {
            // It may have ended already.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The group that [`Running::start`] has made for the child.
#[cfg(unix)]
fn group_of(child: u32) -> Option<rustix::process::Pid> {
    i32::try_from(child).ok().and_then(rustix::process::Pid::from_raw)
}
