//! The future of a run may be dropped at any time, and nothing is lost.

use std::collections::HashSet;
use std::time::Duration;

use cancel_core::{Cancellation, Checkpoint, Error, ErrorKind, Outcome, Posted, Proof, Until};
use cancel_hyper::Driver;
use hyper_util::rt::TokioTimer;
use tokio::time::timeout;

use crate::service::{Reached, cancellation, offer, policy, secs, token};

fn driver(service: &Reached) -> Driver<Reached, TokioTimer, cancel_core::BearerToken> {
    Driver::new(service.clone(), TokioTimer::new(), token())
}

/// The machine does not say that nothing was posted when the portal got a POST.
fn is_truthful(cancellation: &Cancellation, service: &Reached) -> bool {
    service.portal().posts() == 0 || cancellation.posted() != Posted::No
}

#[tokio::test(start_paused = true)]
async fn a_run_may_be_dropped_once_at_any_time() {
    // Each leg of an exchange takes 50 ms. The first seconds have the list and the POST, and then there are polls.
    for at in (0..2_000).step_by(10).chain((2_000..25_000).step_by(40)) {
        let service = Reached::new([offer("one")]);
        let mut cancellation = cancellation("one", policy());
        let cut_short = timeout(Duration::from_millis(at), driver(&service).drive(&mut cancellation)).await;
        assert!(is_truthful(&cancellation, &service), "at {at} ms");
        let outcome = match cut_short {
            Ok(outcome) => outcome,
            Err(_) => driver(&service).drive(&mut cancellation).await,
        };
        let outcome = outcome.unwrap();
        assert_eq!((outcome.as_str(), outcome.proof()), ("canceled", Some(Proof::Verified)), "at {at} ms");
        // A POST that was dropped is followed by a recheck, and by another POST where the baseline is still in
        // progress.
        assert!(service.portal().posts() <= 2, "at {at} ms");
    }
}

/// How it ends when it is dropped again and again, each time after so many milliseconds.
async fn in_slices(slice: u64, service: &Reached) -> Result<Outcome, Error> {
    let mut cancellation = cancellation("one", policy());
    for _ in 0..10_000 {
        let mut driver = driver(service);
        if let Ok(ended) = timeout(Duration::from_millis(slice), driver.drive(&mut cancellation)).await {
            return ended;
        }
        assert!(is_truthful(&cancellation, service));
    }
    panic!("it has not ended after 10,000 slices of {slice} ms");
}

