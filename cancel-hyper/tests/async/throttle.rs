//! After one refusal of the service all runs pause, and call more slowly afterwards.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use cancel_core::testing::portal::{Call, Fault, PublishOperation};
use cancel_core::{Cancellation, Until};
use cancel_hyper::{Driver, Throttle, cancel_many};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::TokioTimer;
use tokio::time::{Instant, sleep};
use tower::ServiceExt;
use tower_service::Service;

use crate::service::{ONE_WAY, Reached, cancellation, offer, policy, secs, token, within_a_day};

/// Cancels all of a fleet, with so many runs at a time.
async fn cancel_all<S>(service: &S, cancellations: Vec<Cancellation>, at_once: usize)
where
    S: Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>, Error = Infallible> + Clone,
{
    let driver = Driver::new(service.clone(), TokioTimer::new(), token());
    let results: Vec<_> = within_a_day(cancel_many(driver, cancellations, at_once).collect()).await;
    for ended in results {
        assert_eq!(ended.result.unwrap().as_str(), "canceled");
    }
}

/// Accepts a quota of calls in each window, and refuses the others until the window ends.
#[derive(Clone)]
struct Limited {
    inner: Reached,
    quota: usize,
    window: Duration,
    status: u16,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    recent: VecDeque<Instant>,
    /// When each call left, and whether it was accepted.
    calls: Vec<(Instant, bool)>,
}

impl Limited {
    fn new(names: &[String], quota: usize, window: Duration, status: u16) -> Self {
        let inner = Reached::new(names.iter().map(|name| offer(name)));
        Self { inner, quota, window, status, log: Arc::default() }
    }
}

impl Service<Request<Full<Bytes>>> for Limited {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = <Reached as Service<Request<Full<Bytes>>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let (now, mut log) = (Instant::now(), self.log.lock().unwrap());
        while log.recent.front().is_some_and(|then| *then + self.window <= now) {
            log.recent.pop_front();
        }
        let accepted = log.recent.len() < self.quota;
        log.calls.push((now, accepted));
        if accepted {
            log.recent.push_back(now);
            return self.inner.call(request);
        }
        let wait = log.recent.front().map_or(self.window, |oldest| *oldest + self.window - now);
        let seconds = wait.as_secs_f64().ceil();
        let refused = Response::builder().status(self.status).header("Retry-After", format!("{seconds}"));
        let refused = refused.body(Full::default()).unwrap();
        Box::pin(async {
            sleep(ONE_WAY * 2).await;
            Ok(refused)
        })
    }
}

fn fleet(count: usize) -> (Vec<String>, Vec<Cancellation>) {
    let names: Vec<_> = (0..count).map(|number| format!("offer-{number}")).collect();
    let patient = policy().until(Until::Verified).deadline(secs(6 * 3600));
    let cancellations = names.iter().map(|name| cancellation(name, patient.clone())).collect();
    (names, cancellations)
}

#[tokio::test(start_paused = true)]
async fn one_refusal_holds_back_every_call() {
    for status in [429, 503] {
        let (names, cancellations) = fleet(100);
        let service = Limited::new(&names, 20, secs(10), status);
        cancel_all(&service, cancellations, 100).await;
        let calls = &service.log.lock().unwrap().calls;
        let first = calls.iter().find(|(_, accepted)| !accepted).unwrap().0;
        let early: Vec<_> =
            calls.iter().filter(|(at, _)| *at > first + ONE_WAY * 2 && *at < first + secs(10)).collect();
        assert!(early.is_empty(), "{status}: {} calls during the pause", early.len());
        // The first hundred leave before the first refusal. Few are refused afterwards.
        let later = calls.iter().filter(|(at, accepted)| !accepted && *at > first + ONE_WAY * 2).count();
        assert!(later <= 5, "{status}: {later} refusals afterwards, of {} calls", calls.len());
    }
}

