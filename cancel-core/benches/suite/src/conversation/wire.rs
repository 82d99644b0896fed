//! The bytes on the wire in the conversation. They are the same for all contenders.

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

/// The service's answer to the exchange with this number: 202, `running`, `canceled`.
pub fn answer(number: usize) -> Canned {
    let operation = |json: &'static str| Canned {
        status: 200,
        headers: [("content-type", "application/json"), ("retry-after", "0")],
        body: Bytes::from_static(json.as_bytes()),
    };
    match number {
        0 => Canned { status: 202, headers: [("location", LOCATION), ("retry-after", "0")], body: Bytes::new() },
        1 => operation(include_str!("running.json")),
        _ => operation(include_str!("canceled.json")),
    }
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
