//! The answer that is an error: any status, any headers, any bytes.
//!
//! Each reader gives it the same kind, by its status alone. What is kept of it is bounded and sanitized. A code and a message in the
//! documented shape are found.

use cancel_core::{Answer, CancelResponse, Endpoint, Operation, OperationList};

use crate::expected::{check_answer, check_error, documented, kind_of, tree};
use crate::input;

/// Reads a message.
pub fn error_body(data: &[u8]) {
    let response = input::response(data);
    let status = response.status().as_u16();
    let answer = Answer::from_http(&response);
    check_answer(&answer);
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer, Answer::from_http(&response), "two readings of one answer");
    if let Some(tree) = tree(response.body()) {
        for (found, member) in [(answer.code(), "code"), (answer.message(), "message")] {
            let plain = |text: &&str| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
            if let Some(text) = documented(&tree, member).filter(plain) {
                assert_eq!(found, Some(text), "the {member} of the documented shape");
            }
        }
    }
    if !matches!(status, 200 | 202) {
        let called = http::Uri::from_static("https://cloudpartner.azure.com/");
        let errors = [
            CancelResponse::from_http(&Endpoint::default(), &called, &response).unwrap_err(),
            Operation::from_http(&response).unwrap_err(),
            OperationList::from_http(&response).unwrap_err(),
        ];
        for error in &errors {
            check_error(error);
            assert_eq!(error.kind(), kind_of(status));
            assert_eq!(error.answer(), Some(&answer));
        }
    }
}
