//! The flags, and the job that they describe. Nothing is sent here.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use cancel_core::{
    BearerToken, CancelRequest, Endpoint, NotificationEmails, OfferId, OperationId, Policy, PublisherId, Until,
};
use cancel_hyper::portal::Served;
use clap::{Args, Parser, ValueEnum};

use super::tokens::Tokens;
use super::{Unusable, simulated};

const TOKEN_VARIABLE: &str = "AZURE_TOKEN";

/// The flags of both examples.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// The service, as https://host [default: a simulated portal in this process]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The publisher's ID
    #[arg(long, value_name = "ID")]
    pub(crate) publisher: Option<String>,
    /// Whom the service notifies, separated by commas
    #[arg(long, value_name = "EMAILS")]
    notify: Option<String>,
    /// How far to go
    #[arg(long, value_enum, default_value_t = Goal::Verified)]
    until: Goal,
    /// Cancel only if this operation is in progress (verified)
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Show what would be canceled, and post nothing
    #[arg(long, conflicts_with = "checkpoint")]
    dry_run: bool,
    /// How long one offer may take in all
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = humantime::parse_duration)]
    deadline: Duration,
    /// The first wait before a poll, and the shortest
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    poll_interval: Duration,
    /// Where checkpoints are stored, for the next run to resume: a file, or a folder for many offers
    #[arg(long, value_name = "PATH")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// A command that prints a token; it is run whenever a fresh one is needed
    #[arg(long, value_name = "COMMAND")]
    token_command: Option<String>,
    /// Print one JSON object per offer on stdout, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Goal {
    /// The service has accepted the cancel
    Accepted,
    /// The operation at the service's location has ended
    Settled,
    /// The operations that were in progress before have ended
    Verified,
}

/// Why there is no job, and the offer that is to blame.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) offer: Option<String>,
    pub(crate) why: Unusable,
}

impl From<Unusable> for Refused {
    fn from(why: Unusable) -> Self {
        Self { offer: None, why }
    }
}

/// What is to be done, with every value checked.
pub(crate) struct Job {
    pub(crate) endpoint: Endpoint,
    pub(crate) tokens: Tokens,
    /// One per offer, in the order in which they were named.
    pub(crate) requests: Vec<CancelRequest>,
    pub(crate) policy: Policy,
    /// Kept alive as long as it is called.
    pub(crate) _simulated: Option<Served>,
}

/// Reads the command line. `--help` and `--version` print their text and end the process.
pub(crate) fn read<A: Parser>() -> Result<A, Unusable> {
    A::try_parse().map_err(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        Unusable(line.strip_prefix("error: ").unwrap_or(line).to_owned())
    })
}

/// Whether the command line asks for JSON, also when it is not valid.
pub(crate) fn want_json() -> bool {
    env::args_os().any(|argument| argument == "--json")
}

impl Shared {
    /// Checks every value, and starts the simulated portal when no other service is named. `simulated_offers` are its
    /// offers when none are named.
    pub(crate) fn job(&self, offers: &[String], simulated_offers: &[&str]) -> Result<Job, Refused> {
        let requests = self.requests(offers, simulated_offers)?;
        Ok(self.job_of(requests)?)
    }

    fn requests(&self, offers: &[String], simulated_offers: &[&str]) -> Result<Vec<CancelRequest>, Refused> {
        let simulated = self.endpoint.is_none();
        let missing = |flag| Unusable(format!("{flag} is missing: with --endpoint it has no default"));
        let publisher = match &self.publisher {
            Some(publisher) => publisher,
            None if simulated => simulated::PUBLISHER,
            None => return Err(missing("--publisher").into()),
        };
        let publisher = PublisherId::new(publisher).map_err(Unusable::from)?;
        let mut offers: Vec<_> = offers.iter().map(String::as_str).collect();
        if offers.is_empty() {
            if !simulated {
                return Err(missing("--offer").into());
            }
            offers.extend(simulated_offers);
        }
        let mut requests: Vec<CancelRequest> = Vec::new();
        for name in offers {
            let refused = |why| Refused { offer: Some(name.to_owned()), why };
            let offer = OfferId::new(name).map_err(|error| refused(error.into()))?;
            if requests.iter().any(|request| *request.offer() == offer) {
                return Err(refused(Unusable("the offer is named twice".to_owned())));
            }
            requests.push(self.request(publisher.clone(), offer).map_err(refused)?);
        }
        Ok(requests)
    }

    fn request(&self, publisher: PublisherId, offer: OfferId) -> Result<CancelRequest, Unusable> {
        let mut request = CancelRequest::new(publisher, offer);
        if let Some(emails) = &self.notify {
            request = request.notify(NotificationEmails::parse(emails)?);
        }
        if let Some(operation) = &self.operation {
            if !matches!(self.until, Goal::Verified) {
                return Err(Unusable("--operation needs --until verified: the call is for the whole offer".to_owned()));
            }
            request = request.only_if_running(OperationId::new(operation)?);
        }
        Ok(request)
    }

    fn job_of(&self, requests: Vec<CancelRequest>) -> Result<Job, Unusable> {
        let policy = Policy::default()
            .until(match self.until {
                Goal::Accepted => Until::Accepted,
                Goal::Settled => Until::Settled,
                Goal::Verified => Until::Verified,
            })
            .dry_run(self.dry_run)
            .deadline(self.deadline)
            .poll_interval(self.poll_interval);
        let (endpoint, tokens, simulated) = match &self.endpoint {
            Some(endpoint) => (Endpoint::new(endpoint)?, self.tokens()?, None),
            None => {
                let served = simulated::serve(&requests)
                    .map_err(|error| Unusable(format!("the simulated portal could not be started: {error}")))?;
                let token = BearerToken::new(simulated::TOKEN)?;
                (Endpoint::new(served.endpoint())?, Tokens::Fixed(token), Some(served))
            }
        };
        Ok(Job { endpoint, tokens, requests, policy, _simulated: simulated })
    }

    fn tokens(&self) -> Result<Tokens, Unusable> {
        match &self.token_command {
            Some(command) => Ok(Tokens::Command(command.clone())),
            None => Ok(Tokens::Fixed(token_of_environment()?)),
        }
    }
}

fn token_of_environment() -> Result<BearerToken, Unusable> {
    match env::var(TOKEN_VARIABLE) {
        Ok(token) => Ok(BearerToken::new(token)?),
        Err(env::VarError::NotPresent) => {
            Err(Unusable(format!("{TOKEN_VARIABLE} is not set: --endpoint needs a token, or a --token-command")))
        }
        Err(env::VarError::NotUnicode(_)) => Err(Unusable(format!("{TOKEN_VARIABLE} is not a text"))),
    }
}
