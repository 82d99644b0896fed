//! The command line, and the job that it describes.

use std::env;
use std::fmt;
use std::time::Duration;

use cancel_core::{
    BearerToken, CancelRequest, Endpoint, InvalidInput, NotificationEmails, OfferId, Policy, PublisherId, Until,
};
use cancel_hyper::portal::Served;
use clap::{Parser, ValueEnum};

use crate::simulated;

const TOKEN_VARIABLE: &str = "AZURE_TOKEN";

/// Cancel what is being done with an offer of Microsoft's marketplace.
///
/// The token is read from the environment variable AZURE_TOKEN:
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
    #[arg(long, value_enum, default_value_t = Goal::Settled)]
    until: Goal,
    /// How long it may take in all
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = humantime::parse_duration)]
    deadline: Duration,
    /// The first wait before a look, and the shortest
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    poll_interval: Duration,
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
}

/// What is to be done, every value checked. Nothing has been sent.
pub(crate) struct Job {
    pub(crate) endpoint: Endpoint,
    pub(crate) token: BearerToken,
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
        let policy = Policy::default()
            .until(match self.until {
                Goal::Accepted => Until::Accepted,
                Goal::Settled => Until::Settled,
            })
            .deadline(self.deadline)
            .poll_interval(self.poll_interval);
        let (endpoint, token, simulated) = match &self.endpoint {
            Some(endpoint) => (Endpoint::new(endpoint)?, token_of_environment()?, None),
            None => {
                let served = simulated::serve(&request)
                    .map_err(|error| Unusable(format!("the simulated portal could not be started: {error}")))?;
                (Endpoint::new(served.endpoint())?, BearerToken::new(simulated::TOKEN)?, Some(served))
            }
        };
        Ok(Job { endpoint, token, request, policy, _simulated: simulated })
    }
}

fn token_of_environment() -> Result<BearerToken, Unusable> {
    match env::var(TOKEN_VARIABLE) {
        Ok(token) => Ok(BearerToken::new(token)?),
        Err(env::VarError::NotPresent) => {
            Err(Unusable(format!("{TOKEN_VARIABLE} is not set: --endpoint needs a token")))
        }
        Err(env::VarError::NotUnicode(_)) => Err(Unusable(format!("{TOKEN_VARIABLE} is not a text"))),
    }
}