#[tokio::test(start_paused = true)]
async fn a_run_may_be_dropped_again_and_again() {
    for slice in [201, 250, 400, 1000] {
        let service = Reached::new([offer("one")]);
        let outcome = in_slices(slice, &service).await.unwrap();
        assert_eq!(outcome.as_str(), "canceled", "slices of {slice} ms");
        assert!(service.portal().posts() <= 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_every_post_is_dropped_polls_until_it_knows() {
    let mut ends = HashSet::new();
    for slice in [101, 120, 149, 151, 199] {
        let service = Reached::new([offer("one")]);
        let result = in_slices(slice, &service).await;
        let (posts, reached) = (service.portal().posts(), slice > 150);
        assert!(posts <= 5 && (posts > 0) == reached, "{posts} POSTs in slices of {slice} ms");
        match result {
            Ok(outcome) => {
                assert_eq!((outcome.as_str(), outcome.posted()), ("canceled", Posted::Maybe), "slices of {slice} ms");
                assert_eq!(posts, 1);
                ends.insert("known");
            }
            Err(error) => {
                assert_eq!((error.kind(), error.posted()), (ErrorKind::Deadline, Posted::Maybe), "{slice} ms: {error}");
                assert!(!reached);
                ends.insert("late");
            }
        }
    }
    assert_eq!(ends.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_list_a_dropped_post_is_ambiguous() {
    let service = Reached::new([offer("one")]);
    let mut dropped = cancellation("one", policy().until(Until::Settled));
    timeout(Duration::from_millis(70), driver(&service).drive(&mut dropped)).await.unwrap_err();
    assert_eq!((dropped.posted(), service.portal().posts()), (Posted::Maybe, 1));
    let error = driver(&service).drive(&mut dropped).await.unwrap_err();
    assert_eq!((error.kind(), error.posted(), service.portal().posts()), (ErrorKind::Ambiguous, Posted::Maybe, 1));
}

#[tokio::test(start_paused = true)]
async fn the_checkpoint_of_a_dropped_run_can_be_resumed() {
    for at in (0..25_000).step_by(250) {
        let service = Reached::new([offer("one")]);
        let mut dropped = cancellation("one", policy());
        let _ = timeout(Duration::from_millis(at), driver(&service).drive(&mut dropped)).await;
        if dropped.result().is_some() {
            continue;
        }
        let (endpoint, now) = (dropped.endpoint().clone(), dropped.now());
        let mut resumed = Cancellation::resume(endpoint, dropped.checkpoint(), policy(), now).unwrap();
        assert_eq!(driver(&service).drive(&mut resumed).await.unwrap().as_str(), "canceled", "at {at} ms");
        assert!(service.portal().posts() <= 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_journal_is_written_before_the_post_leaves() {
    let service = Reached::new([offer("one")]);
    let written = std::sync::Mutex::new(Vec::new());
    let mut cancellation = cancellation("one", policy());
    let mut driver = driver(&service).with_journal(|checkpoint: Checkpoint| {
        written.lock().unwrap().push((service.portal().posts(), checkpoint.to_json()));
        std::future::ready(Ok::<(), String>(()))
    });
    driver.drive(&mut cancellation).await.unwrap();
    let written = written.lock().unwrap();
    let before = written.iter().rfind(|(posts, _)| *posts == 0).unwrap();
    assert!(before.1.contains(r#""posted":"maybe""#), "{before:?}");
    assert!(written.iter().all(|(_, text)| !text.contains("canary")));
    // And at the start, and after each answer but the last: an outcome is not written.
    assert_eq!(written.len(), service.portal().calls().len() + 1);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_holds_the_post_back() {
    let service = Reached::new([offer("one")]);
    let mut cancellation = cancellation("one", policy().attempts(1));
    let mut fails = 0;
    let mut failing = driver(&service).with_journal(|checkpoint: Checkpoint| {
        let is_of_post = checkpoint.to_json().contains(r#""posted":"maybe""#);
        fails += usize::from(is_of_post);
        std::future::ready(if is_of_post { Err("disk full") } else { Ok(()) })
    });
    for _ in 0..3 {
        let error = failing.drive(&mut cancellation).await.unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Checkpoint, Posted::No));
    }
    drop(failing);
    assert_eq!((fails, service.portal().posts()), (3, 0));
    assert_eq!(driver(&service).drive(&mut cancellation).await.unwrap().as_str(), "canceled");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_takes_all_the_time_holds_the_post_back() {
    let service = Reached::new([offer("one")]);
    let mut cancellation = cancellation("one", policy().attempts(1));
    let mut slow = driver(&service).with_journal(|checkpoint: Checkpoint| async move {
        if checkpoint.to_json().contains(r#""posted":"maybe""#) {
            tokio::time::sleep(secs(30)).await;
        }
        Ok::<(), String>(())
    });
    let error = slow.drive(&mut cancellation).await.unwrap_err();
    assert_eq!((error.kind(), error.posted(), service.portal().posts()), (ErrorKind::Transport, Posted::No, 0));
}

#[tokio::test(start_paused = true)]
async fn a_source_of_tokens_that_hangs_ends_at_the_deadline() {
    let service = Reached::new([offer("one")]);
    let mut waiting = cancellation("one", policy().deadline(secs(60)));
    let mut driver = Driver::new(service, TokioTimer::new(), |_| std::future::pending::<Result<_, String>>());
    let error = driver.drive(&mut waiting).await.unwrap_err();
    assert_eq!((error.kind(), error.posted(), waiting.now()), (ErrorKind::Deadline, Posted::No, secs(60)));
}

#[test]
fn the_future_can_be_sent_to_another_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let mut one = cancellation("one", policy());
    let client = cancel_hyper::Client::new().unwrap();
    let mut driver = Driver::new(client, TokioTimer::new(), token())
        .with_observer(|_: &cancel_core::Event<'_>, _: &Cancellation| {});
    drop(is_send(driver.drive(&mut one)));
    drop(is_send(cancel_hyper::cancel_many(driver, [one], 1)));
}
