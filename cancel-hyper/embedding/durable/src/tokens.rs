//! The source of tokens: the environment, or a command that is run whenever a fresh one is needed.

use std::process::{Command, Stdio};

use cancel_core::BearerToken;

#[derive(Clone)]
pub(crate) enum Tokens {
    /// One token. It is given again after the service has rejected it.
    Fixed(BearerToken),
    /// A shell command that prints a token.
    Command(String),
}

impl Tokens {
    /// A token. This blocks until a command has ended.
    pub(crate) fn next(&self) -> Result<BearerToken, String> {
        match self {
            Self::Fixed(token) => Ok(token.clone()),
            Self::Command(command) => printed_by(command),
        }
    }
}

/// Runs the command. Its stderr goes to the terminal. Its stdout must not be shown, since it contains a token.
fn printed_by(command: &str) -> Result<BearerToken, String> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let output = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("the token command cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("the token command failed: {}", output.status));
    }
    let printed = String::from_utf8(output.stdout).map_err(|_| "the token command printed no text".to_owned())?;
    BearerToken::new(printed.trim()).map_err(|error| format!("the token command printed no token: {error}"))
}
