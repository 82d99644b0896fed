//! Cancels what is being done with one offer, and says what is known of it afterwards.
//!
//! Without `--endpoint` it talks to a simulated portal in its own process, over real HTTP. With `--endpoint` and a token
//! the same code cancels a real operation.
//!
//! Exit code: 0 canceled, accepted or nothing running; 1 verified not canceled; 2 error; 3 over but not proven.

mod arguments;
mod display;
mod interrupt;
mod report;
mod run_file;
mod simulated;
mod tokens;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use cancel_core::{Cancellation, Error, Event};
use cancel_ureq::Driver;
use ureq::Agent;

use crate::arguments::{Arguments, Job};
use crate::display::Display;
use crate::interrupt::Interrupt;
use crate::report::Report;
use crate::run_file::RunFile;

fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(unusable) => return Report::unusable(None, None, &unusable).print(Arguments::want_json()),
    };
    let report = match arguments.job() {
        Ok(job) => run(&arguments, job),
        Err(unusable) => Report::unusable(arguments.publisher.as_deref(), arguments.offer.as_deref(), &unusable),
    };
    report.print(arguments.json)
}

fn run(arguments: &Arguments, job: Job) -> Report {
    let mut file = arguments.checkpoint.as_deref().map(RunFile::new);
    let request = job.request.clone();
    match begin(&job, file.as_ref()) {
        Ok(cancellation) => cancel(cancellation, job, file.as_mut()),
        Err(error) => Report::of_error(&request, &error),
    }
}

/// A new run, or the one that was written down.
fn begin(job: &Job, file: Option<&RunFile>) -> Result<Cancellation, Error> {
    let (endpoint, policy) = (job.endpoint.clone(), job.policy.clone());
    // The time since 1970: the same clock in the next process.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let fresh = Cancellation::new(endpoint.clone(), job.request.clone(), policy.clone(), now);
    let checkpoint = match file.map_or(Ok(None), RunFile::read) {
        Ok(None) => return Ok(fresh),
        Ok(Some(checkpoint)) => checkpoint,
        Err(error) => return Err(error),
    };
    let resumed = Cancellation::resume(endpoint, checkpoint, policy, now)?;
    if *resumed.request() != job.request {
        return Err(resumed.checkpoint_error("the checkpoint is of a run with other arguments"));
    }
    Ok(resumed)
}

fn cancel(mut cancellation: Cancellation, job: Job, mut file: Option<&mut RunFile>) -> Report {
    let interrupt = Interrupt::install(cancellation.request());
    let mut display = Display::new();
    let result = Driver::new(&Agent::new_with_defaults(), job.tokens)
        .observed_by(|event: &Event<'_>, cancellation: &Cancellation| {
            interrupt.remember(&cancellation.progress());
            display.show(event, cancellation);
        })
        .journaled_in(|cancellation: &Cancellation| -> io::Result<()> {
            file.as_deref_mut().map_or(Ok(()), |file| file.write(cancellation))
        })
        .drive(&mut cancellation);
    display.clear();
    if let (Ok(_), Some(file)) = (&result, &file) {
        if let Err(error) = file.remove() {
            let _ = writeln!(io::stderr(), "The checkpoint could not be removed: {error}");
        }
    }
    Report::of(&cancellation, &result)
}
