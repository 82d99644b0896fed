//! Cancels the publish of an offer over a blocking agent, and prints what became of it.
//!
//! The service is the simulated portal, so that nothing leaves this machine:
//!
//!     cargo run -p cancel-ureq --example cancel
//!
//! The program `cancel-publish` of cancel-hyper calls the real service.

use std::error::Error;
use std::io::{self, Write};

use cancel_hyper::portal::example;
use cancel_ureq::Driver;
use cancel_ureq::cancel_core::{BearerToken, Cancellation, Event};

fn main() -> Result<(), Box<dyn Error>> {
    let served = example::publish(30)?;
    // For the real service: `Cancellation::new` with `Endpoint::default()`.
    let mut cancellation = example::cancellation(&served)?;
    // A closure that gets a fresh token is better: one token can expire between two polls.
    let token = BearerToken::new(example::TOKEN)?;
    let mut driver = Driver::new(cancel_ureq::agent(), token).with_observer(show);
    match driver.drive(&mut cancellation) {
        Ok(outcome) => writeln!(io::stdout(), "{}, posted: {}", outcome.as_str(), outcome.posted())?,
        Err(error) => return Err(format!("{error}. {}", error.advice()).into()),
    }
    Ok(())
}

/// Each wait of the driver, for a person.
fn show(event: &Event<'_>, cancellation: &Cancellation) {
    if let Event::Waiting(until) = event {
        let progress = cancellation.progress();
        let status = progress.operation.map_or("in progress", |operation| operation.status());
        let wait = until.saturating_sub(cancellation.now());
        // A closed stderr is no reason to stop.
        let _ = writeln!(io::stderr(), "{}: the publish is {status}; next poll in {wait:.1?}", progress.phase);
    }
}
