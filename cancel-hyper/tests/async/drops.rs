//! A future may be dropped at any time, and nothing is lost.

use std::time::Duration;

use cancel_core::{Cancellation, ErrorKind, Posted, Proof, Until};
use cancel_hyper::Driver;
use hyper_util::rt::TokioTimer;
use tokio::time::timeout;

use crate::service::{Reached, cancellation, offer, policy, secs, token};

fn driver(service: &Reached) -> Driver<Reached, TokioTimer, cancel_core::BearerToken> {
    Driver::new(service.clone(), TokioTimer::new(), token())
}

/// What the machine says of POSTs is what the portal saw, or more careful.
fn is_truthful(cancellation: &Cancellation, service: &Reached) -> bool {
    service.portal().posts() == 0 || cancellation.posted() != Posted::No
}

#[tokio::test(start_paused = true)]
async fn it_may_be_dropped_once_at_any_time() {
    for at in (0..25_000).step_by(10) {
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
        // A POST that was given up is followed by a look, and by another POST where the first did not arrive or has not worked yet.
        assert!(service.portal().posts() <= 2, "at {at} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn it_may_be_dropped_again_and_again() {
    for slice in [201, 250, 400, 1000] {
        let service = Reached::new([offer("one")]);
        let mut cancellation = cancellation("one", policy());
        let mut slices = 0;
        let outcome = loop {
            slices += 1;
            assert!(slices < 1000, "slices of {slice} ms");
            if let Ok(outcome) = timeout(Duration::from_millis(slice), driver(&service).drive(&mut cancellation)).await
            {
                break outcome.unwrap();
            }
            assert!(is_truthful(&cancellation, &service));
        };
        assert_eq!(outcome.as_str(), "canceled", "slices of {slice} ms");
        assert!(service.portal().posts() <= 2);
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_every_post_up_is_told_so() {
    for slice in [101, 120, 150, 199] {
        let service = Reached::new([offer("one")]);
        let mut cancellation = cancellation("one", policy());
        let mut slices = 0;
        let error = loop {
            slices += 1;
            assert!(slices < 1000, "slices of {slice} ms");
            if let Ok(outcome) = timeout(Duration::from_millis(slice), driver(&service).drive(&mut cancellation)).await
            {
                break outcome.unwrap_err();
            }
        };
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Ambiguous, Posted::Maybe), "slices of {slice} ms");
        assert!(service.portal().posts() <= 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_that_was_given_up_is_ambiguous_to_who_does_not_look() {
    let service = Reached::new([offer("one")]);
    let mut given_up = cancellation("one", policy().until(Until::Settled));
    timeout(Duration::from_millis(70), driver(&service).drive(&mut given_up)).await.unwrap_err();
    assert_eq!((given_up.posted(), service.portal().posts()), (Posted::Maybe, 1));
    let error = driver(&service).drive(&mut given_up).await.unwrap_err();
    assert_eq!((error.kind(), error.posted(), service.portal().posts()), (ErrorKind::Ambiguous, Posted::Maybe, 1));
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_of_a_dropped_future_can_be_gone_on_with() {
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
async fn a_journal_has_it_before_the_post_leaves() {
    let service = Reached::new([offer("one")]);
    let written = std::sync::Mutex::new(Vec::new());
    let mut cancellation = cancellation("one", policy());
    let mut driver = driver(&service).with_journal(|checkpoint: cancel_core::Checkpoint| {
        written.lock().unwrap().push((service.portal().posts(), checkpoint.to_json()));
        std::future::ready(Ok::<(), String>(()))
    });
    driver.drive(&mut cancellation).await.unwrap();
    let written = written.lock().unwrap();
    let before = written.iter().rfind(|(posts, _)| *posts == 0).unwrap();
    assert!(before.1.contains(r#""posted":"maybe""#), "{before:?}");
    assert!(written.iter().all(|(_, text)| !text.contains("canary")));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_keeps_the_post_back() {
    let service = Reached::new([offer("one")]);
    let mut cancellation = cancellation("one", policy().attempts(1));
    let mut fails = 0;
    let mut failing = driver(&service).with_journal(|checkpoint: cancel_core::Checkpoint| {
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
async fn a_journal_that_takes_all_the_time_keeps_the_post_back() {
    let service = Reached::new([offer("one")]);
    let mut cancellation = cancellation("one", policy().attempts(1));
    let mut slow = driver(&service).with_journal(|checkpoint: cancel_core::Checkpoint| async move {
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
