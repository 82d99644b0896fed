//! Cancels the publish of offers on Microsoft's commercial marketplace, and says what became of each.
//!
//! `flags` are what is typed, `job` is what they mean together, `run` drives it over the library, `progress` is what a
//! person sees meanwhile, and `report` is what is known at the end.

mod checkpoints;
mod contact;
mod flags;
mod job;
mod problem;
mod progress;
mod reached;
mod redact;
mod regular_file;
mod report;
mod run;
mod signals;
mod simulated;
mod text;
mod tls;
mod token_command;
mod tokens;
mod watch;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::CommandFactory;

use crate::flags::Flags;
use crate::job::Job;
use crate::problem::Problem;
use crate::report::{Output, Report, note};
use crate::run::Settings;
use crate::signals::Signals;

/// How long what still runs on other threads, such as the write of a checkpoint, may take at the end.
const LAST_WORK: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    let mut output = Output::new(arguments.iter().any(|argument| argument == "--json"));
    let exit_code = match Flags::read(&arguments) {
        Ok(flags) => match flags.completions {
            Some(shell) => completions(shell, &mut output),
            None => start(flags, &mut output),
        },
        Err(error) => unusable(&error, &arguments, &mut output),
    };
    output.exit_code(exit_code).into()
}

fn completions(shell: clap_complete::Shell, output: &mut Output) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Flags::command(), "cancel-publish", &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end());
    0
}

/// Prints help or the version, or says what is wrong with the arguments: possible values and suggestions too.
fn unusable(error: &clap::Error, arguments: &[OsString], output: &mut Output) -> u8 {
    if !error.use_stderr() {
        output.line(error.render().to_string().trim_end());
        return 0;
    }
    let text = error.render().to_string();
    let is_plain = |argument: &OsString| *text::plain(&argument.to_string_lossy()) == *argument.to_string_lossy();
    if arguments.iter().all(is_plain) {
        // Colors where a terminal shows them. If stderr is closed, the exit code still tells.
        let _ = error.print();
    } else {
        // It repeats what a script has passed on.
        text.lines().for_each(note);
    }
    if output.json {
        let message: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let message = message.join(" ");
        output.json_only(&Report::of_problem(Problem::invalid(message.trim_start_matches("error: "))));
    }
    2
}

fn start(flags: Flags, output: &mut Output) -> u8 {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output
                .report(&Report::of_problem(Problem::invalid(format_args!("the runtime cannot be started: {error}"))));
            return 2;
        }
    };
    let exit_code = runtime.block_on(work(flags, output)).unwrap_or_else(|problem| {
        output.report(&Report::of_problem(problem));
        2
    });
    runtime.shutdown_timeout(LAST_WORK);
    exit_code
}

async fn work(flags: Flags, output: &mut Output) -> Result<u8, Problem> {
    let no_signals = |error| Problem::invalid(format_args!("no signals: {error}"));
    let mut signals = Signals::install().map_err(no_signals)?;
    watch::watch().map_err(no_signals)?;
    let settings = Settings {
        checkpoint: flags.checkpoint.clone(),
        ca_file: flags.ca_file.clone(),
        concurrency: flags.concurrency,
    };
    let deadline = flags.deadline;
    // Reading the offers from stdin may take as long as a person likes.
    let reading = tokio::task::spawn_blocking(move || Job::of(&flags));
    let job = tokio::select! {
        job = reading => job.map_err(Problem::invalid)??,
        stopped = signals.next() => {
            note(format!("Stopped by {}. Nothing was sent.", stopped.word));
            return Ok(stopped.exit_code);
        }
    };
    if let Some(served) = &job.simulated {
        note(format!("Simulated: nothing leaves this machine. The portal is at {}.", served.endpoint()));
    }
    watch::runs_begin(deadline);
    run::run(&job, &settings, &mut signals, output).await
}
