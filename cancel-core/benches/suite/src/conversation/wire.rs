//! The bytes on the wire in the conversation. They are the same for all contenders.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;

pub const ENDPOINT: &str = "https://cloudpartner.azure.com";
pub const TOKEN: &str =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2Nsb3VkcGFydG5lci5henVyZS5jb20ifQ.c2ln";
pub const PUBLISHER: &str = "contoso";
pub const OFFER: &str = "contoso-offer";
pub const EMAIL: &str = "jondoe@contoso.com";
pub const API_VERSION: &str = "2017-10-31";

/// The location of a migrated offer's 202.
pub const LOCATION: &str = concat!(
    "/api/publishers/contoso/offers/contoso-offer/operations/",
    "56615b67-2185-49fe-80d2-c4ddf77bb2e8?api-version=2017-10-31"
);

/// One of the three answers: status, headers, body.
pub struct Canned {
    pub status: u16,
    pub headers: [(&'static str, &'static str); 2],
    pub body: Bytes,
}

/// The id of the publish that is in progress, on the list.
pub const PUBLISH: &str = "d2b5b7a0-6f0e-4d0b-9a1e-2f6f3d6f5c11";

/// What the service answers: with a list of so many rows first, where the list is read.
pub struct Script {
    list: Option<Bytes>,
    /// Whether each body has memory of its own, as a received one has.
    owns: AtomicBool,
}

impl Script {
    pub fn new(rows: Option<usize>) -> Self {
        Self { list: rows.map(list), owns: AtomicBool::new(false) }
    }

    pub fn has_list(&self) -> bool {
        self.list.is_some()
    }

    pub fn own_bodies(&self, owns: bool) {
        self.owns.store(owns, Relaxed);
    }

    pub fn exchanges(&self) -> usize {
        3 + usize::from(self.has_list())
    }

    /// The answer to the exchange with this number: the list where there is one, 202, `running`, `canceled`.
    pub fn answer(&self, number: usize) -> Canned {
        let operation = |json: &'static str| Canned {
            status: 200,
            headers: [("content-type", "application/json"), ("retry-after", "0")],
            body: match self.owns.load(Relaxed) {
                true => Bytes::copy_from_slice(json.as_bytes()),
                false => Bytes::from_static(json.as_bytes()),
            },
        };
        match (number, &self.list) {
            (0, Some(list)) => Canned { body: list.clone(), ..operation("") },
            (1, Some(_)) | (0, None) => {
                Canned { status: 202, headers: [("location", LOCATION), ("retry-after", "0")], body: Bytes::new() }
            }
            (2, Some(_)) | (1, None) => operation(include_str!("running.json")),
            _ => operation(include_str!("canceled.json")),
        }
    }
}

/// A list of so many submissions, of which the first is in progress. Each has the members of the page.
pub fn list(rows: usize) -> Bytes {
    let row = |number: usize| {
        let (id, state) = match number {
            0 => (PUBLISH.to_owned(), "running"),
            _ => (format!("00000000-0000-4000-8000-{number:012}"), "completed"),
        };
        format!(
            r#"{{"id":"{id}","offerId":"{OFFER}","offerVersion":{number},"offerTypeId":"microsoft-azure-virtualmachines","publisherId":"{PUBLISHER}","submissionType":"publish","submissionState":"{state}","publishingVersion":2,"slot":"production","version":636576975611768314,"definition":{{"displayText":"Contoso VM","offer":{{"microsoft-azure-marketplace.title":"Contoso VM","microsoft-azure-marketplace.categories":["devService"]}}}},"changedTime":"2018-03-26T21:46:01.179948Z"}}"#
        )
    };
    format!("[{}]", (0..rows).map(row).collect::<Vec<_>>().join(",")).into()
}

impl Canned {
    /// The answer in the types of the crate `http`.
    pub fn into_http(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = http::StatusCode::from_u16(self.status).expect("a status");
        for (name, value) in self.headers {
            response.headers_mut().insert(http::HeaderName::from_static(name), http::HeaderValue::from_static(value));
        }
        response
    }
}
