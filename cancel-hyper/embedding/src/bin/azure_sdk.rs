//! The Azure SDK as the transport and as the source of tokens: a pipeline of `azure_core`, a credential of
//! `azure_identity`.
//!
//! The credential is that of the Azure CLI. This example answers its command instead of running it, so that it needs no
//! login. The SDK's client uses the proxy of the environment: set `NO_PROXY=127.0.0.1` for the simulated portal.
//!
//! `cargo run --bin azure_sdk`, in this folder

use std::error::Error;
use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Output};
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::ClientOptions;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use cancel_embedding::AzureClient;
use cancel_hyper::cancel_core::BearerToken;
use cancel_hyper::portal::example;
use cancel_hyper::{BoxError, Driver};
use hyper_util::rt::TokioTimer;

/// The scope of the token.
const SCOPE: &str = "https://cloudpartner.azure.com/.default";

/// Fetches a token. This credential fetches a fresh one each time. One with a cache may give a rejected token again.
async fn token_of(credential: Arc<dyn TokenCredential>) -> Result<BearerToken, BoxError> {
    let token = credential.get_token(&[SCOPE], None).await?;
    Ok(BearerToken::new(token.token.secret())?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = AzureCliCredentialOptions { executor: Some(Arc::new(LoggedIn)), ..Default::default() };
    let credential: Arc<dyn TokenCredential> = AzureCliCredential::new(Some(options))?;
    let client = AzureClient::new(ClientOptions::default());

    let served = example::publish(1000)?;
    let mut cancellation = example::cancellation(&served)?;
    let mut driver = Driver::new(client, TokioTimer::new(), |_why| token_of(Arc::clone(&credential)));
    let outcome = driver.drive(&mut cancellation).await?;
    example::verify(&outcome, &served, "azure_core and azure_identity")?;
    Ok(())
}

/// Answers `az account get-access-token` as the Azure CLI does after a login.
#[derive(Debug)]
struct LoggedIn;

#[async_trait::async_trait]
impl Executor for LoggedIn {
    async fn run(&self, _shell: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let has_scope = arguments.iter().any(|argument| argument.to_string_lossy().ends_with(SCOPE));
        assert!(has_scope, "{arguments:?}");
        let token = example::TOKEN;
        let printed = format!(r#"{{"accessToken":"{token}","expires_on":4102444800,"tokenType":"Bearer"}}"#);
        Ok(Output { status: ExitStatus::default(), stdout: printed.into_bytes(), stderr: Vec::new() })
    }
}
