//! A worker: takes jobs from the queue, several at a time, and drives each to its end, from wherever it stands.

use std::io::{self, Write};
use std::time::Duration;

use cancel_core::{
    CancelRequest, Cancellation, Checkpoint, Endpoint, Error, OfferId, Outcome, Policy, Proof, PublisherId,
};
use cancel_hyper::{Client, Driver, SharedTokens, Throttle, Throttled, TokenSource};
use futures_util::future::try_join_all;
use hyper_util::rt::TokioTimer;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::queue::{Job, NotWritten, Queue};

/// An empty queue is looked at again after so long.
const IDLE: Duration = Duration::from_secs(1);
/// What went wrong for now is tried again after so long.
const PAUSE: Duration = Duration::from_secs(60);

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
    pub(crate) async fn run(&self, at_a_time: usize) -> Result<(), NotWritten> {
        try_join_all((0..at_a_time).map(|_| self.take_turns())).await?;
        Ok(())
    }

    async fn take_turns(&self) -> Result<(), NotWritten> {
        while !*self.stop.borrow() {
            match self.queue.take().await? {
                Some(job) => match self.work_on(&job).await {
                    // Its next worker resumes it; this one takes another.
                    Err(NotWritten::Lost) => say(&job, "lost to another worker"),
                    worked => worked?,
                },
                None if self.until_done && self.queue.open_jobs().await? == 0 => break,
                None => tokio::select! {
                    () = sleep(IDLE) => {}
                    () = self.stopped() => {}
                },
            }
        }
        Ok(())
    }

    /// Drives a job. Whatever happens to this process, the queue has what the next one needs.
    async fn work_on(&self, job: &Job) -> Result<(), NotWritten> {
        let mut cancellation = match self.begin(job) {
            Ok(cancellation) => cancellation,
            Err(refused) => return self.give_up(job, &refused).await,
        };
        let journal = |checkpoint: Checkpoint| async move { self.queue.write(job, &checkpoint).await };
        let mut driver = self.driver.clone().journaled_in(journal);
        tokio::select! {
            result = driver.drive(&mut cancellation) => self.conclude(job, &result).await,
            lost = self.queue.keep(job) => Err(lost),
            // The future may be dropped anywhere: what may have been posted was written down before.
            () = self.stopped() => self.queue.put_back(job, Duration::ZERO, "its worker was asked to stop").await,
        }
    }

    /// A new cancellation, or the one that a worker before us has written down. Both run on the database's clock.
    fn begin(&self, job: &Job) -> Result<Cancellation, Error> {
        let (endpoint, policy) = (self.endpoint.clone(), self.policy.clone());
        if let Some(checkpoint) = job.checkpoint.clone() {
            return Cancellation::resume(endpoint, checkpoint, policy, job.now);
        }
        let request = CancelRequest::new(PublisherId::new(&job.publisher)?, OfferId::new(&job.offer)?);
        Ok(Cancellation::new(endpoint, request, policy, job.now))
    }

    async fn conclude(&self, job: &Job, result: &Result<Outcome, Error>) -> Result<(), NotWritten> {
        match result {
            Ok(outcome) => {
                let proof = outcome.proof().map_or("nothing was posted", Proof::as_str);
                self.queue.end(job, outcome.as_str(), proof).await?;
                say(job, outcome.as_str());
                Ok(())
            }
            // Whoever has the job now, or gets it when its lease has run out, goes on.
            Err(Error::Checkpoint(_)) => Err(NotWritten::Lost),
            Err(error) if error.is_transient() => self.queue.put_back(job, PAUSE, &error.to_string()).await,
            Err(error) => self.give_up(job, error).await,
        }
    }

    /// Nothing that another try would mend: a person has to look.
    async fn give_up(&self, job: &Job, error: &Error) -> Result<(), NotWritten> {
        self.queue.end(job, error.kind(), &error.to_string()).await?;
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
