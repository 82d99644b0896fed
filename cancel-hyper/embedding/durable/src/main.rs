//! Cancels many offers through a job queue in PostgreSQL. There may be any number of workers, and each may be killed at
//! any time.
//!
//!     durable add --publisher contoso offer-1 offer-2 …
//!     durable work --token-command "az account get-access-token …"
//!     durable retry
//!
//! A job is a row of a table, and the cancellation's checkpoint is a column. See `schema.sql`.

mod queue;
mod tokens;
mod worker;

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::{self, ExitCode};
use std::time::Duration;

use cancel_core::{BearerToken, CancelRequest, Endpoint, OfferId, Policy, PublisherId};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::queue::{LONGEST_LEASE, Queue, in_words};
use crate::tokens::Tokens;
use crate::worker::Worker;

#[derive(Parser)]
struct Arguments {
    /// The database, as postgres://host/name or host=… dbname=…
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database: String,
    /// The service: only its jobs are added, done or reopened
    #[arg(long, value_name = "URL", default_value = "https://cloudpartner.azure.com")]
    endpoint: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add one job per offer
    Add {
        /// The publisher's ID
        #[arg(long)]
        publisher: String,
        /// The IDs of the offers
        #[arg(required = true)]
        offers: Vec<String>,
    },
    /// Do the jobs that are due
    Work(Work),
    /// Reopen the jobs that ended with an error, from their checkpoints
    Retry,
}

#[derive(Args)]
struct Work {
    /// How many jobs are in progress at a time
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    max_concurrent: u16,
    /// How long a worker keeps a job without renewing its lease
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    lease: Duration,
    /// The first wait before a poll, and the shortest
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    poll_interval: Duration,
    /// Stop when all jobs have ended
    #[arg(long)]
    until_done: bool,
    /// A command that prints a token; it is run whenever a fresh one is needed [default: the token in AZURE_TOKEN]
    #[arg(long, value_name = "COMMAND")]
    token_command: Option<String>,
}

/// The default of the policy.
const LONGEST_EXCHANGE: Duration = Duration::from_secs(30);
/// A shorter lease would expire before an exchange.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run().await else { return ExitCode::SUCCESS };
    let _ = writeln!(io::stderr(), "error: {}", in_words(&*error).escape_debug());
    ExitCode::FAILURE
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Arguments { database, endpoint, command } = Arguments::parse();
    let endpoint = Endpoint::new(endpoint)?;
    match command {
        Command::Add { publisher, offers } => add(&database, &endpoint, &publisher, &offers).await,
        Command::Work(arguments) => work(&database, endpoint, arguments).await,
        Command::Retry => {
            let reopened = Queue::open(&database, &endpoint, SHORTEST_LEASE).await?.retry().await?;
            Ok(writeln!(io::stdout(), "{reopened} reopened")?)
        }
    }
}

async fn add(database: &str, endpoint: &Endpoint, publisher: &str, offers: &[String]) -> Result<(), Box<dyn Error>> {
    let publisher = PublisherId::new(publisher)?;
    let requests = offers.iter().map(|offer| Ok(CancelRequest::new(publisher.clone(), OfferId::new(offer)?)));
    let requests = requests.collect::<Result<Vec<_>, cancel_core::InvalidInput>>()?;
    let queue = Queue::open(database, endpoint, SHORTEST_LEASE).await?;
    queue.set_up().await?;
    for request in requests {
        let added = if queue.add(&request).await? { "added" } else { "already there" };
        writeln!(io::stdout(), "{}/{}: {added}", request.publisher(), request.offer())?;
    }
    Ok(())
}

async fn work(database: &str, endpoint: Endpoint, arguments: Work) -> Result<(), Box<dyn Error>> {
    let lease = arguments.lease;
    if !(SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease) {
        let [shortest, longest] = [SHORTEST_LEASE, LONGEST_LEASE].map(humantime::format_duration);
        return Err(format!("--lease is from {shortest} to {longest}").into());
    }
    let tokens = match arguments.token_command {
        Some(command) => Tokens::Command(command),
        None => Tokens::Fixed(BearerToken::new(env::var("AZURE_TOKEN")?)?),
    };
    let worker = Worker {
        queue: Queue::open(database, &endpoint, lease).await?,
        driver: Worker::driver(move |_why| {
            let tokens = tokens.clone();
            async move { spawn_blocking(move || tokens.next()).await.map_err(|error| error.to_string())? }
        })?,
        endpoint,
        // An exchange has half a lease. Its time begins before its checkpoint is written, and that write renews the
        // lease. So a POST leaves within the lease.
        policy: Policy::default()
            .poll_interval(arguments.poll_interval)
            .attempt_timeout((lease / 2).min(LONGEST_EXCHANGE)),
        until_done: arguments.until_done,
        stop: stop_signal()?,
    };
    worker.run(arguments.max_concurrent.into()).await?;
    Ok(())
}

/// Becomes true at the first SIGTERM or SIGINT. The second one ends the process at once, which loses nothing either.
fn stop_signal() -> io::Result<watch::Receiver<bool>> {
    let (ask, stop) = watch::channel(false);
    let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
            if ask.send_replace(true) {
                process::exit(130);
            }
        }
    });
    Ok(stop)
}
