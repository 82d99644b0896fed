//! Cancels one offer: `PUBLISHER OFFER [ENDPOINT]`, with the token in `AZURE_TOKEN`. Ours over hyper.

use std::env;
use std::error::Error;
use std::time::Duration;

use cancel_hyper::cancel_core::{BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy, PublisherId};
use cancel_hyper::{Client, Driver};
use hyper_util::rt::TokioTimer;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let publisher = PublisherId::new(arguments.next().ok_or("PUBLISHER OFFER [ENDPOINT]")?)?;
    let offer = OfferId::new(arguments.next().ok_or("PUBLISHER OFFER [ENDPOINT]")?)?;
    let endpoint = arguments.next().map_or(Ok(Endpoint::default()), Endpoint::new)?;
    let token = BearerToken::new(env::var("AZURE_TOKEN")?)?;
    let request = CancelRequest::new(publisher, offer);
    let mut cancellation = Cancellation::new(endpoint, request, Policy::default(), Duration::ZERO);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut driver = Driver::new(Client::new()?, TokioTimer::new(), token);
    let outcome = runtime.block_on(driver.drive(&mut cancellation))?;
    println!("{}", outcome.as_str());
    Ok(())
}
