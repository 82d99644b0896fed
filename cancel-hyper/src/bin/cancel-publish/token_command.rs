//! Runs the token command, and ends it with all that it has started when nobody waits for it any more.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::progress::Screen;
use crate::tokens::VARIABLE;

/// The longest output that is read, in bytes. Tokens have some thousands.
const LONGEST_OUTPUT: u64 = 64 * 1024;
/// The longest line of its stderr that is shown.
const LONGEST_LINE: u64 = 4096;

/// What the command prints on stdout. Its stderr is shown line by line, and its stdin is empty.
pub(crate) async fn run(command: &str, screen: &Screen) -> Result<String, String> {
    let mut running = Running::start(command).map_err(|error| format!("the token command cannot be run: {error}"))?;
    let (out, err) = (running.0.stdout.take(), running.0.stderr.take());
    let (printed, ()) = tokio::join!(whole(out), show(err, screen));
    let status = running.0.wait().await.map_err(|error| format!("the token command was lost: {error}"))?;
    if !status.success() {
        return Err(format!("the token command failed: {status}"));
    }
    String::from_utf8(printed?).map_err(|_| "the token command printed no text".to_owned())
}

async fn whole(out: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, String> {
    let mut printed = Vec::new();
    if let Some(out) = out {
        let read = out.take(LONGEST_OUTPUT + 1).read_to_end(&mut printed).await;
        read.map_err(|error| format!("what the token command printed cannot be read: {error}"))?;
    }
    if printed.len() as u64 > LONGEST_OUTPUT {
        return Err("the token command printed no token: its output is longer than 64 KiB".to_owned());
    }
    Ok(printed)
}

/// Bars would be drawn over it, so it does not go to the terminal directly.
async fn show(err: Option<impl AsyncRead + Unpin>, screen: &Screen) {
    let Some(err) = err else { return };
    let mut lines = BufReader::new(err);
    loop {
        let mut line = Vec::new();
        match (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => screen.say(String::from_utf8_lossy(&line).trim_end()),
        }
    }
}

/// A command that runs. Dropping it ends the command and all that is in its group of processes.
struct Running(Child);

impl Running {
    fn start(command: &str) -> std::io::Result<Self> {
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
