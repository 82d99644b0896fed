//! What is to be done, with every value checked together. Nothing is sent here.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use cancel_core::{BearerToken, CancelRequest, Endpoint, OfferId, Policy, PublisherId, Until};
use cancel_hyper::portal::Served;

use crate::flags::Flags;
use crate::problem::Problem;
use crate::simulated;
use crate::tokens::Tokens;

/// A service that is not on this machine is not polled more often.
const SHORTEST_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The longest list of offers that is read, in bytes.
const LONGEST_LIST: u64 = 1 << 20;

pub(crate) struct Job {
    pub(crate) endpoint: Endpoint,
    pub(crate) tokens: Tokens,
    /// One per offer, in the order in which they were named.
    pub(crate) requests: Vec<CancelRequest>,
    pub(crate) policy: Policy,
    /// The simulated portal, which lives as long as it is called.
    pub(crate) simulated: Option<Served>,
}

impl Job {
    /// Checks the flags together, and starts the simulated portal when that is asked for.
    pub(crate) fn of(flags: &Flags) -> Result<Self, Problem> {
        let requests = requests(flags)?;
        let policy = Policy::default()
            .until(flags.until.unwrap_or(Until::Verified))
            .dry_run(flags.dry_run)
            .deadline(flags.deadline)
            .poll_interval(flags.poll_interval)
            .body_limit(flags.body_limit)
            .list_limit(flags.list_limit);
        if flags.simulate {
            let served = simulated::serve(&requests)
                .map_err(|error| Problem::invalid(format_args!("the simulated portal cannot be started: {error}")))?;
            let endpoint = Endpoint::new(served.endpoint())?;
            let tokens = Tokens::Fixed(BearerToken::new(simulated::TOKEN)?);
            let policy = policy.poll_interval(flags.poll_interval / simulated::SHORTER_WAITS);
            return Ok(Self { endpoint, tokens, requests, policy, simulated: Some(served) });
        }
        let endpoint = match &flags.endpoint {
            Some(text) => Endpoint::new(text)?,
            None => Endpoint::default(),
        };
        if flags.poll_interval < SHORTEST_POLL_INTERVAL && !endpoint.is_loopback() {
            return Err(Problem::invalid("--poll-interval is shorter than 100ms, which a service does not bear"));
        }
        let tokens = match &flags.token_command {
            Some(command) => Tokens::Command(command.clone()),
            None => Tokens::of_environment()?,
        };
        Ok(Self { endpoint, tokens, requests, policy, simulated: None })
    }
}

fn requests(flags: &Flags) -> Result<Vec<CancelRequest>, Problem> {
    let publisher = match &flags.publisher {
        Some(publisher) => publisher.clone(),
        None if flags.simulate => PublisherId::new(simulated::PUBLISHER)?,
        None => return Err(missing("--publisher")),
    };
    let mut offers = flags.offers.clone();
    if let Some(path) = &flags.offers_from {
        offers.extend(listed(path)?);
    }
    if offers.is_empty() {
        if !flags.simulate {
            return Err(missing("--offer"));
        }
        offers.push(OfferId::new(simulated::OFFER)?);
    }
    if flags.operation.is_some() {
        if flags.until.is_some_and(|until| until != Until::Verified) {
            return Err(Problem::invalid("--operation needs --until verified: the call is for the whole offer"));
        }
        if offers.len() > 1 {
            return Err(Problem::invalid("--operation is one operation of one offer, and several offers are named"));
        }
    }
    let mut named = HashSet::new();
    if let Some(twice) = offers.iter().find(|offer| !named.insert(offer.as_str())) {
        return Err(Problem::invalid(format_args!("the offer {twice} is named twice")));
    }
    let request = |offer: OfferId| {
        let mut request = CancelRequest::new(publisher.clone(), offer);
        if let Some(emails) = &flags.notify {
            request = request.notify(emails.clone());
        }
        if let Some(operation) = &flags.operation {
            request = request.only_if_running(operation.clone());
        }
        request
    };
    Ok(offers.into_iter().map(request).collect())
}

fn missing(flag: &str) -> Problem {
    Problem::invalid(format_args!("{flag} is missing. (--simulate tries the tool without the service.)"))
}

/// The offers of a file, or of stdin.
fn listed(path: &Path) -> Result<Vec<OfferId>, Problem> {
    let refused =
        |why: &dyn std::fmt::Display| Problem::invalid(format_args!("--offers-from {}: {why}", path.display()));
    let text = read(path).map_err(|error| refused(&error))?;
    let mut offers = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            let offer = OfferId::new(line).map_err(|error| refused(&format_args!("line {}: {error}", number + 1)))?;
            offers.push(offer);
        }
    }
    if offers.is_empty() {
        return Err(refused(&"there is no offer in it"));
    }
    Ok(offers)
}

fn read(path: &Path) -> io::Result<String> {
    let source: Box<dyn Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    let mut text = String::new();
    if source.take(LONGEST_LIST + 1).read_to_string(&mut text)? as u64 > LONGEST_LIST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than 1 MiB"));
    }
    Ok(text)
}
