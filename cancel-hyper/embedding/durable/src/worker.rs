//! A worker: takes jobs from the queue, several at a time, and drives each to its end, from wherever it stands.

use std::io::{self, Write};
use std::time::Duration;
use std::{error, fmt};

use cancel_core::{
    ErrorKind,
    CancelRequest, Cancellation, Checkpoint, Endpoint, Error, OfferId, Outcome, Policy, Proof, PublisherId,
};
use cancel_hyper::{Client, Driver, SharedTokens, Throttle, Throttled, TokenSource};
use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper_util::rt::TokioTimer;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::queue::{Job, NotWritten, Queue};

/// An empty queue is looked at again after so long.
const IDLE: Duration = Duration::from_secs(1);
/// What went wrong for now is tried again after so long.
const PAUSE: Duration = Duration::from_secs(60);

/// Why a worker stops, though there are jobs.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The database.
    By(NotWritten),
    /// The service takes nothing from it.
    Unwelcome(Error),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By(error) => error.fmt(f),
            Self::Unwelcome(error) => write!(f, "{error}; no other job was tried"),
        }
    }
}

impl error::Error for Stopped {}

impl From<NotWritten> for Stopped {
    fn from(error: NotWritten) -> Self {
        Self::By(error)
    }
}

impl From<tokio_postgres::Error> for Stopped {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::By(error.into())
    }
}

pub(crate) struct Worker<T> {
    pub(crate) queue: Queue,
    pub(crate) driver: Driver<Throttled<Client, TokioTimer>, TokioTimer, SharedTokens<T>>,
    pub(crate) endpoint: Endpoint,
    pub(crate) policy: Policy,
    /// Whether it ends when every job has.
    pub(crate) until_done: bool,
    /// Turns true when the worker is asked to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

impl<T: TokenSource + Send> Worker<T> {
    /// A driver whose clones share the service's patience, the connections and the token.
    pub(crate) fn driver(tokens: T) -> io::Result<Driver<Throttled<Client, TokioTimer>, TokioTimer, SharedTokens<T>>> {
        let service = Throttle::new(TokioTimer::new()).around(Client::new()?);
        Ok(Driver::new(service, TokioTimer::new(), SharedTokens::new(tokens)))
    }

    /// Works on so many jobs at a time, until it is asked to stop or there is nothing left.
    pub(crate) async fn run(&self, max_concurrent: usize) -> Result<(), Stopped> {
        let mut under_way = FuturesUnordered::new();
        loop {
            let stops = *self.stop.borrow();
            let mut all_taken = false;
            while !stops && !all_taken && under_way.len() < max_concurrent {
                match self.queue.take().await? {
                    Some(job) => under_way.push(self.work_on(job)),
                    None => all_taken = true,
                }
            }
            if under_way.is_empty() && (stops || self.until_done && self.queue.open_jobs().await? == 0) {
                return Ok(());
            }
            tokio::select! {
                Some(worked) = under_way.next() => worked?,
                () = sleep(IDLE), if all_taken => {}
                () = self.stopped(), if !stops => {}
            }
        }
    }

    /// One job, to its end or to where another worker has it.
    async fn work_on(&self, job: Job) -> Result<(), Stopped> {
        match self.drive(&job).await {
            // Its next worker goes on with it; we go on with another.
            Err(Stopped::By(NotWritten::Lost)) => {
                say(&job, "lost to another worker");
                Ok(())
            }
            worked => worked,
        }
    }

    /// Drives a job. Whatever happens to this process, the queue has what the next one needs.
    async fn drive(&self, job: &Job) -> Result<(), Stopped> {
        let mut cancellation = match self.begin(job) {
            Ok(cancellation) => cancellation,
            Err(refused) => return self.give_up(job, &refused).await,
        };
        let journal = |checkpoint: Checkpoint| async move { self.queue.write(job, &checkpoint).await };
        let mut driver = self.driver.clone().with_journal(journal);
        tokio::select! {
            result = driver.drive(&mut cancellation) => self.conclude(job, result).await,
            lost = self.queue.keep(job) => Err(lost.into()),
            // The future may be dropped anywhere: what may have been posted was written down before.
            () = self.stopped() => {
                Ok(self.queue.put_back(job, Duration::ZERO, "its worker was asked to stop").await?)
            }
        }
    }

    /// A new cancellation, or the one that a worker before us has written down. Both run on the database's clock.
    fn begin(&self, job: &Job) -> Result<Cancellation, Error> {
        let (endpoint, policy) = (self.endpoint.clone(), self.policy.clone());
        if let Some(checkpoint) = &job.checkpoint {
            return Cancellation::resume(endpoint, Checkpoint::from_json(checkpoint)?, policy, job.now);
        }
        let request = CancelRequest::new(PublisherId::new(&job.publisher)?, OfferId::new(&job.offer)?);
        Ok(Cancellation::new(endpoint, request, policy, job.now))
    }

    async fn conclude(&self, job: &Job, result: Result<Outcome, Error>) -> Result<(), Stopped> {
        let error = match result {
            Ok(outcome) => {
                let proof = outcome.proof().map_or("nothing was posted", Proof::as_str);
                self.queue.end(job, outcome.as_str(), proof).await?;
                say(job, outcome.as_str());
                return Ok(());
            }
            Err(error) => error,
        };
        let remark = error.to_string();
        match error.kind() {
            // It could not be written. Whoever can write goes on; that may be us.
            ErrorKind::Checkpoint => self.queue.put_back(job, Duration::ZERO, &remark).await?,
            // The token is this worker's, and the next job's answer would be the same.
            ErrorKind::Unauthorized => {
                self.queue.put_back(job, Duration::ZERO, &remark).await?;
                return Err(Stopped::Unwelcome(error));
            }
            _ if error.is_transient() => self.queue.put_back(job, PAUSE, &remark).await?,
            _ => self.give_up(job, &error).await?,
        }
        Ok(())
    }

    /// Nothing that another try would mend: a person has to look.
    async fn give_up(&self, job: &Job, error: &Error) -> Result<(), Stopped> {
        self.queue.end(job, error.kind().as_str(), &error.to_string()).await?;
        say(job, &error.to_string());
        Ok(())
    }

    async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // Who cannot be asked any more goes on.
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn say(job: &Job, what: &str) {
    let _ = writeln!(io::stdout(), "{}/{}: {what}", job.publisher, job.offer);
}
