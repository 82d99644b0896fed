//! Many offers at once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cancel_core::testing::portal::{CancelBehavior, Offer, PublishOperation};
use cancel_core::{BearerToken, Cancellation, ErrorKind, Event, TokenReason};
use cancel_hyper::{Driver, cancel_many};
use futures_util::StreamExt;
use hyper_util::rt::TokioTimer;
use tokio::time::Instant;

use crate::service::{Reached, TOKEN, cancellation, offer, policy, secs, token};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("offer-{number}")).collect()
}

fn fleet_of(names: &[String]) -> Vec<Cancellation> {
    names.iter().map(|name| cancellation(name, policy())).collect()
}

#[tokio::test(start_paused = true)]
async fn they_come_in_the_order_in_which_they_end() {
    let cancel = |name: &str, after| Offer::new("contoso", name).cancel(CancelBehavior::After(secs(after)));
    let offers = [("slow", 100), ("fast", 5), ("middling", 30)];
    let service = Reached::new(offers.map(|(name, after)| cancel(name, after).operation(PublishOperation::new("id"))));
    let driver = Driver::new(service, TokioTimer::new(), token());
    let fleet = cancel_many(driver, offers.map(|(name, _)| cancellation(name, policy())), 10);
    let ended: Vec<_> = fleet.map(|ended| ended.cancellation.request().offer().to_string()).collect().await;
    assert_eq!(ended, ["fast", "middling", "slow"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_under_way_than_is_wanted() {
    let names = names(30);
    let service = Reached::new(names.iter().map(|name| offer(name)));
    let under_way = Arc::new(Mutex::new(BTreeSet::new()));
    let most = Arc::new(AtomicUsize::new(0));
    let (now, peak) = (Arc::clone(&under_way), Arc::clone(&most));
    let driver = Driver::new(service, TokioTimer::new(), token()).with_observer(
        move |event: &Event<'_>, cancellation: &Cancellation| {
            let mut now = now.lock().unwrap();
            let name = cancellation.request().offer().to_string();
            if matches!(event, Event::Done(_)) {
                now.remove(&name)
            } else {
                now.insert(name)
            };
            peak.fetch_max(now.len(), Ordering::SeqCst);
        },
    );
    let results: Vec<_> = cancel_many(driver, fleet_of(&names), 7).collect().await;
    assert!(results.iter().all(|ended| ended.result.as_ref().unwrap().as_str() == "canceled"));
    assert_eq!((results.len(), most.load(Ordering::SeqCst)), (30, 7));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_does_not_stop_the_others() {
    let mut names = names(10);
    let service = Reached::new(names.iter().map(|name| offer(name)));
    names.insert(3, "unknown".to_owned());
    let driver = Driver::new(service, TokioTimer::new(), token());
    let results: Vec<_> = cancel_many(driver, fleet_of(&names), 4).collect().await;
    let failed: Vec<_> = results.iter().filter(|ended| ended.result.is_err()).collect();
    assert_eq!((results.len(), failed.len()), (11, 1));
    assert_eq!(failed[0].cancellation.request().offer().as_str(), "unknown");
}

#[tokio::test(start_paused = true)]
async fn one_rejected_token_is_replaced_once() {
    let names = names(200);
    let service = Reached::new(names.iter().map(|name| offer(name)));
    service.portal().revoke_token(TOKEN).accept_token("first-token", Some(secs(7))).accept_token("fresh-token", None);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    let tokens = move |why| {
        kept.lock().unwrap().push(why);
        let token = if why == TokenReason::FirstUse { "first-token" } else { "fresh-token" };
        async move {
            tokio::time::sleep(secs(2)).await;
            BearerToken::new(token)
        }
    };
    let driver = Driver::new(service, TokioTimer::new(), tokens);
    let results: Vec<_> = cancel_many(driver, fleet_of(&names), 200).collect().await;
    assert!(results.iter().all(|ended| ended.result.as_ref().unwrap().as_str() == "canceled"));
    assert_eq!(*asked.lock().unwrap(), [TokenReason::FirstUse, TokenReason::Rejected]);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_is_not_asked_once_an_offer() {
    let names = names(50);
    let service = Reached::new(names.iter().map(|name| offer(name)));
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
    let results: Vec<_> = cancel_many(driver, fleet_of(&names), 50).collect().await;
    assert!(results.iter().all(|ended| ended.result.as_ref().unwrap_err().kind() == ErrorKind::TokenSource));
    assert_eq!((asked.load(Ordering::SeqCst), service.portal().calls().len()), (1, 0));
}

/// Whoever has little time left takes nothing from the others: when it gives up, another asks.
#[tokio::test(start_paused = true)]
async fn one_that_gives_up_while_it_asks_does_not_fail_the_others() {
    let names = names(30);
    let service = Reached::new(names.iter().map(|name| offer(name)));
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
    let deadline = |number| if number == 0 { secs(10) } else { secs(600) };
    let fleet = names.iter().enumerate();
    let fleet = fleet.map(|(number, name)| cancellation(name, policy().deadline(deadline(number))));
    let mut results: Vec<_> = cancel_many(driver, fleet, 30).collect().await;
    let first = results.remove(0);
    assert_eq!(first.result.unwrap_err().kind(), ErrorKind::Deadline);
    assert!(results.iter().all(|ended| ended.result.as_ref().unwrap().as_str() == "canceled"));
    assert_eq!((results.len(), asked.load(Ordering::SeqCst)), (29, 2));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_holds_nobody_beyond_its_deadline() {
    let names = names(30);
    let service = Reached::new(names.iter().map(|name| offer(name)));
    let tokens = |_| std::future::pending::<Result<BearerToken, String>>();
    let driver = Driver::new(service, TokioTimer::new(), tokens);
    let impatient = names.iter().map(|name| cancellation(name, policy().deadline(secs(60))));
    let start = Instant::now();
    let results: Vec<_> = cancel_many(driver, impatient, 30).collect().await;
    assert!(results.iter().all(|ended| ended.result.as_ref().unwrap_err().kind() == ErrorKind::Deadline));
    assert_eq!((results.len(), start.elapsed().as_secs()), (30, 60));
}
