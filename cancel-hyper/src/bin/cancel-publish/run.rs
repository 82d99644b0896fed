//! Drives the runs of all offers on this thread, until they are over or somebody stops them.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use cancel_core::{CancelRequest, Cancellation, Event, Posted};
use cancel_hyper::{Driver, Ended, cancel_many};
use futures_util::StreamExt;
use hyper_util::rt::TokioTimer;
use tokio::time::{MissedTickBehavior, interval};

use crate::checkpoints::{Checkpoints, differs};
use crate::contact::Contact;
use crate::job::Job;
use crate::problem::Problem;
use crate::progress::Screen;
use crate::reached::Reached;
use crate::report::{Output, Report, note, table};
use crate::signals::{Signals, Stopped};
use crate::{tls, watch};

/// How often bars are drawn, and how late a reminder may be.
const TICK: Duration = Duration::from_millis(200);

pub(crate) struct Settings {
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) concurrency: Option<u16>,
}

/// Why not all runs came to their end.
enum Broken {
    Stopped(Stopped),
    Unreachable(String),
}

/// Runs the job. Returns the exit code.
pub(crate) async fn run(
    job: &Job,
    settings: &Settings,
    signals: &mut Signals,
    output: &mut Output,
) -> Result<u8, Problem> {
    let client = tls::client(&job.endpoint, settings.ca_file.as_deref())?;
    let checkpoints = Checkpoints::at(settings.checkpoint.as_deref(), job.requests.len())?;
    let (screen, contact) = (Screen::new(&job.requests), Contact::default());
    let runs = Runs { job, checkpoints: &checkpoints, screen: &screen, contact: &contact };
    let (tokens, source_screen) = (job.tokens.clone(), screen.clone());
    let (shown, contacted) = (screen.clone(), contact.clone());
    let service = Reached { service: client, contact: contact.clone() };
    let driver = Driver::new(service, TokioTimer::new(), move |_| {
        let (tokens, screen) = (tokens.clone(), source_screen.clone());
        async move { tokens.next(&screen).await }
    })
    .with_observer(move |event: &Event<'_>, cancellation: &Cancellation| {
        watch::posted(cancellation.progress().posted);
        contacted.observe(event, cancellation);
        shown.observe(event, cancellation);
    })
    .with_journal(checkpoints.clone());
    let (refuse, refused) = mpsc::channel();
    let begun = job.requests.iter().filter_map(|request| match runs.begin(request) {
        Ok(cancellation) => Some(cancellation),
        Err(report) => {
            screen.over(request.offer());
            // Received below.
            let _ = refuse.send(*report);
            None
        }
    });
    let mut reports = Vec::new();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let broken = {
        let mut fleet = pin!(cancel_many(driver, begun, settings.concurrency.map_or(usize::MAX, usize::from)));
        let mut lost = pin!(contact.lost());
        loop {
            watch::beat();
            tokio::select! {
                biased;
                stopped = signals.next() => break Some(Broken::Stopped(stopped)),
                ended = fleet.next() => match ended {
                    Some(ended) => runs.end(ended, &mut reports, output),
                    None => break None,
                },
                why = &mut lost => break Some(Broken::Unreachable(why)),
                _ = tick.tick() => screen.tick(),
            }
        }
    };
    screen.clear();
    for report in refused.try_iter() {
        runs.keep(report, &mut reports, output);
    }
    let exit_code = match broken {
        Some(broken) => runs.stop(&broken, &mut reports, output),
        None => reports.iter().map(Report::exit_code).max().unwrap_or_default(),
    };
    runs.print(reports, output);
    Ok(exit_code)
}

struct Runs<'a> {
    job: &'a Job,
    checkpoints: &'a Checkpoints,
    screen: &'a Screen,
    contact: &'a Contact,
}

