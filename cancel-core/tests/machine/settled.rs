//! `Until::Settled`: the POST, then polls of the location until an end.

use cancel_core::{ErrorKind, Operation, Outcome, Phase, Posted, Proof};

use crate::run::{MIGRATED, NO_HEADERS, Run, secs, settled, status};

#[test]
fn it_polls_the_location_until_that_is_canceled() {
    let mut run = Run::following(settled());
    assert_eq!(run.poll(200, &status("running")), secs(1));
    run.poll(200, r#"[{"status":"running"}]"#);
    run.ends_canceled_by_location();
    let progress = run.cancellation.progress();
    assert_eq!((progress.phase, progress.posted, progress.polls), (Phase::Done, Posted::Yes, 3));
    assert_eq!(progress.operation.map(Operation::status), Some("canceled"));
}

/// The words of the operations page, and others that clients have observed.
#[test]
fn completed_and_failed_end_it_without_a_proof_of_the_cancel() {
    for word in ["completed", "complete", "succeeded", "Succeeded", "failed"] {
        let mut run = Run::following(settled());
        run.poll(200, &status(word));
        let Ok(Outcome::Ended { proof, operation, posted, .. }) = run.end() else {
            panic!("{word} is an end");
        };
        assert_eq!((proof, operation.status(), posted), (Proof::ByLocation, word, Posted::Yes));
    }
    for word in ["cancelled", "Canceled", "CANCELLED"] {
        let mut run = Run::following(settled());
        run.poll(200, &status(word));
        assert_eq!(run.canceled(), Proof::ByLocation, "{word}");
    }
}

#[test]
fn no_other_word_is_an_end() {
    for word in
        ["notStarted", "not started", "running", "waitingForPublisherReview", "neverPublished", "canceling", "?"]
    {
        let mut run = Run::following(settled());
        run.poll(200, &status(word));
        run.poll(200, &status("canceled"));
        assert_eq!(run.canceled(), Proof::ByLocation, "{word}");
    }
}

#[test]
fn a_blank_status_is_no_status() {
    for word in ["", " ", "-", "_"] {
        let mut run = Run::following(settled());
        for _ in 0..5 {
            run.poll(200, &status(word));
        }
        assert_eq!(run.error(), (ErrorKind::MalformedBody, Posted::Yes), "{word:?}");
    }
}

#[test]
fn the_location_of_a_200_is_not_polled() {
    let mut run = Run::new(settled());
    run.post().answer(200, [("Location", MIGRATED)], "");
    assert_eq!(run.canceled(), Proof::Acknowledged);
}

#[test]
fn a_202_to_a_poll_means_still_running_whatever_its_body_says() {
    let mut run = Run::following(settled());
    for body in ["", "<html>", r#"{"status":"canceled"}"#, r#"{"status":"failed"}"#, r#"{"error":{"code":"x"}}"#] {
        run.poll(202, body);
    }
    run.ends_canceled_by_location();
}

#[test]
fn a_404_is_tolerated_for_the_first_three_polls_and_for_thirty_seconds() {
    let mut run = Run::following(settled());
    let start = run.now;
    for _ in 0..5 {
        run.poll(404, "");
    }
    assert_eq!((run.now - start, run.cancellation.result()), (secs(25), None));
    run.poll(404, "");
    assert_eq!((run.now - start, run.error()), (secs(45), (ErrorKind::NotFound, Posted::Yes)));

    let mut run = Run::following(settled().poll_interval(secs(26)));
    for _ in 0..3 {
        run.poll(404, "");
    }
    assert!(run.cancellation.result().is_none(), "three polls, however late");
    run.poll(404, "");
    assert_eq!(run.error(), (ErrorKind::NotFound, Posted::Yes));

    let mut run = Run::following(settled());
    for _ in 0..6 {
        run.poll(200, &status("running"));
    }
    run.poll(404, "");
    assert_eq!(run.error(), (ErrorKind::NotFound, Posted::Yes), "it existed before");
}

#[test]
fn progress_and_outcome_hold_the_last_operation() {
    let mut run = Run::following(settled());
    run.poll(200, r#"{"status":"running","steps":[{"id":"live","status":"inProgress","progressPercentage":40}]}"#);
    let progress = run.cancellation.progress();
    assert_eq!(progress.operation.unwrap().details().steps[0].progress_percentage, Some(40));
    assert!(progress.location.unwrap().to_string().ends_with(MIGRATED));
    run.poll(200, r#"{"status":"failed","error":{"code":"X","message":"it broke"}}"#);
    let outcome = run.end().unwrap();
    let error = outcome.operation().unwrap().details().error.unwrap();
    assert_eq!((error.code.as_deref(), error.message.as_deref()), (Some("X"), Some("it broke")));
}

#[test]
fn every_request_has_the_client_request_id_and_only_the_post_has_if_match() {
    use cancel_core::{CancelRequest, ClientRequestId, IfMatch, OfferId, PublisherId};
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
        .client_request_id(ClientRequestId::new("run-42").unwrap())
        .if_match(IfMatch::any());
    let mut run = Run::about(request, settled());
    let post = run.post();
    assert_eq!((post.header("x-ms-client-request-id"), post.header("if-match")), (Some("run-42"), Some("*")));
    post.answer(202, [("Location", MIGRATED)], "");
    let get = run.get(MIGRATED);
    assert_eq!((get.header("x-ms-client-request-id"), get.header("if-match")), (Some("run-42"), None));
    get.answer(200, NO_HEADERS, &status("canceled"));
}
