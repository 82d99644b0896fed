//! Many offers at once.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cancel_core::testing::portal::{CancelBehavior, Offer, PublishOperation};
use cancel_core::{BearerToken, Cancellation, ErrorKind, Event, Policy, TokenReason, Until};
use cancel_hyper::{Driver, Ended, SharedTokens, TokenSource, cancel_many};
use futures_util::StreamExt;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::TokioTimer;
use tokio::time::Instant;

use crate::service::{ONE_WAY, Reached, TOKEN, cancellation, offer, policy, secs, token};

/// A portal with so many offers, and a cancellation of each.
fn fleet(count: usize, policy: impl Fn(usize) -> Policy) -> (Reached, Vec<Cancellation>) {
    let names: Vec<_> = (0..count).map(|number| format!("offer-{number}")).collect();
    let service = Reached::new(names.iter().map(|name| offer(name)));
    (service, names.iter().enumerate().map(|(number, name)| cancellation(name, policy(number))).collect())
}

/// Whether every run was canceled.
fn all_canceled(results: &[Ended]) -> bool {
    results.iter().all(|ended| ended.result.as_ref().is_ok_and(|outcome| outcome.as_str() == "canceled"))
}

/// Whether every run has this error.
fn all_failed(results: &[Ended], kind: ErrorKind) -> bool {
    results.iter().all(|ended| ended.result.as_ref().is_err_and(|error| error.kind() == kind))
}

#[tokio::test(start_paused = true)]
async fn results_come_in_the_order_in_which_the_runs_end() {
    let cancel = |name: &str, after| Offer::new("contoso", name).cancel(CancelBehavior::After(secs(after)));
    let offers = [("slow", 100), ("fast", 5), ("middling", 30)];
    let service = Reached::new(offers.map(|(name, after)| cancel(name, after).operation(PublishOperation::new("id"))));
    let driver = Driver::new(service, TokioTimer::new(), token());
    let fleet = cancel_many(driver, offers.map(|(name, _)| cancellation(name, policy())), 10);
    let ended: Vec<_> = fleet.map(|ended| ended.cancellation.request().offer().to_string()).collect().await;
    assert_eq!(ended, ["fast", "middling", "slow"]);
}

/// A server that knows the token of one could echo it to another.
#[tokio::test]
async fn each_clone_hears_of_the_tokens_of_the_others() {
    let mut count = 0;
    let source = SharedTokens::new(|_| {
        count += 1;
        std::future::ready(BearerToken::new(format!("token-{count}")))
    });
    let (mut one, mut other) = (source.clone(), source);
    one.token(TokenReason::FirstUse).await.unwrap();
    other.token(TokenReason::FirstUse).await.unwrap();
    assert_eq!(other.newer().len(), 1);
    for _ in 0..2 {
        one.token(TokenReason::Rejected).await.unwrap();
    }
    assert_eq!((other.newer().len(), other.newer().len()), (2, 0));
    for _ in 0..99 {
        one.token(TokenReason::Rejected).await.unwrap();
    }
    assert_eq!(other.newer().len(), 8, "as many as a conversation remembers");
}

/// As from a cache, after a hiccup of the service.
#[tokio::test]
async fn a_token_that_is_given_again_is_no_other_one() {
    let tokens = ["the-first-token", "the-first-token", "the-second-token", "the-second-token"];
    let [first, _, second, _] = tokens.map(|text| BearerToken::new(text).unwrap());
    let mut rest = tokens.into_iter();
    let source = SharedTokens::new(|_| std::future::ready(BearerToken::new(rest.next().unwrap())));
    let (mut one, mut other, mut late) = (source.clone(), source.clone(), source);
    for clone in [&mut one, &mut other] {
        assert_eq!(clone.token(TokenReason::FirstUse).await, Ok(first.clone()));
    }
    assert_eq!(one.token(TokenReason::Rejected).await, Ok(first.clone()));
    other.newer();
    assert_eq!(other.token(TokenReason::Rejected).await, Ok(second.clone()), "its own token is of no use to it");
    assert_eq!(one.token(TokenReason::Rejected).await, Ok(second.clone()));
    assert_eq!(one.token(TokenReason::Rejected).await, Ok(second.clone()));
    late.token(TokenReason::FirstUse).await.unwrap();
    assert_eq!(late.newer(), [first, second], "what was just replaced can still be echoed");
}

const OTHER: &str = "another-token-0123456789-0123456789";

/// The service rejected this token's predecessor for another offer. This one has not been given it yet.
struct OtherHasAnother;

impl TokenSource for OtherHasAnother {
    type Error = Infallible;

    async fn token(&mut self, _: TokenReason) -> Result<BearerToken, Infallible> {
        Ok(token())
    }

    fn newer(&mut self) -> Vec<BearerToken> {
        vec![BearerToken::new(OTHER).unwrap()]
    }
}

