//! Workers: real processes that get real signals.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::stage::{PATIENCE, Result, Stage, TOKEN};

/// A job whose worker lives and has a POST in flight.
const POST_IN_FLIGHT: &str = "ended IS NULL AND due > now() AND checkpoint::json->>'posted' = 'maybe'";

pub(crate) struct Worker(Child);

/// A fixed number of workers. A killed one is replaced.
pub(crate) struct Crew<'a> {
    stage: &'a Stage,
    lease: &'static str,
    workers: Vec<Worker>,
}

impl<'a> Crew<'a> {
    pub(crate) fn new(stage: &'a Stage, size: usize, lease: &'static str) -> Result<Self> {
        let workers = (0..size).map(|_| stage.hire(lease)).collect::<Result<_>>()?;
        Ok(Self { stage, lease, workers })
    }

    /// Kills one at any moment, and replaces it. Returns how many were killed.
    pub(crate) fn kill_one(&mut self, place: usize) -> Result<usize> {
        self.workers[place].kill()?;
        self.workers[place] = self.stage.hire(self.lease)?;
        Ok(1)
    }

    /// Kills all of them at the worst moment: a POST is in flight, and the silent service is going to process it.
    pub(crate) async fn kill_while_one_posts(&mut self) -> Result<usize> {
        while self.stage.count("ended IS NULL").await? > 0 {
            self.stage.check_time("a worker posts");
            let _silent = self.stage.served.portal();
            sleep(Duration::from_millis(15));
            if self.stage.count(POST_IN_FLIGHT).await? > 0 {
                return (0..self.workers.len()).map(|place| self.kill_one(place)).sum();
            }
        }
        Ok(0)
    }
}

impl Stage {
    /// Adds one job per offer.
    pub(crate) fn add_jobs(&self) -> Result<()> {
        let mut add = self.program();
        let added = add.args(["add", "--publisher", "contoso"]).args(&self.offers).stdout(Stdio::null()).status()?;
        assert!(added.success());
        Ok(())
    }

    /// Starts a worker with this lease and few jobs at a time.
    pub(crate) fn hire(&self, lease: &str) -> Result<Worker> {
        self.hire_for(lease, 4)
    }

    pub(crate) fn hire_for(&self, lease: &str, max_concurrent: u16) -> Result<Worker> {
        let mut work = self.program();
        work.args(["work", "--until-done", "--poll-interval", "20ms", "--lease", lease]);
        work.args(["--max-concurrent", &max_concurrent.to_string()]);
        Ok(Worker(work.env("AZURE_TOKEN", TOKEN).stdout(Stdio::piped()).spawn()?))
    }

    pub(crate) fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cancel-durable"));
        program.env("DATABASE_URL", &self.database).args(["--endpoint", &self.served.endpoint()]);
        program
    }
}

impl Worker {
    /// Kills the worker, as the kernel does when memory is full.
    pub(crate) fn kill(&mut self) -> Result<()> {
        let ended = self.0.try_wait()?;
        assert!(ended.is_none_or(|status| status.success()), "a worker failed: {ended:?}");
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    /// `STOP`, `CONT` or `TERM`.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status()?.success());
        Ok(())
    }

    /// Waits until the worker has ended with success, and returns what it has printed.
    pub(crate) fn printed(mut self) -> Result<String> {
        let started = Instant::now();
        while self.0.try_wait()?.is_none() {
            assert!(started.elapsed() < PATIENCE, "the worker does not end");
            sleep(Duration::from_millis(2));
        }
        assert!(self.0.wait()?.success());
        let mut printed = String::new();
        if let Some(mut stdout) = self.0.stdout.take() {
            stdout.read_to_string(&mut printed)?;
        }
        Ok(printed)
    }
}

impl Drop for Worker {
    /// A failed test must not leave a worker behind.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
