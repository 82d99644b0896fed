//! Cancels what is in progress for one offer, and reports what is known of it afterwards.
//!
//! Without `--endpoint` it calls a simulated portal in its own process, over real HTTP. With `--endpoint` and a token
//! the same code cancels a real operation.
//!
//! Exit code: 0 canceled, accepted or nothing running; 1 verified not canceled; 2 error; 3 ended, not proven.

#[path = "../../../cancel-hyper/examples/command_line/mod.rs"]
mod command_line;
mod display;

use std::io::{self, Write};
use std::process::ExitCode;

use cancel_core::{CancelRequest, Cancellation, Checkpoint, Event};
use cancel_ureq::Driver;
use clap::Parser;
use ureq::Agent;

use crate::command_line::arguments::{self, Job, Shared};
use crate::command_line::begin;
use crate::command_line::interrupt::Interrupt;
use crate::command_line::report::Report;
use crate::command_line::run_file::RunFile;
use crate::display::Display;

/// The offer of the simulated portal.
const SIMULATED: &str = "contoso-offer";

/// Cancel what is in progress for an offer of Microsoft's marketplace.
///
/// The token comes from --token-command, or else from the environment variable AZURE_TOKEN. This command prints one:
/// az account get-access-token --resource https://cloudpartner.azure.com --query accessToken -o tsv
#[derive(Debug, Parser)]
#[command(name = "cancel", version)]
struct Arguments {
    /// The offer's ID
    #[arg(long, value_name = "ID")]
    offer: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

fn main() -> ExitCode {
    let arguments: Arguments = match arguments::read() {
        Ok(arguments) => arguments,
        Err(unusable) => return Report::unusable(None, None, &unusable).print(arguments::want_json()),
    };
    let Arguments { offer, shared } = &arguments;
    let report = match shared.job(offer.as_slice(), &[SIMULATED]) {
        Ok(job) => job.requests.iter().map(|request| run(shared, &job, request)).next().unwrap_or_default(),
        Err(refused) => {
            Report::unusable(shared.publisher.as_deref(), refused.offer.as_deref().or(offer.as_deref()), &refused.why)
        }
    };
    report.print(shared.json)
}

fn run(arguments: &Shared, job: &Job, request: &CancelRequest) -> Report {
    let mut file = arguments.checkpoint.as_deref().map(RunFile::new);
    match begin(job, request, file.as_ref()) {
        Ok(cancellation) => cancel(cancellation, job, file.as_mut()),
        Err(error) => Report::of_error(request, &error),
    }
}

fn cancel(mut cancellation: Cancellation, job: &Job, mut file: Option<&mut RunFile>) -> Report {
    let interrupt = Interrupt::install();
    let mut display = Display::new();
    let result = Driver::new(Agent::new_with_defaults(), |_| job.tokens.next())
        .with_observer(|event: &Event<'_>, cancellation: &Cancellation| {
            interrupt.remember(cancellation);
            display.show(event, cancellation);
        })
        .with_journal(|checkpoint: Checkpoint| -> io::Result<()> {
            file.as_deref_mut().map_or(Ok(()), |file| file.write(checkpoint.to_json()))
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
