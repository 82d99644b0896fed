//! Cancels what is being done with one offer, and says what is known of it afterwards.
//!
//! Without `--endpoint` it talks to a simulated portal in its own process, over real HTTP. With `--endpoint` and a
//! token in `AZURE_TOKEN` the same code cancels a real operation.
//!
//! Exit code: 0 canceled or accepted, 2 error, 3 over but not proven.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to a person")]

mod arguments;
mod display;
mod interrupt;
mod report;
mod simulated;

use std::process::ExitCode;
use std::time::Duration;

use cancel_core::{Cancellation, Event};
use cancel_ureq::Driver;
use ureq::Agent;

use crate::arguments::{Arguments, Job};
use crate::display::Display;
use crate::interrupt::Interrupt;
use crate::report::Report;

fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(unusable) => return Report::unusable(None, None, &unusable).print(Arguments::want_json()),
    };
    let report = match arguments.job() {
        Ok(job) => cancel(job),
        Err(unusable) => Report::unusable(arguments.publisher.as_deref(), arguments.offer.as_deref(), &unusable),
    };
    report.print(arguments.json)
}

fn cancel(job: Job) -> Report {
    let mut cancellation = Cancellation::new(job.endpoint, job.request, job.policy, Duration::ZERO);
    let interrupt = Interrupt::install(cancellation.request());
    let mut display = Display::new();
    let result = Driver::new(&Agent::new_with_defaults(), job.token)
        .observed_by(|event: &Event<'_>, cancellation: &Cancellation| {
            interrupt.remember(cancellation.posted());
            display.show(event, cancellation);
        })
        .drive(&mut cancellation);
    display.clear();
    Report::of(&cancellation, &result)
}
