//! The list of an offer's operations: any status, any headers, any bytes.
//!
//! It has the entries that another reading of the body finds, in their order, or there is a typed error: half a list would
//! hide what is running.

use cancel_core::{ErrorKind, OperationList};

use crate::expected::{check_error, is_end, kind_of, list_in, tree};
use crate::input;

/// Reads a message.
pub fn operation_list(data: &[u8]) {
    let response = input::response(data);
    let status = response.status().as_u16();
    match OperationList::from_http(&response) {
        Ok(list) => {
            assert_eq!(status, 200);
            let found = list.submissions().iter().map(|entry| (&*entry.id, &*entry.submission_state));
            if let Some(tree) = tree(response.body()) {
                assert_eq!(list_in(&tree), Some(found.clone().collect()), "another list than the body's");
            }
            let in_progress: Vec<_> = found.filter(|(_, word)| !is_end(word)).map(|(id, _)| id).collect();
            let ids: Vec<_> = list.in_progress().map(|entry| &*entry.id).collect();
            assert_eq!(ids, in_progress);
            for entry in list.submissions() {
                if let Some(id) = entry.operation() {
                    assert_eq!(id.as_str(), entry.id);
                    assert!(id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
                }
            }
        }
        Err(error) => {
            check_error(&error);
            assert_eq!(error.kind(), if status == 200 { ErrorKind::MalformedBody } else { kind_of(status) });
        }
    }
}
