//! The client of the Azure SDK: through the conformance conversations, and with a customer's policy that sends twice.

#![allow(elided_lifetimes_in_paths, reason = "`async_trait` tells a written lifetime from that of the SDK's trait")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{ClientOptions, Context, Request};
use cancel_embedding::AzureClient;
use cancel_hyper::Driver;
use cancel_hyper::cancel_core::testing::conformance::{SPEED, Scenario, converse, token};
use cancel_hyper::cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use cancel_hyper::cancel_core::{
    BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Policy as Patience, Posted, PublisherId, TokenReason,
};
use cancel_hyper::portal::{Served, serve_at_speed};
use hyper_util::rt::TokioTimer;

#[tokio::main(flavor = "current_thread")]
async fn drive(
    cancellation: &mut Cancellation,
    options: ClientOptions,
    token: fn(TokenReason) -> BearerToken,
) -> String {
    let tokens = |why| async move { Ok::<_, std::convert::Infallible>(token(why)) };
    let result = Driver::new(AzureClient::new(options), TokioTimer::new(), tokens).drive(cancellation).await;
    result.map_or_else(|error| error.to_string(), |outcome| outcome.as_str().to_owned())
}

#[test]
fn the_conversations_go_as_they_must() {
    let one = |scenario: &Scenario| {
        let served = serve_at_speed(scenario.portal(), SPEED)?;
        let mut cancellation = scenario.cancellation(Endpoint::new(served.endpoint())?, Duration::ZERO);
        drive(&mut cancellation, ClientOptions::default(), |why| token(why).unwrap());
        let result = cancellation.result().cloned().ok_or("it is not over")?;
        scenario.judge(&result, &served.portal(), served.now())?;
        Ok(())
    };
    assert!(converse(one).unwrap_or_else(|why| panic!("{why}")) > 80);
}

/// Sends each request again, whatever came of it.
#[derive(Debug, Default)]
struct SendsTwice(AtomicUsize);

#[async_trait::async_trait]
impl Policy for SendsTwice {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        self.0.fetch_add(1, Ordering::Relaxed);
        let (policy, rest) = next.split_first().unwrap();
        let first = policy.send(context, request, rest).await;
        policy.send(context, request, rest).await.or(first)
    }
}

fn served() -> Served {
    let mut portal = Portal::new();
    let offer = Offer::new("contoso", "offer").cancel(CancelBehavior::After(Duration::from_secs(60)));
    portal.accept_token("eyJ0eXAi", None).add_offer(offer.operation(PublishOperation::new("id-1")));
    serve_at_speed(portal, 1000).unwrap()
}

#[test]
fn a_customers_policy_that_sends_twice_makes_one_post() {
    let (served, twice) = (served(), Arc::new(SendsTwice::default()));
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("offer").unwrap());
    let policy = Patience::default().poll_interval(Duration::from_millis(5));
    let endpoint = Endpoint::new(served.endpoint()).unwrap();
    let mut cancellation = Cancellation::new(endpoint, request, policy, Duration::ZERO);
    let options = ClientOptions { per_try_policies: vec![twice.clone()], ..ClientOptions::default() };
    let outcome = drive(&mut cancellation, options, |_| BearerToken::new("eyJ0eXAi").unwrap());
    assert_eq!((outcome.as_str(), cancellation.posted()), ("canceled", Posted::Yes));
    assert_eq!(served.portal().posts(), 1);
    assert!(twice.0.load(Ordering::Relaxed) > 2, "the customer's policy is in the pipeline");
}
