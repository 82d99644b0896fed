//! Workers: real processes, which get real signals.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::stage::{PATIENCE, Result, Stage, TOKEN};

/// A worker has posted, and has not written down yet what came of it.
const POSTED_MAYBE: &str = "ended IS NULL AND due > now() AND checkpoint->>'posted' = 'maybe'";

pub(crate) struct Worker(Child);

/// As many workers as there are places: who is killed is replaced.
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

    /// Kills one, whatever it is at. It gives back how many were killed.
    pub(crate) fn kill_one(&mut self, place: usize) -> Result<usize> {
        self.workers[place].kill()?;
        self.workers[place] = self.stage.hire(self.lease)?;
        Ok(1)
    }

    /// Kills all of them in the worst moment: somebody has posted, and the service, which is silent, is going to process it.
    pub(crate) async fn kill_while_one_posts(&mut self) -> Result<usize> {
        while self.stage.count("ended IS NULL").await? > 0 {
            self.stage.be_patient("somebody posts");
            let _silent = self.stage.served.portal();
            sleep(Duration::from_millis(15));
            if self.stage.count(POSTED_MAYBE).await? > 0 {
                return (0..self.workers.len()).map(|place| self.kill_one(place)).sum();
            }
        }
        Ok(0)
    }
}

impl Stage {
    /// Adds a job an offer.
    pub(crate) fn add_jobs(&self) -> Result<()> {
        let mut add = self.program();
        let added = add.args(["add", "--publisher", "contoso"]).args(&self.offers).stdout(Stdio::null()).status()?;
        assert!(added.success());
        Ok(())
    }

    /// Starts a worker, with a lease of so long.
    pub(crate) fn hire(&self, lease: &str) -> Result<Worker> {
        let mut work = self.program();
        work.args(["work", "--until-done", "--at-a-time", "4", "--poll-interval", "20ms", "--lease", lease]);
        Ok(Worker(work.env("AZURE_TOKEN", TOKEN).stdout(Stdio::piped()).spawn()?))
    }

    pub(crate) fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cancel-durable"));
        program.env("DATABASE_URL", &self.database).args(["--endpoint", &self.served.endpoint()]);
        program
    }
}

impl Worker {
    /// As the machine does when its memory is full, or its power fails.
    pub(crate) fn kill(&mut self) -> Result<()> {
        let ended = self.0.try_wait()?;
        assert!(ended.is_none_or(|status| status.success()), "a worker has failed: {ended:?}");
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

    /// Waits for its end, which must be a good one, and gives back what it has printed.
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
    /// A test that fails leaves nobody behind.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
