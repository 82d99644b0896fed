//! Cancels what is in progress for many offers, concurrently, and reports what is known of each afterwards.
//!
//! Without `--endpoint` it calls a simulated portal in its own process, over real HTTP. With `--endpoint` and a token
//! the same code cancels real operations.
//!
//! Exit code: the highest of all offers. 0 canceled, accepted or nothing running; 1 verified not canceled; 2 error; 3
//! ended, not proven.

#[path = "../command_line/mod.rs"]
mod command_line;
mod display;
mod folder;

use std::io;
use std::process::ExitCode;
use std::sync::mpsc;

use cancel_core::{CancelRequest, Cancellation, Event};
use cancel_hyper::{Client, Driver, Ended, cancel_many};
use clap::Parser;
use futures_util::StreamExt;
use hyper_util::rt::TokioTimer;
use tokio::task::spawn_blocking;

use crate::command_line::arguments::{self, Job, Shared};
use crate::command_line::begin;
use crate::command_line::interrupt::Interrupt;
use crate::command_line::report::Report;
use crate::display::{Display, summary};
use crate::folder::{Folder, OfferJournal};

/// The offers of the simulated portal.
const SIMULATED: [&str; 6] = ["offer-1", "offer-2", "offer-3", "offer-4", "offer-5", "offer-6"];

/// Cancel what is in progress for offers of Microsoft's marketplace.
///
/// The token comes from --token-command, or else from the environment variable AZURE_TOKEN. This command prints one:
/// az account get-access-token --resource https://cloudpartner.azure.com --query accessToken -o tsv
#[derive(Debug, Parser)]
#[command(name = "cancel_many", version)]
struct Arguments {
    /// An offer's ID; may be given many times
    #[arg(long = "offer", value_name = "ID")]
    offers: Vec<String>,
    /// How many offers are in progress at a time; the deadline of the others counts from their start [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: Option<u16>,
    #[command(flatten)]
    shared: Shared,
}

fn main() -> ExitCode {
    let arguments: Arguments = match arguments::read() {
        Ok(arguments) => arguments,
        Err(unusable) => return Report::unusable(None, None, &unusable).print(arguments::want_json()),
    };
    let shared = &arguments.shared;
    let job = match shared.job(&arguments.offers, &SIMULATED) {
        Ok(job) => job,
        Err(refused) => {
            let only = arguments.offers.first().filter(|_| arguments.offers.len() == 1);
            let offer = refused.offer.as_ref().or(only);
            let report = Report::unusable(shared.publisher.as_deref(), offer.map(String::as_str), &refused.why);
            return report.print(shared.json);
        }
    };
    match run(&arguments, &job) {
        Ok(reports) => reports.iter().map(Report::exit_code).max().unwrap_or_default().into(),
        Err(error) => Report::unusable(None, None, &error.into()).print(shared.json),
    }
}

/// Drives all cancellations on this thread. Prints each result as JSON at once, or all of them as a table at the end.
fn run(arguments: &Arguments, job: &Job) -> io::Result<Vec<Report>> {
    let shared = &arguments.shared;
    let folder = shared.checkpoint.as_deref().map(Folder::open).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (interrupt, display) = (Interrupt::install(), Display::new(job.requests.len()));
    let (shown, tokens) = (display.clone(), job.tokens.clone());
    let driver = Driver::new(Client::new()?, TokioTimer::new(), move |_| {
        let tokens = tokens.clone();
        async move { spawn_blocking(move || tokens.next()).await.map_err(|error| error.to_string())? }
    })
    .with_observer(move |event: &Event<'_>, cancellation: &Cancellation| {
        interrupt.remember(cancellation);
        shown.show(event, cancellation);
    })
    .with_journal(OfferJournal::new(folder.clone()));
    let (refuse, refused) = mpsc::channel();
    let begun = job.requests.iter().filter_map(|request| begin_in(folder.as_ref(), job, request, &refuse));
    let mut reports = Vec::new();
    runtime.block_on(async {
        let mut fleet = cancel_many(driver, begun, arguments.concurrency.map_or(usize::MAX, usize::from));
        while let Some(Ended { cancellation, result, .. }) = fleet.next().await {
            if let (Ok(_), Some(folder)) = (&result, &folder) {
                folder.remove(cancellation.request());
            }
            reports.push(Report::of(&cancellation, &result));
            print_last(shared.json, &reports);
        }
    });
    // Do not wait for a token command that still runs.
    runtime.shutdown_background();
    for report in refused.try_iter() {
        reports.push(report);
        print_last(shared.json, &reports);
    }
    display.clear();
    if !shared.json {
        for report in reports.iter().filter(|report| report.is_error()) {
            report.print(false);
        }
        summary(&reports);
    }
    Ok(reports)
}

/// A new run, or one resumed from its checkpoint. A run that cannot be resumed does not stop the others.
fn begin_in(
    folder: Option<&Folder>,
    job: &Job,
    request: &CancelRequest,
    refuse: &mpsc::Sender<Report>,
) -> Option<Cancellation> {
    let file = folder.map(|folder| folder.file(request));
    match begin(job, request, file.as_ref()) {
        Ok(cancellation) => Some(cancellation),
        Err(error) => {
            // Received at the end of the run.
            let _ = refuse.send(Report::of_error(request, &error));
            None
        }
    }
}

fn print_last(json: bool, reports: &[Report]) {
    if let (true, Some(report)) = (json, reports.last()) {
        report.print(true);
    }
}