impl Runs<'_> {
    /// A new run, or one resumed from its checkpoint. One that cannot be resumed does not stop the others.
    fn begin(&self, request: &CancelRequest) -> Result<Cancellation, Box<Report>> {
        let refused = |problem| Box::new(Report::stopped(request, problem, self.is_simulated(), None));
        let checkpoint = self.checkpoints.open(request).map_err(refused)?;
        let (endpoint, policy) = (self.job.endpoint.clone(), self.job.policy.clone());
        // The time since 1970, which is the same clock in the next process.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let Some(checkpoint) = checkpoint else {
            return Ok(Cancellation::new(endpoint, request.clone(), policy, now));
        };
        self.contact.is_made();
        let refused = |report| {
            self.checkpoints.close(request.offer());
            Box::new(report)
        };
        let path = self.checkpoints.path(request).unwrap_or_default();
        if let Some(problem) = differs(&path, &checkpoint, request, &endpoint, &policy) {
            return Err(refused(Report::stopped(request, problem, self.is_simulated(), None)));
        }
        Cancellation::resume(endpoint, checkpoint, policy, now)
            .map_err(|error| refused(Report::refused(request, error)))
    }

    fn end(&self, ended: Ended, reports: &mut Vec<Report>, output: &mut Output) {
        let Ended { cancellation, result, .. } = ended;
        let request = cancellation.request();
        self.screen.over(request.offer());
        if result.is_err() {
            self.checkpoints.close(request.offer());
        }
        let report = Report::of(&cancellation, result, self.is_simulated(), |posted| self.next(request, posted));
        self.keep(report, reports, output);
    }

    /// In JSON each result is printed as soon as it is known.
    fn keep(&self, report: Report, reports: &mut Vec<Report>, output: &mut Output) {
        if output.json {
            output.report(&report);
            self.told(&report, output);
        }
        reports.push(report);
    }

    /// Removes the checkpoint of an outcome. A run that is killed before the outcome is printed tells it when it is resumed:
    /// a new one would cancel what somebody has started since.
    fn told(&self, report: &Report, output: &Output) {
        let Some(offer) = report.offer.as_ref().filter(|_| !report.is_error() && output.is_complete()) else { return };
        if let Err(error) = self.checkpoints.remove(offer) {
            self.screen.say(&format!("{offer}: the checkpoint cannot be removed: {error}"));
        }
    }

    /// Reports the runs that have no end.
    fn stop(&self, broken: &Broken, reports: &mut Vec<Report>, output: &mut Output) -> u8 {
        if let Broken::Stopped(Stopped { word, .. }) = broken {
            note(format!("Stopped by {word}."));
        }
        let reported: HashSet<_> = reports.iter().filter_map(|report| report.offer.clone()).collect();
        for request in self.job.requests.iter().filter(|request| !reported.contains(request.offer())) {
            let snapshot = self.screen.over(request.offer());
            let (posted, known) = match &snapshot {
                Some(snapshot) => (snapshot.posted, snapshot.what_was_sent()),
                None => self.before_this_run(request),
            };
            let advice = match self.next(request, posted) {
                Some(next) => format!("{known} {next}"),
                None => known.to_owned(),
            };
            let problem = match broken {
                Broken::Stopped(Stopped { word, .. }) => {
                    Problem::new("interrupted", format_args!("stopped by {word}"), advice)
                }
                Broken::Unreachable(why) => {
                    let check = "Check the endpoint, the network and the proxy, then call again.".to_owned();
                    let advice = if posted == Posted::No { check } else { advice };
                    Problem::new("transport", format_args!("{} cannot be reached: {why}", self.job.endpoint), advice)
                }
            };
            let problem = problem.after(posted);
            let polls = snapshot.map(|snapshot| snapshot.polls);
            self.keep(Report::stopped(request, problem, self.is_simulated(), polls), reports, output);
        }
        match broken {
            Broken::Stopped(stopped) => stopped.exit_code,
            Broken::Unreachable(_) => reports.iter().map(Report::exit_code).max().unwrap_or_default(),
        }
    }

    /// What is known of the cancel of an offer that this run has not begun.
    fn before_this_run(&self, request: &CancelRequest) -> (Posted, &'static str) {
        let posted = self.checkpoints.posted(request);
        let known = match posted {
            Posted::No => "No cancel went out: nothing has changed.",
            Posted::Yes => "A run before this one has sent a cancel.",
            Posted::Maybe => "A run before this one may have sent a cancel.",
        };
        (posted, known)
    }

    /// In words, results are printed together, in the order in which the offers were named.
    fn print(&self, mut reports: Vec<Report>, output: &mut Output) {
        if output.json {
            return;
        }
        let offers = self.job.requests.iter().map(CancelRequest::offer);
        let places: HashMap<_, _> = offers.zip(0_usize..).collect();
        reports.sort_by_cached_key(|report| places.get(report.offer.as_ref()?).copied());
        let many = reports.len() > 1;
        for report in reports.iter().filter(|report| !many || report.is_error()) {
            output.report(report);
        }
        if many {
            for line in table(&reports) {
                output.line(&line);
            }
        }
        for report in &reports {
            self.told(report, output);
        }
    }

    /// How a person goes on with a run that has no outcome.
    fn next(&self, request: &CancelRequest, posted: Posted) -> Option<String> {
        if let Some(path) = self.checkpoints.kept(request) {
            return Some(format!("The same command resumes the run from {}.", path.display()));
        }
        if posted == Posted::No {
            return None;
        }
        let mut look =
            format!("cancel-publish --publisher {} --offer {} --dry-run", request.publisher(), request.offer());
        if self.job.endpoint != cancel_core::Endpoint::default() {
            look += &format!(" --endpoint {}", self.job.endpoint);
        }
        Some(format!("This command shows what is in progress: {look}"))
    }

    fn is_simulated(&self) -> bool {
        self.job.simulated.is_some()
    }
}
