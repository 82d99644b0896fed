//! `Until::Settled`: the POST, then the location until it says an end.

use cancel_core::{ErrorKind, Operation, Outcome, Phase, Posted, Proof};

use crate::talk::{MIGRATED, NO_HEADERS, Talk, secs, settled, status};

#[test]
fn it_looks_until_the_location_says_canceled() {
    let mut talk = Talk::new(settled());
    talk.post().answer(202, [("Location", MIGRATED)], "");
    assert_eq!(talk.look(200, &status("running")), secs(1));
    talk.look(200, r#"[{"status":"running"}]"#);
    talk.look(200, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);
    let progress = talk.cancellation.progress();
    assert_eq!((progress.phase, progress.posted, progress.polls), (Phase::Done, Posted::Yes, 3));
    assert_eq!(progress.operation.map(Operation::status), Some("canceled"));
}

/// The words of the operations page, and what was seen beside them.
#[test]
fn completed_and_failed_end_it_without_proving_that_it_is_canceled() {
    for word in ["completed", "complete", "succeeded", "Succeeded", "failed"] {
        let mut talk = Talk::watching(settled());
        talk.look(200, &status(word));
        let Ok(Outcome::Ended { proof, operation, posted, .. }) = talk.end() else {
            panic!("{word} is an end");
        };
        assert_eq!((proof, operation.status(), posted), (Proof::ByLocation, word, Posted::Yes));
    }
    for word in ["cancelled", "Canceled", "CANCELLED"] {
        let mut talk = Talk::watching(settled());
        talk.look(200, &status(word));
        assert_eq!(talk.canceled(), Proof::ByLocation, "{word}");
    }
}

#[test]
fn no_other_word_is_an_end() {
    for word in
        ["notStarted", "not started", "running", "waitingForPublisherReview", "neverPublished", "canceling", "?", ""]
    {
        let mut talk = Talk::watching(settled());
        talk.look(200, &status(word));
        talk.look(200, &status("canceled"));
        assert_eq!(talk.canceled(), Proof::ByLocation, "{word}");
    }
}

#[test]
fn a_200_to_the_post_is_not_followed() {
    let mut talk = Talk::new(settled());
    talk.post().answer(200, [("Location", MIGRATED)], "");
    assert_eq!(talk.canceled(), Proof::Acknowledged);
}

#[test]
fn a_202_to_a_look_is_still_running_whatever_its_body_says() {
    let mut talk = Talk::watching(settled());
    for body in ["", "<html>", r#"{"status":"canceled"}"#, r#"{"status":"failed"}"#, r#"{"error":{"code":"x"}}"#] {
        talk.look(202, body);
    }
    talk.look(200, &status("canceled"));
    assert_eq!(talk.canceled(), Proof::ByLocation);
}

#[test]
fn a_404_is_tolerated_three_times_after_the_202_and_no_longer() {
    let mut talk = Talk::watching(settled());
    for _ in 0..3 {
        talk.look(404, "");
    }
    talk.look(404, "");
    assert_eq!(talk.error(), (ErrorKind::NotFound, Posted::Yes));

    let mut talk = Talk::watching(settled());
    for _ in 0..3 {
        talk.look(200, &status("running"));
    }
    talk.look(404, "");
    assert_eq!(talk.error(), (ErrorKind::NotFound, Posted::Yes), "it existed, and is gone");
}

#[test]
fn a_refused_look_ends_it() {
    for (code, kind) in [
        (201, ErrorKind::UnexpectedStatus),
        (302, ErrorKind::UnexpectedStatus),
        (400, ErrorKind::BadRequest),
        (403, ErrorKind::Forbidden),
        (409, ErrorKind::Conflict),
        (410, ErrorKind::NotFound),
        (422, ErrorKind::Unprocessable),
    ] {
        let mut talk = Talk::watching(settled());
        talk.look(code, r#"{"status":"canceled"}"#);
        assert_eq!(talk.error(), (kind, Posted::Yes), "{code}: the body of an error never sets a state");
    }
}

#[test]
fn the_last_operation_is_there_with_its_steps() {
    let mut talk = Talk::watching(settled());
    talk.look(200, r#"{"status":"running","steps":[{"id":"live","status":"inProgress","progressPercentage":40}]}"#);
    let operation = talk.cancellation.progress().operation.unwrap();
    assert_eq!(operation.details().steps[0].progress_percentage, Some(40));
    talk.look(200, r#"{"status":"failed","error":{"code":"X","message":"it broke"}}"#);
    let outcome = talk.end().unwrap();
    let error = outcome.operation().unwrap().details().error.unwrap();
    assert_eq!((error.code.as_deref(), error.message.as_deref()), (Some("X"), Some("it broke")));
}

#[test]
fn the_callers_own_id_is_on_every_request() {
    use cancel_core::{CancelRequest, ClientRequestId, IfMatch, OfferId, PublisherId};
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
        .client_request_id(ClientRequestId::new("run-42").unwrap())
        .if_match(IfMatch::any());
    let mut talk = Talk::about(request, settled());
    let post = talk.post();
    assert_eq!((post.header("x-ms-client-request-id"), post.header("if-match")), (Some("run-42"), Some("*")));
    post.answer(202, [("Location", MIGRATED)], "");
    let get = talk.get(MIGRATED);
    assert_eq!((get.header("x-ms-client-request-id"), get.header("if-match")), (Some("run-42"), None));
    get.answer(200, NO_HEADERS, &status("canceled"));
}