#[tokio::test]
async fn what_an_answer_echoes_of_another_offers_token_is_redacted() {
    let echo = tower::service_fn(|_: Request<Full<Bytes>>| {
        let answer =
            Response::builder().status(403).body(Full::<Bytes>::from(format!(r#"{{"message":"you are {OTHER}"}}"#)));
        std::future::ready(Ok::<_, Infallible>(answer.unwrap()))
    });
    let mut driver = Driver::new(echo, TokioTimer::new(), OtherHasAnother);
    let error = driver.drive(&mut cancellation("offer", policy())).await.unwrap_err().to_string();
    assert!(error.contains("you are ***") && !error.contains(OTHER), "{error}");
}

#[tokio::test(start_paused = true)]
async fn at_most_max_concurrent_runs_are_under_way() {
    let (service, cancellations) = fleet(30, |_| policy());
    let under_way = Arc::new(Mutex::new(BTreeSet::new()));
    let most = Arc::new(AtomicUsize::new(0));
    let peak = Arc::clone(&most);
    let driver = Driver::new(service, TokioTimer::new(), token()).with_observer(
        move |event: &Event<'_>, cancellation: &Cancellation| {
            let mut now = under_way.lock().unwrap();
            let name = cancellation.request().offer().to_string();
            if matches!(event, Event::Done(_)) {
                now.remove(&name)
            } else {
                now.insert(name)
            };
            peak.fetch_max(now.len(), Ordering::SeqCst);
        },
    );
    let results: Vec<_> = cancel_many(driver, cancellations, 7).collect().await;
    assert!(all_canceled(&results));
    assert_eq!((results.len(), most.load(Ordering::SeqCst)), (30, 7));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_does_not_stop_the_others() {
    let (service, mut cancellations) = fleet(10, |_| policy());
    cancellations.insert(3, cancellation("unknown", policy()));
    let driver = Driver::new(service, TokioTimer::new(), token());
    let results: Vec<_> = cancel_many(driver, cancellations, 4).collect().await;
    let failed: Vec<_> = results.iter().filter(|ended| ended.result.is_err()).collect();
    assert_eq!((results.len(), failed.len()), (11, 1));
    assert_eq!(failed[0].cancellation.request().offer().as_str(), "unknown");
}

#[tokio::test(start_paused = true)]
async fn one_rejected_token_is_replaced_once() {
    let (service, cancellations) = fleet(200, |_| policy());
    service.portal().revoke_token(TOKEN).accept_token("first-token", Some(secs(7))).accept_token("fresh-token", None);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let reasons = Arc::clone(&asked);
    let tokens = move |why| {
        reasons.lock().unwrap().push(why);
        let token = if why == TokenReason::FirstUse { "first-token" } else { "fresh-token" };
        async move {
            tokio::time::sleep(secs(2)).await;
            BearerToken::new(token)
        }
    };
    let driver = Driver::new(service, TokioTimer::new(), tokens);
    let results: Vec<_> = cancel_many(driver, cancellations, 200).collect().await;
    assert!(all_canceled(&results));
    assert_eq!(*asked.lock().unwrap(), [TokenReason::FirstUse, TokenReason::Rejected]);
}

/// Of two that are rejected at once, one asks, and the other hears of the new token before it can.
#[tokio::test(start_paused = true)]
async fn a_fleet_outlives_many_tokens() {
    const LIFE: Duration = Duration::from_secs(600);
    let names: Vec<_> = (0..10).map(|number| format!("offer-{number}")).collect();
    let cancel = |name| Offer::new("contoso", name).cancel(CancelBehavior::After(5 * LIFE));
    let service = Reached::new(names.iter().map(|name| cancel(name).operation(PublishOperation::new("id"))));
    service.portal().revoke_token(TOKEN);
    let (issuer, count) = (service.clone(), Arc::new(AtomicUsize::new(0)));
    let issued = Arc::clone(&count);
    let tokens = move |_| {
        let token = format!("token-number-{}", count.fetch_add(1, Ordering::SeqCst));
        issuer.portal().accept_token(&token, Some(issuer.now() + LIFE));
        async move {
            tokio::time::sleep(2 * ONE_WAY).await;
            BearerToken::new(token)
        }
    };
    let policy = Policy::default().until(Until::Verified).deadline(10 * LIFE);
    let cancellations = names.iter().map(|name| cancellation(name, policy.clone()));
    let driver = Driver::new(service, TokioTimer::new(), tokens);
    let results: Vec<_> = cancel_many(driver, cancellations, 20).collect().await;
    assert!(all_canceled(&results), "{results:?}");
    assert!((5..=7).contains(&issued.load(Ordering::SeqCst)), "{issued:?}");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_is_asked_once_for_all_offers() {
    let (service, cancellations) = fleet(50, |_| policy());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let tokens = move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(secs(2)).await;
            Err::<BearerToken, _>("not logged in")
        }
    };
    let driver = Driver::new(service.clone(), TokioTimer::new(), tokens);
    let results: Vec<_> = cancel_many(driver, cancellations, 50).collect().await;
    assert!(all_failed(&results, ErrorKind::TokenSource));
    assert_eq!((asked.load(Ordering::SeqCst), service.portal().calls().len()), (1, 0));
}

/// If the run that asks for the token ends, the next one asks instead.
#[tokio::test(start_paused = true)]
async fn a_run_that_ends_while_it_asks_for_a_token_does_not_fail_the_others() {
    let (service, cancellations) = fleet(30, |number| policy().deadline(secs(if number == 0 { 10 } else { 600 })));
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let tokens = move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(secs(20)).await;
            BearerToken::new(TOKEN)
        }
    };
    let driver = Driver::new(service, TokioTimer::new(), tokens);
    let mut results: Vec<_> = cancel_many(driver, cancellations, 30).collect().await;
    assert_eq!(results.remove(0).result.unwrap_err().kind(), ErrorKind::Deadline);
    assert!(all_canceled(&results));
    assert_eq!((results.len(), asked.load(Ordering::SeqCst)), (29, 2));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_holds_no_run_beyond_its_deadline() {
    let (service, cancellations) = fleet(30, |_| policy().deadline(secs(60)));
    let tokens = |_| std::future::pending::<Result<BearerToken, String>>();
    let driver = Driver::new(service, TokioTimer::new(), tokens);
    let start = Instant::now();
    let results: Vec<_> = cancel_many(driver, cancellations, 30).collect().await;
    assert!(all_failed(&results, ErrorKind::Deadline));
    assert_eq!((results.len(), start.elapsed().as_secs()), (30, 60));
}