#[tokio::test(start_paused = true)]
async fn it_finds_the_rate_that_the_service_accepts() {
    let (names, cancellations) = fleet(40);
    let service = Limited::new(&names, 3, secs(20), 429);
    cancel_all(&service, cancellations, 40).await;
    let calls = &service.log.lock().unwrap().calls;
    let refused = calls.iter().skip(40).filter(|(_, accepted)| !accepted).count();
    assert!(refused * 5 < calls.len(), "{refused} of {} calls were refused", calls.len());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_refuses_nothing_is_not_slowed_down() {
    let (names, cancellations) = fleet(100);
    let service = Limited::new(&names, 10_000, secs(10), 429);
    cancel_all(&service, cancellations, 100).await;
    let calls = &service.log.lock().unwrap().calls;
    assert!(calls.iter().take(100).all(|(at, _)| *at == calls[0].0), "all lists leave at once");
}

#[tokio::test(start_paused = true)]
async fn every_run_has_its_turn() {
    let (names, cancellations) = fleet(30);
    let service = Limited::new(&names, 10, secs(10), 429);
    cancel_all(&service, cancellations, 30).await;
    let portal = service.inner.portal();
    let mut posted: Vec<_> = names
        .iter()
        .map(|name| {
            portal
                .calls()
                .iter()
                .position(|call| call.method == "POST" && call.path_and_query.contains(&format!("{name}/cancel")))
                .unwrap()
        })
        .collect();
    posted.sort_unstable();
    let last = posted.last().unwrap();
    // Each run lists, lists again since its POST was held back, posts, and polls some times.
    assert!(*last < 30 * 5, "the last offer's cancel left as call {last}");
}

#[tokio::test(start_paused = true)]
async fn a_start_late_in_a_window_does_not_slow_down_the_next_one() {
    let (names, cancellations) = fleet(200);
    let service = Limited::new(&names, 100, secs(60), 429);
    // Somebody else has used the window up.
    for _ in 0..100 {
        service.log.lock().unwrap().recent.push_back(Instant::now());
    }
    sleep(secs(58)).await;
    let start = Instant::now();
    cancel_all(&service, cancellations, 200).await;
    let (calls, took) = (service.log.lock().unwrap().calls.len(), start.elapsed());
    // The service accepts a hundred a minute.
    assert!(took < secs(60) * calls as u32 / 50, "{calls} calls in {took:?}");
}

#[tokio::test(start_paused = true)]
async fn one_refusal_does_not_slow_it_down_for_long() {
    for pause in [1, 30, 60] {
        let took = |refused: bool| async move {
            let (names, cancellations) = fleet(200);
            let service = Reached::new(names.iter().map(|name| offer(name)));
            if refused {
                let fault = Fault::status(503).header("Retry-After", &pause.to_string());
                service.portal().script(Call::Any, fault);
            }
            let start = Instant::now();
            cancel_all(&service, cancellations, 50).await;
            start.elapsed()
        };
        let (without, with) = (took(false).await, took(true).await);
        assert!(with < without * 3 + secs(pause), "{with:?} with a pause of {pause} s, {without:?} without");
    }
}

/// Without a time to wait for, a 503 is no refusal of too many calls.
#[tokio::test(start_paused = true)]
async fn a_429_that_names_no_time_holds_back_every_call_for_a_second() {
    for (status, pause) in [(429, 1000..=1001), (503, 0..=0)] {
        let answer = move |_: Request<()>| async move { Response::builder().status(status).body(()) };
        let mut service = Throttle::new(TokioTimer::new()).around(tower::service_fn(answer));
        // It is ready before the refusal, and no longer after it.
        let mut another = service.clone();
        another.ready().await.unwrap();
        let start = Instant::now();
        service.ready().await.unwrap().call(Request::new(())).await.unwrap();
        another.ready().await.unwrap();
        let waited = start.elapsed().as_millis();
        assert!(pause.contains(&waited), "{status}: {waited} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_leave_in_the_order_in_which_they_were_made() {
    let refuse = |_: Request<()>| async { Response::builder().status(429).body(()) };
    let mut refused = Throttle::new(TokioTimer::new()).around(tower::service_fn(refuse));
    refused.ready().await.unwrap().call(Request::new(())).await.unwrap();
    let start = Instant::now();
    let mut gone = refused.clone();
    assert!(gone.ready().now_or_never().is_none());
    let mut waiting = [(); 5].map(|()| refused.clone());
    for service in &mut waiting {
        assert!(service.ready().now_or_never().is_none());
    }
    drop(gone);
    // They ask again in another order.
    let numbered = waiting.iter_mut().enumerate().rev();
    let ready: FuturesUnordered<_> = numbered.map(|(number, service)| service.ready().map(move |_| number)).collect();
    assert_eq!(ready.collect::<Vec<_>>().await, [0, 1, 2, 3, 4]);
    // After the pause of a second, with four gaps that are a quarter longer than an eighth of it.
    let took = start.elapsed().as_millis();
    assert!((1625..1640).contains(&took), "{took} ms");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_while_it_waits_does_not_block_the_others() {
    let (names, mut cancellations) = fleet(4);
    let service = Reached::new(names.iter().map(|name| offer(name)));
    service.portal().script(Call::Any, Fault::status(429).header("Retry-After", "30"));
    let throttle = Throttle::new(TokioTimer::new());
    let driver = || Driver::new(throttle.clone().around(service.clone()), TokioTimer::new(), token());
    // The first is refused; the others wait for their turns, and all are dropped. Their drivers are not.
    let mut dropped = [driver(), driver(), driver()];
    for (driver, cancellation) in dropped.iter_mut().zip(&mut cancellations) {
        assert!(tokio::time::timeout(secs(5), driver.drive(cancellation)).await.is_err());
    }
    let start = Instant::now();
    assert_eq!(within_a_day(driver().drive(&mut cancellations[3])).await.unwrap().as_str(), "canceled");
    assert!(start.elapsed() < secs(120), "{:?}", start.elapsed());
    for (driver, cancellation) in dropped.iter_mut().zip(&mut cancellations) {
        assert_eq!(within_a_day(driver.drive(cancellation)).await.unwrap().as_str(), "canceled");
    }
}

/// All but the first have listed when the first is refused, and all wait. A recheck precedes their POSTs.
#[tokio::test(start_paused = true)]
async fn an_operation_that_was_started_while_posts_were_held_back_is_not_canceled() {
    let (names, _) = fleet(20);
    // The baseline of those that post nothing does not end.
    let cancellations = names.iter().map(|name| cancellation(name, policy().deadline(secs(600))));
    let service = Reached::new(names.iter().map(|name| offer(name)));
    service.portal().script(Call::List, Fault::status(429).header("Retry-After", "60"));
    let driver = Driver::new(service.clone(), TokioTimer::new(), token());
    let somebody = async {
        sleep(secs(30)).await;
        for name in &names {
            let started = PublishOperation::new("started-since");
            service.portal().start_operation(service.now(), "contoso", name, started).unwrap();
        }
    };
    let fleet = cancel_many(driver, cancellations, 20).collect::<Vec<_>>();
    let _ = within_a_day(async { tokio::join!(fleet, somebody) }).await;
    for name in &names[1..] {
        let truth = service.portal().truth("contoso", name, service.now());
        assert_eq!(truth[1], ("started-since".to_owned(), "running"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_in_short_slices_comes_to_its_end_too() {
    let (names, mut cancellations) = fleet(1);
    let service = Reached::new(names.iter().map(|name| offer(name)));
    service.portal().script(Call::Any, Fault::status(429).header("Retry-After", "60"));
    let throttle = Throttle::new(TokioTimer::new());
    for slice in 0..200 {
        let mut driver = Driver::new(throttle.clone().around(service.clone()), TokioTimer::new(), token());
        if let Ok(outcome) = tokio::time::timeout(secs(3), driver.drive(&mut cancellations[0])).await {
            return assert_eq!(outcome.unwrap().as_str(), "canceled", "after {slice} slices");
        }
    }
    panic!("it is not over after 200 slices");
}
