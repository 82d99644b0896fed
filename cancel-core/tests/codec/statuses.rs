//! The statuses of the wire contract and the kinds of error that they are, for every reader.

use cancel_core::{CancelResponse, Endpoint, ErrorKind, Operation, OperationList, Posted};
use http::{Response, StatusCode};

const BODY: &str = r#"{"error":{"code":"C","message":"M"}}"#;

/// The kind of a status that the call does not have.
fn kind(status: u16) -> ErrorKind {
    match status {
        400 => ErrorKind::BadRequest,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        412 => ErrorKind::PreconditionFailed,
        422 => ErrorKind::Unprocessable,
        429 => ErrorKind::Throttled,
        500..600 => ErrorKind::Server,
        _ => ErrorKind::UnexpectedStatus,
    }
}

#[test]
fn every_other_status_is_an_error_that_keeps_what_the_service_said() {
    let called = "https://cloudpartner.azure.com/".parse().unwrap();
    for status in (100..1000).filter(|status| *status != 200) {
        let response = Response::builder().status(status).header("x-ms-request-id", "id-1").body(BODY).unwrap();
        let errors = [
            (CancelResponse::from_http(&Endpoint::default(), &called, &response).unwrap_err(), Posted::Yes),
            (Operation::from_http(&response).unwrap_err(), Posted::No),
            (OperationList::from_http(&response).unwrap_err(), Posted::No),
        ];
        for (error, posted) in errors {
            // A cancel has this status, but here it has no location.
            let is_accepted = (status, posted) == (202, Posted::Yes);
            let kind = if is_accepted { ErrorKind::MissingLocation } else { kind(status) };
            assert_eq!((error.kind(), error.posted()), (kind, posted), "{status}");
            assert_eq!(error.is_transient(), matches!(status, 408 | 429 | 500..600), "{status}");
            let answer = error.answer().unwrap();
            assert_eq!(answer.status(), StatusCode::from_u16(status).unwrap());
            assert_eq!((answer.code(), answer.message(), answer.request_id()), (Some("C"), Some("M"), Some("id-1")));
        }
    }
}
