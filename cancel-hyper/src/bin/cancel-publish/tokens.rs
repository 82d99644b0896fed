//! Where the token comes from: the environment, or a command that is run whenever a fresh one is needed.
//!
//! What a command prints on stdout must not be shown, since it holds a token.

use std::env;

use cancel_core::BearerToken;
use serde::Deserialize;

use crate::problem::Problem;
use crate::progress::Screen;
use crate::token_command;

/// The variable with the token. The command does not get it.
pub(crate) const VARIABLE: &str = "AZURE_TOKEN";

#[derive(Clone)]
pub(crate) enum Tokens {
    /// One token. It is given again after the service has rejected it: the machine knows what that means.
    Fixed(BearerToken),
    /// A shell command that prints a token.
    Command(String),
}

impl Tokens {
    pub(crate) fn of_environment() -> Result<Self, Problem> {
        let text = match env::var(VARIABLE) {
            Ok(text) => text,
            Err(env::VarError::NotPresent) => {
                return Err(Problem::invalid(format_args!("{VARIABLE} is not set, and there is no --token-command")));
            }
            Err(env::VarError::NotUnicode(_)) => {
                return Err(Problem::invalid(format_args!("{VARIABLE} is not a text")));
            }
        };
        if text.trim().is_empty() {
            return Err(Problem::invalid(format_args!("{VARIABLE} is empty: did the command that sets it fail?")));
        }
        let token = read(&text).map_err(|why| Problem::invalid(format_args!("{VARIABLE} holds no token: {why}")))?;
        Ok(Self::Fixed(token))
    }

    /// A token. A command has ended when this is dropped.
    pub(crate) async fn next(&self, screen: &Screen) -> Result<BearerToken, String> {
        match self {
            Self::Fixed(token) => Ok(token.clone()),
            Self::Command(command) => {
                let printed = token_command::run(command, screen).await?;
                read(&printed).map_err(|why| format!("the token command printed no token: {why}"))
            }
        }
    }
}

/// A token, or the JSON in which the Azure CLI prints one. The reason of a refusal holds nothing of the text.
fn read(text: &str) -> Result<BearerToken, String> {
    #[derive(Deserialize)]
    struct Printed {
        #[serde(rename = "accessToken")]
        access_token: String,
    }
    let text = text.trim();
    if text.starts_with('{') {
        let printed: Printed =
            serde_json::from_str(text).map_err(|_| "it is JSON without a text `accessToken`".to_owned())?;
        return BearerToken::new(printed.access_token.trim()).map_err(|error| error.to_string());
    }
    BearerToken::new(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use cancel_core::{CancelRequest, Endpoint};

    use super::*;

    #[test]
    fn a_token_is_plain_or_in_the_json_of_the_azure_cli() {
        let request = CancelRequest::new("contoso".parse().unwrap(), "contoso-offer".parse().unwrap());
        for text in [
            "eyJ0eXAi",
            " eyJ0eXAi\r\n",
            r#"{"accessToken":"eyJ0eXAi","expiresOn":"x"}"#,
            "\n{\n \"accessToken\": \"eyJ0eXAi\"}\n",
        ] {
            let http = request.to_http(&Endpoint::default(), &read(text).unwrap());
            assert_eq!(http.headers()["authorization"], "Bearer eyJ0eXAi", "{text}");
        }
    }

    #[test]
    fn a_refusal_shows_nothing_of_the_text() {
        for text in ["", "secret words", r#"{"secret":1}"#, r#"{"accessToken":{"secret":1}}"#, "{secret"] {
            let why = read(text).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
