//! Runs the token command, and ends it with all that it has started when nobody waits for it any more.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, copy, sink};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::progress::Screen;
use crate::redact::redacted;
use crate::tokens::VARIABLE;

/// The longest output that is read, in bytes. Tokens have some thousands.
const LONGEST_OUTPUT: u64 = 64 * 1024;
/// How much of its stderr is shown, in bytes.
const MOST_SHOWN: usize = 64 * 1024;
/// How long a line of its stderr waits for the token, which may be in it. It can be a code that a person must enter.
const HELD: Duration = Duration::from_secs(1);

/// What the command prints on stdout. Its stderr is shown meanwhile, and its stdin is empty.
pub(crate) async fn run(command: &str, screen: &Screen) -> Result<String, String> {
    let mut running = Running::start(command).map_err(|error| format!("the token command cannot be run: {error}"))?;
    let (out, err) = (running.0.stdout.take(), running.0.stderr.take());
    let (tell, told) = watch::channel(Vec::new());
    let telling = async move {
        let printed = whole(out).await;
        tell.send_replace(printed.clone().unwrap_or_default());
        printed
    };
    let (printed, ()) = tokio::join!(telling, show(err, told, screen));
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

/// Shows whole lines, without a token. Bars would be drawn over what goes to the terminal directly.
async fn show(err: Option<impl AsyncRead + Unpin>, mut printed: watch::Receiver<Vec<u8>>, screen: &Screen) {
    let Some(mut err) = err else { return };
    let mut unseen = Vec::with_capacity(MOST_SHOWN);
    let mut left = MOST_SHOWN;
    while left > 0 {
        let count = (&mut err).take(left as u64).read_buf(&mut unseen).await.unwrap_or(0);
        let _ = timeout(HELD, printed.wait_for(|printed| !printed.is_empty())).await;
        let newline = unseen.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = if count == 0 { unseen.len() } else { newline };
        let lines: Vec<_> = unseen.drain(..end).collect();
        for line in redacted(&String::from_utf8_lossy(&lines), &printed.borrow()).lines() {
            screen.say(line.trim_end());
        }
        if count == 0 {
            return;
        }
        left -= count;
    }
    screen.say("(The token command says more than 64 KiB. The rest is not shown.)");
    let _ = copy(&mut err, &mut sink()).await;
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
