//! Cancels many offers through a job queue in PostgreSQL, by any number of workers, each of which may be killed at any time.
//!
//!     durable add --publisher contoso offer-1 offer-2 …
//!     AZURE_TOKEN=… durable work
//!
//! A job is a row, and the cancellation's checkpoint is a column of it. See `schema.sql`.

mod queue;
#[path = "../../../examples/command_line/tokens.rs"]
mod tokens;
mod worker;

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use cancel_core::{BearerToken, CancelRequest, Endpoint, OfferId, Policy, PublisherId};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::queue::Queue;
use crate::tokens::Tokens;
use crate::worker::Worker;

#[derive(Parser)]
struct Arguments {
    /// The database, as postgres://host/name or as host=… dbname=…
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add a job an offer
    Add {
        /// Who publishes
        #[arg(long)]
        publisher: String,
        /// What is published
        #[arg(required = true)]
        offers: Vec<String>,
    },
    /// Do the jobs that are due
    Work(Work),
}

#[derive(Args)]
struct Work {
    /// The service
    #[arg(long, value_name = "URL", default_value = "https://cloudpartner.azure.com")]
    endpoint: String,
    /// How many jobs are under way at a time
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    at_a_time: u16,
    /// How long a job stays with a worker of whom nothing is heard
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    lease: Duration,
    /// The first wait before a look, and the shortest
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    poll_interval: Duration,
    /// End when all jobs have ended
    #[arg(long)]
    until_done: bool,
    /// A command that prints a token, run again whenever a fresh one is needed; without it AZURE_TOKEN
    #[arg(long, value_name = "COMMAND")]
    token_command: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { database, command } = Arguments::parse();
    match command {
        Command::Add { publisher, offers } => add(&database, &publisher, &offers).await,
        Command::Work(arguments) => work(&database, arguments).await,
    }
}

async fn add(database: &str, publisher: &str, offers: &[String]) -> Result<(), Box<dyn Error>> {
    let publisher = PublisherId::new(publisher)?;
    let requests = offers.iter().map(|offer| Ok(CancelRequest::new(publisher.clone(), OfferId::new(offer)?)));
    let requests = requests.collect::<Result<Vec<_>, cancel_core::InvalidInput>>()?;
    let queue = Queue::open(database, Duration::ZERO).await?;
    for request in requests {
        let added = if queue.add(&request).await? { "added" } else { "there already" };
        writeln!(io::stdout(), "{}/{}: {added}", request.publisher(), request.offer())?;
    }
    Ok(())
}

async fn work(database: &str, arguments: Work) -> Result<(), Box<dyn Error>> {
    let tokens = match arguments.token_command {
        Some(command) => Tokens::Command(command),
        None => Tokens::Fixed(BearerToken::new(env::var("AZURE_TOKEN")?)?),
    };
    let (ask_to_stop, stop) = watch::channel(false);
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        // A worker that has ended has nobody who hears it.
        let _ = ask_to_stop.send(true);
    });
    let worker = Worker {
        queue: Queue::open(database, arguments.lease).await?,
        driver: Worker::driver(move |_why| {
            let tokens = tokens.clone();
            async move { spawn_blocking(move || tokens.next()).await.map_err(|error| error.to_string())? }
        })?,
        endpoint: Endpoint::new(arguments.endpoint)?,
        policy: Policy::default().poll_interval(arguments.poll_interval),
        until_done: arguments.until_done,
        stop,
    };
    worker.run(arguments.at_a_time.into()).await?;
    Ok(())
}
