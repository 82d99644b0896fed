//! The command line, and the job that it describes.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use cancel_core::{
    BearerToken, CancelRequest, Endpoint, InvalidInput, NotificationEmails, OfferId, OperationId, Policy, PublisherId,
    Until,
};
use cancel_hyper::portal::Served;
use clap::{Parser, ValueEnum};

use crate::simulated;
use crate::tokens::Tokens;

const TOKEN_VARIABLE: &str = "AZURE_TOKEN";

/// Cancel what is being done with an offer of Microsoft's marketplace.
///
/// A token is asked of --token-command, or else read from the environment variable AZURE_TOKEN. One is had by
/// az account get-access-token --resource https://cloudpartner.azure.com --query accessToken -o tsv
#[derive(Debug, Parser)]
#[command(name = "cancel", version)]
pub(crate) struct Arguments {
    /// The service, as https://host [default: a simulated portal in this process]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Who publishes
    #[arg(long, value_name = "ID")]
    pub(crate) publisher: Option<String>,
    /// What is published
    #[arg(long, value_name = "ID")]
    pub(crate) offer: Option<String>,
    /// Whom the service tells, separated by commas
    #[arg(long, value_name = "EMAILS")]
    notify: Option<String>,
    /// How far to go
    #[arg(long, value_enum, default_value_t = Goal::Verified)]
    until: Goal,
    /// Cancel only if this operation is the one in progress (verified)
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Show what would be canceled, and post nothing
    #[arg(long, conflicts_with = "checkpoint")]
    dry_run: bool,
    /// How long it may take in all
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = humantime::parse_duration)]
    deadline: Duration,
    /// The first wait before a look, and the shortest
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    poll_interval: Duration,
    /// Where the run is written down, to be gone on with by the next one
    #[arg(long, value_name = "PATH")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// A command that prints a token, run again whenever a fresh one is needed
    #[arg(long, value_name = "COMMAND")]
    token_command: Option<String>,
    /// Print one JSON object on stdout, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Goal {
    /// The service has accepted the cancel
    Accepted,
    /// What the service's location names has ended
    Settled,
    /// What was in progress beforehand has ended
    Verified,
}

/// What is to be done, every value checked. Nothing has been sent.
pub(crate) struct Job {
    pub(crate) endpoint: Endpoint,
    pub(crate) tokens: Tokens,
    pub(crate) request: CancelRequest,
    pub(crate) policy: Policy,
    /// Lives as long as it is talked to.
    pub(crate) _simulated: Option<Served>,
}

/// Why there is no job, in a line.
#[derive(Debug)]
pub(crate) struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<InvalidInput> for Unusable {
    fn from(error: InvalidInput) -> Self {
        Self(error.to_string())
    }
}

impl Arguments {
    /// Reads the command line. `--help` and `--version` print what they are asked for, and that is all.
    pub(crate) fn read() -> Result<Self, Unusable> {
        Self::try_parse().map_err(|error| {
            if !error.use_stderr() {
                error.exit();
            }
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            Unusable(line.strip_prefix("error: ").unwrap_or(line).to_owned())
        })
    }

    /// Whether a command line that could not be read asks for JSON.
    pub(crate) fn want_json() -> bool {
        env::args_os().any(|argument| argument == "--json")
    }

    /// Checks every value, and starts the simulated portal when no other service is named.
    pub(crate) fn job(&self) -> Result<Job, Unusable> {
        let simulated = self.endpoint.is_none();
        let named = |value: &Option<String>, flag, default: &str| match value {
            Some(value) => Ok(value.clone()),
            None if simulated => Ok(default.to_owned()),
            None => Err(Unusable(format!("{flag} is missing: with --endpoint it has no default"))),
        };
        let publisher = PublisherId::new(named(&self.publisher, "--publisher", simulated::PUBLISHER)?)?;
        let offer = OfferId::new(named(&self.offer, "--offer", simulated::OFFER)?)?;
        let mut request = CancelRequest::new(publisher, offer);
        if let Some(emails) = &self.notify {
            request = request.notify(NotificationEmails::parse(emails)?);
        }
        if let Some(operation) = &self.operation {
            if !matches!(self.until, Goal::Verified) {
                return Err(Unusable("--operation needs --until verified: the call is for the whole offer".to_owned()));
            }
            request = request.only(OperationId::new(operation)?);
        }
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
                let served = simulated::serve(&request)
                    .map_err(|error| Unusable(format!("the simulated portal could not be started: {error}")))?;
                let token = BearerToken::new(simulated::TOKEN)?;
                (Endpoint::new(served.endpoint())?, Tokens::Fixed(token), Some(served))
            }
        };
        Ok(Job { endpoint, tokens, request, policy, _simulated: simulated })
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
