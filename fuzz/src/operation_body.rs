//! One operation: any status, any headers, any bytes.
//!
//! It has the status that another reading of the body finds, or there is a typed error. Nothing else in the body makes it fail.

use cancel_core::{ErrorKind, Operation, State};

use crate::expected::{check_error, is_canceled, is_end, kind_of, status_in, tree};
use crate::input;

/// Reads a message.
pub fn operation_body(data: &[u8]) {
    let response = input::response(data);
    let status = response.status().as_u16();
    let tree = tree(response.body());
    match Operation::from_http(&response) {
        Ok(operation) => {
            assert_eq!(status, 200);
            let word = operation.status();
            if let Some(tree) = &tree {
                assert_eq!(status_in(tree), Some(word), "another status than the body's");
            }
            assert_eq!(operation.state().is_end(), is_end(word), "{word:?}");
            assert_eq!(operation.state() == State::Canceled, is_canceled(word), "{word:?}");
            check_details(&operation, response.body().len());
        }
        Err(error) => {
            check_error(&error);
            let expected = if status == 200 { ErrorKind::MalformedBody } else { kind_of(status) };
            assert_eq!(error.kind(), expected);
            // A tree keeps the last of two members, and the reader takes neither.
            let twice = response.body().windows(8).filter(|name| *name == b"\"status\"").count() > 1;
            let escaped = response.body().contains(&b'\\');
            let missed = tree.as_ref().and_then(status_in).filter(|_| status == 200 && !twice && !escaped);
            assert_eq!(missed, None, "there is a status, and it was not found");
        }
    }
}

fn check_details(operation: &Operation, length: usize) {
    let details = operation.details();
    assert_eq!(details, operation.details(), "two readings of one body");
    assert!(details.steps.len() + details.messages.len() <= length, "more than there is");
    for step in &details.steps {
        assert!(step.progress_percentage.is_none_or(|percent| percent <= 100), "{:?}", step.progress_percentage);
        assert_eq!(step.state().is_end(), is_end(&step.status));
    }
}
