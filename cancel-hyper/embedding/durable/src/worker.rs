//! A worker: takes jobs from the queue, several at a time, and drives each from its checkpoint to its end.

use std::io::{self, Write};
use std::time::Duration;
use std::{error, fmt};

use cancel_core::{
    CancelRequest, Cancellation, Checkpoint, Endpoint, Error, ErrorKind, OfferId, Outcome, Policy, Proof, PublisherId,
};
use cancel_hyper::{Client, Driver, SharedTokens, Throttle, Throttled, TokenSource};
use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper_util::rt::TokioTimer;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::queue::{Job, NotWritten, Queue};

/// How long to wait before an empty queue is asked again.
const IDLE: Duration = Duration::from_secs(1);
/// How long to wait before a job with a transient error is tried again.
const PAUSE: Duration = Duration::from_secs(60);

/// Why a worker stops although there are jobs.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The database failed.
    Database(NotWritten),
    /// The service rejects this worker's token.
    Unauthorized(Error),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::Unauthorized(error) => write!(f, "{error}; no further job was tried"),
        }
    }
}

impl error::Error for Stopped {}

impl From<NotWritten> for Stopped {
    fn from(error: NotWritten) -> Self {
        Self::Database(error)
    }
}

impl From<tokio_postgres::Error> for Stopped {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

pub(crate) struct Worker<T> {
    pub(crate) queue: Queue,
    pub(crate) driver: Driver<Throttled<Client, TokioTimer>, TokioTimer, SharedTokens<T>>,
    pub(crate) endpoint: Endpoint,
    pub(crate) policy: Policy,
    /// Whether to stop when all jobs have ended.
    pub(crate) until_done: bool,
    /// Becomes true when the worker is asked to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

impl<T: TokenSource + Send> Worker<T> {
    /// A driver whose clones share the rate limit, the connections and the token.
    pub(crate) fn driver(tokens: T) -> io::Result<Driver<Throttled<Client, TokioTimer>, TokioTimer, SharedTokens<T>>> {
        let service = Throttle::new(TokioTimer::new()).around(Client::new()?);
        Ok(Driver::new(service, TokioTimer::new(), SharedTokens::new(tokens)))
    }

    /// Works on up to `max_concurrent` jobs at a time, until it is asked to stop or nothing is left to do.
    pub(crate) async fn run(&self, max_concurrent: usize) -> Result<(), Stopped> {
        let mut in_progress = FuturesUnordered::new();
        loop {
            let stops = *self.stop.borrow();
            let mut all_taken = false;
            while !stops && !all_taken && in_progress.len() < max_concurrent {
                match self.queue.take().await? {
                    Some(job) => in_progress.push(self.work_on(job)),
                    None => all_taken = true,
                }
            }
            if in_progress.is_empty() && (stops || self.until_done && self.queue.open_jobs().await? == 0) {
                return Ok(());
            }
            tokio::select! {
                Some(worked) = in_progress.next() => worked?,
                () = sleep(IDLE), if all_taken => {}
                () = self.stopped(), if !stops => {}
            }
        }
    }

    /// Works on one job until it has ended, was given back, or was taken away meanwhile.
    async fn work_on(&self, job: Job) -> Result<(), Stopped> {
        match self.drive(&job).await {
            // Another worker resumes this job. This worker takes another one.
            Err(Stopped::Database(NotWritten::Lost)) => {
                report(&job, "taken away meanwhile");
                Ok(())
            }
            worked => worked,
        }
    }

    /// Drives a job. Whenever this process is killed, the queue has what the next worker needs.
    async fn drive(&self, job: &Job) -> Result<(), Stopped> {
        if let Some(why) = job.unusable {
            self.queue.end(job, ErrorKind::InvalidInput.as_str(), why).await?;
            report(job, why);
            return Ok(());
        }
        let mut cancellation = match self.begin(job) {
            Ok(cancellation) => cancellation,
            Err(error) => return self.end_with(job, &error).await,
        };
        let journal = |checkpoint: Checkpoint| async move { self.queue.write(job, &checkpoint).await };
        let mut driver = self.driver.clone().with_journal(journal);
        tokio::select! {
            result = driver.drive(&mut cancellation) => self.conclude(job, result).await,
            lost = self.queue.keep_lease(job) => Err(lost.into()),
            // Dropping the driver's future loses nothing: a POST that may have been sent is in the checkpoint.
            () = self.stopped() => {
                Ok(self.queue.put_back(job, Duration::ZERO, "its worker was asked to stop").await?)
            }
        }
    }

    /// A new cancellation, or one resumed from the checkpoint of an earlier worker. Both use the database's clock.
    fn begin(&self, job: &Job) -> Result<Cancellation, Error> {
        let (endpoint, policy) = (self.endpoint.clone(), self.policy.clone());
        let request = CancelRequest::new(PublisherId::new(&job.publisher)?, OfferId::new(&job.offer)?);
        if let Some(checkpoint) = &job.checkpoint {
            let resumed = Cancellation::resume(endpoint, Checkpoint::from_json(checkpoint)?, policy, job.now)?;
            // Another offer's checkpoint would cancel that offer.
            if *resumed.request() != request {
                let why = "the checkpoint asks for something else than the job: another offer, or more than its cancel";
                return Err(resumed.checkpoint_error(why));
            }
            return Ok(resumed);
        }
        Ok(Cancellation::new(endpoint, request, policy, job.now))
    }

    async fn conclude(&self, job: &Job, result: Result<Outcome, Error>) -> Result<(), Stopped> {
        let error = match result {
            Ok(outcome) => {
                let proof = outcome.proof().map_or("nothing was posted", Proof::as_str);
                self.queue.end(job, outcome.as_str(), proof).await?;
                report(job, outcome.as_str());
                return Ok(());
            }
            Err(error) => error,
        };
        let remark = error.to_string();
        match error.kind() {
            // The journal failed. Any worker that can write, this one included, may resume the job.
            ErrorKind::Checkpoint => self.queue.put_back(job, Duration::ZERO, &remark).await?,
            // The token is this worker's, so it would be rejected for the next job too.
            ErrorKind::Unauthorized => {
                self.queue.put_back(job, Duration::ZERO, &remark).await?;
                return Err(Stopped::Unauthorized(error));
            }
            _ if error.is_transient() => self.queue.put_back(job, PAUSE, &remark).await?,
            _ => self.end_with(job, &error).await?,
        }
        Ok(())
    }

    /// Ends a job with an error that another attempt would not resolve. A person must look at it.
    async fn end_with(&self, job: &Job, error: &Error) -> Result<(), Stopped> {
        self.queue.end(job, error.kind().as_str(), &error.to_string()).await?;
        report(job, &error.to_string());
        Ok(())
    }

    async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // The sender is gone, so no request to stop can come any more.
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The names of a row may be any text, and a terminal obeys control characters.
fn report(job: &Job, what: &str) {
    let _ = writeln!(io::stdout(), "{}/{}: {what}", job.publisher.escape_debug(), job.offer.escape_debug());
}
