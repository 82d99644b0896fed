//! Answers that end a conversation at once. The table of statuses and kinds is the codec's (`tests/codec/statuses.rs`);
//! the machine must end with the kind that the codec gives, for each status of each request.

use cancel_core::{CancelResponse, Endpoint, ErrorKind, Operation, OperationList, Posted};
use http::Response;

use crate::run::{CANCEL, LIST, MIGRATED, NO_HEADERS, Run, accepted, settled, verified};

/// It would be the state of the operation, if an error could have one.
const BODY: &str = r#"{"status":"canceled"}"#;

/// All statuses but 5xx, which are transient or in doubt, and these.
fn final_statuses(others: &[u16]) -> impl Iterator<Item = u16> {
    (100..500).filter(|code| !others.contains(code))
}

fn response(code: u16) -> Response<&'static str> {
    Response::builder().status(code).body(BODY).unwrap()
}

#[test]
fn a_refused_post_ends_the_run() {
    for code in final_statuses(&[200, 202, 401, 408, 429]) {
        let expected = CancelResponse::from_http(&Endpoint::default(), &CANCEL.parse().unwrap(), &response(code));
        for policy in [accepted(), settled()] {
            let mut run = Run::new(policy.clone());
            run.post().answer(code, NO_HEADERS, BODY);
            assert_eq!(run.error(), (expected.as_ref().unwrap_err().kind(), Posted::Yes), "{code}");
            // A refusal is the word of the service that it did nothing. Any other status leaves the POST in doubt.
            let mut resumed = run.resume(policy.clone());
            if code >= 400 {
                resumed.post();
            } else {
                assert_eq!(resumed.error(), (ErrorKind::Ambiguous, Posted::Yes), "{code}");
            }
        }
    }
}

#[test]
fn a_refused_poll_ends_the_run() {
    for code in final_statuses(&[200, 202, 401, 404, 408, 429]) {
        let mut run = Run::following(settled());
        run.get(MIGRATED).answer(code, NO_HEADERS, BODY);
        let expected = Operation::from_http(&response(code)).unwrap_err();
        assert_eq!(run.error(), (expected.kind(), Posted::Yes), "{code}: the body of an error never sets a state");
    }
}

#[test]
fn a_refused_list_ends_the_run_before_anything_is_posted() {
    for code in final_statuses(&[200, 401, 408, 429]) {
        let mut run = Run::new(verified());
        run.get(LIST).answer(code, NO_HEADERS, "[]");
        let expected = OperationList::from_http(&response(code)).unwrap_err();
        assert_eq!(run.error(), (expected.kind(), Posted::No), "{code}");
    }
}

#[test]
fn a_list_that_cannot_be_read_posts_nothing() {
    for (code, body, kind) in [
        (200, "", ErrorKind::MalformedBody),
        (200, r#"[{"id":"a/b","submissionState":"running"}]"#, ErrorKind::MalformedBody),
        (408, "", ErrorKind::UnexpectedStatus),
        (429, "", ErrorKind::Throttled),
        (503, "", ErrorKind::Server),
    ] {
        let mut run = Run::new(verified());
        for _ in 0..5 {
            run.get(LIST).answer(code, NO_HEADERS, body);
        }
        assert_eq!(run.error(), (kind, Posted::No), "{code} {body}");
    }
    let mut run = Run::new(verified());
    run.list(&[("a", "running"), ("a/b", "completed")]);
    run.post();
}
