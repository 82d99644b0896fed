//! Where results go: JSON and outcomes to stdout, errors to stderr. Output that cannot be written is an error.

use std::io::{self, Write};

use super::Report;
use crate::{text, watch};

pub(crate) struct Output {
    pub(crate) json: bool,
    /// Opened before anything else: later there may be too many open files.
    stdout: Option<Box<dyn Write>>,
    failed: Option<io::Error>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        match stdout() {
            Ok(stdout) => Self { json, stdout: Some(Box::new(stdout)), failed: None },
            Err(error) => Self { json, stdout: None, failed: Some(error) },
        }
    }

    /// Prints one result: as JSON if that is asked for, and an error in words too.
    pub(crate) fn report(&mut self, report: &Report) {
        if self.json {
            self.json_only(report);
        }
        for line in report.lines() {
            if report.is_error() {
                note(line);
            } else if !self.json {
                self.line(&text::plain(&line));
            }
        }
    }

    /// Prints one result as JSON, which is told in words elsewhere.
    pub(crate) fn json_only(&mut self, report: &Report) {
        match text::json(report) {
            Ok(line) => self.line(&line),
            Err(error) => self.failed = Some(error),
        }
    }

    /// Prints a line on stdout.
    pub(crate) fn line(&mut self, line: &str) {
        let write = |stdout: &mut Box<dyn Write>| {
            stdout.write_all(format!("{line}\n").as_bytes())?;
            stdout.flush()
        };
        if let Some(Err(error)) = self.stdout.as_mut().map(write) {
            // The run goes on: a cancel that has gone out is not taken back.
            self.failed.get_or_insert(error);
        }
        watch::beat();
    }

    /// Whether everything so far was printed.
    pub(crate) fn is_complete(&self) -> bool {
        self.failed.is_none()
    }

    /// The exit code, which is at least 2 where something could not be printed.
    pub(crate) fn exit_code(&self, of_results: u8) -> u8 {
        match &self.failed {
            Some(error) => {
                note(format!("error: the output cannot be written: {error}"));
                of_results.max(2)
            }
            None => of_results,
        }
    }
}

/// Stdout as a file. Through its own handle std takes it for written where it is not open for writing.
#[cfg(unix)]
fn stdout() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;

    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

/// A line on stderr. If that is closed, the exit code still tells.
pub(crate) fn note(line: impl AsRef<str>) {
    let _ = writeln!(io::stderr(), "{}", text::plain(line.as_ref()));
    watch::beat();
}
