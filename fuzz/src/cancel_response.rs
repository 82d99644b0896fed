//! The answer to a cancel: any status, any headers, any bytes.
//!
//! It is one of the two answers that the call has, or a typed error. A location is on the endpoint's origin, and it is the one that
//! the first place names.

use cancel_core::{BearerToken, CancelResponse, Endpoint, ErrorKind, GetOperation};
use http::{HeaderValue, Uri};

use crate::expected::{HOUR, check_error, kind_of, plain_wait};
use crate::input;
use crate::origin::Origin;

const CALLED: &str =
    "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31";

/// Reads a message.
pub fn cancel_response(data: &[u8]) {
    let response = input::response(data);
    let endpoint = Endpoint::default();
    let called: Uri = CALLED.parse().unwrap();
    let status = response.status().as_u16();
    let named = ["operation-location", "location"].iter().find_map(|name| {
        let values = response.headers().get_all(*name).into_iter();
        values.map(HeaderValue::as_bytes).find(|value| !value.trim_ascii().is_empty())
    });
    match CancelResponse::from_http(&endpoint, &called, &response) {
        Ok(CancelResponse::Canceled) => assert_eq!(status, 200),
        Ok(CancelResponse::Accepted { location, retry_after }) => {
            assert_eq!(status, 202);
            let origin = Origin::by_url(CALLED).unwrap();
            let token = BearerToken::new("a-canary-token").unwrap();
            origin.check(location.url());
            origin.check(GetOperation::at(location.clone()).to_http(&endpoint, &token).uri());
            assert!(retry_after.is_none_or(|wait| wait <= HOUR));
            let plain = plain_wait(response.headers());
            assert!(plain.is_none() || plain == retry_after, "{plain:?} was asked for, not {retry_after:?}");
            if let Some(absolute) = named.and_then(|named| named.strip_prefix(b"https://cloudpartner.azure.com/")) {
                let path = absolute.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii_end();
                let found = location.url().path_and_query().unwrap().as_str().as_bytes();
                assert_eq!(found.strip_prefix(b"/"), Some(path), "another location than the first that is named");
            }
        }
        Err(error) => {
            check_error(&error);
            assert!(status != 200, "200 is canceled, whatever comes with it");
            match error.kind() {
                ErrorKind::MissingLocation => assert!(status == 202 && named.is_none()),
                ErrorKind::InvalidLocation | ErrorKind::ForeignLocation => assert_eq!(status, 202),
                kind => assert!(status != 202 && kind == kind_of(status), "{kind} of {status}"),
            }
        }
    }
}
