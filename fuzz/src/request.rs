//! Every request that can be built: any ids, addresses, endpoints and locations that validation lets through.
//!
//! The wire form, as `httparse` reads it, has exactly the intended method, path, query and headers, and the body says what
//! was meant. What validation must not let through, it does not.
//!
//! The input: `name: value`, a line each.

use bytes::Bytes;
use http::Request;
use serde_json::json;

use super::input::line;
use super::origin::Origin;
use crate::codec::{CancelRequest, GetOfferStatus, GetOperation, ListOperations};
use crate::values::{
    ApiVersion, BearerToken, ClientRequestId, Endpoint, IfMatch, InvalidInput, NotificationEmails, OfferId,
    OperationId, PublisherId,
};

/// What a caller has passed, as it was given and as it was taken.
struct Asked<'a> {
    origin: &'a str,
    version: &'a str,
    publisher: &'a str,
    offer: &'a str,
    operation: &'a str,
    token: &'a str,
    call: Option<&'a str>,
    if_match: Option<&'a str>,
    emails: Option<&'a str>,
}

/// Builds requests.
pub fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let given = |name: &str| {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let (found, after) = line(rest);
            rest = after;
            let value = std::str::from_utf8(found).ok()?.strip_prefix(name).and_then(|found| found.strip_prefix(": "));
            if value.is_some() {
                return value;
            }
        }
        None
    };
    let asked = Asked {
        origin: valid(given("endpoint"), |text| Endpoint::new(text).map(drop), is_origin)
            .unwrap_or("https://a.example"),
        version: valid(given("version"), |text| ApiVersion::new(text).map(drop), is_version).unwrap_or("2017-10-31"),
        publisher: valid(given("publisher"), |text| PublisherId::new(text).map(drop), is_id).unwrap_or("contoso"),
        offer: valid(given("offer"), |text| OfferId::new(text).map(drop), is_id).unwrap_or("contoso-offer"),
        operation: valid(given("operation"), |text| OperationId::new(text).map(drop), is_id).unwrap_or("56615b67"),
        token: valid(given("token"), |text| BearerToken::new(text).map(drop), is_token).unwrap_or("eyJ0eXAi"),
        call: valid(given("call"), |text| ClientRequestId::new(text).map(drop), is_id),
        if_match: valid(given("if-match"), |text| text.parse::<IfMatch>().map(drop), is_etag),
        emails: valid(given("emails"), |text| NotificationEmails::parse(text).map(drop), are_emails),
    };
    asked.check_all();
}

/// A value that is given and valid. What is taken for valid is so by the rules, read a second time.
fn valid(
    given: Option<&str>,
    check: impl Fn(&str) -> Result<(), InvalidInput>,
    is_one: impl Fn(&str) -> bool,
) -> Option<&str> {
    let given = given?;
    match check(given) {
        Ok(()) => {
            assert!(is_one(given), "{given:?} is let through");
            Some(given)
        }
        Err(error) => {
            let words = error.to_string();
            assert!(words.chars().count() < 1024 && !words.contains(char::is_control), "{words:?}");
            None
        }
    }
}

fn is_id(text: &str) -> bool {
    let characters = text.chars().all(|c| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.'));
    characters && (1..=128).contains(&text.len()) && text != "." && text != ".."
}

/// A scheme, `//`, and a host and port that hold nothing else.
pub(super) fn is_origin(text: &str) -> bool {
    let Some((scheme, place)) = text.split_once("://") else {
        return false;
    };
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    web && !place.strip_suffix('/').unwrap_or(place).contains(['/', '?', '#', '@', '\\'])
}

fn is_version(text: &str) -> bool {
    is_id(text) && text.len() <= 32 && !text.contains('_')
        // In a query a dot is a dot.
        || matches!(text, "." | "..")
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, '!'..='~')) && !text.contains(['"', '\\'])
}

fn is_etag(text: &str) -> bool {
    let opaque = text.trim_start_matches("W/");
    text == "*"
        || (opaque.len() > 1 && opaque.starts_with('"') && opaque.matches('"').count() == 2 && opaque.ends_with('"'))
}

fn are_emails(text: &str) -> bool {
    text.split(',').all(|address| address.matches('@').count() == 1 && !address.trim().contains([' ', '"', '<', ';']))
}

impl Asked<'_> {
    fn check_all(&self) {
        let endpoint = Endpoint::new(self.origin).unwrap().with_api_version(ApiVersion::new(self.version).unwrap());
        Origin::by_url(self.origin).expect("an endpoint is a URL").check_is_safe();
        let token = BearerToken::new(self.token).unwrap();
        let publisher = PublisherId::new(self.publisher).unwrap();
        let offer = OfferId::new(self.offer).unwrap();
        let call = self.call.map(|id| ClientRequestId::new(id).unwrap());

        let mut cancel = CancelRequest::new(publisher.clone(), offer.clone());
        let mut list = ListOperations::new(publisher.clone(), offer.clone());
        let mut status = GetOfferStatus::new(publisher.clone(), offer.clone());
        let mut look = GetOperation::new(publisher, offer, OperationId::new(self.operation).unwrap());
        if let Some(call) = call {
            cancel = cancel.client_request_id(call.clone());
            list = list.client_request_id(call.clone());
            status = status.client_request_id(call.clone());
            look = look.client_request_id(call);
        }
        if let Some(emails) = self.emails {
            cancel = cancel.notify(NotificationEmails::parse(emails).unwrap());
        }
        if let Some(version) = self.if_match {
            cancel = cancel.if_match(version.parse().unwrap());
        }
        self.check(&list.to_http(&endpoint, &token), "GET", &["submissions", ""]);
        self.check(&status.to_http(&endpoint, &token), "GET", &["status"]);
        self.check(&look.to_http(&endpoint, &token), "GET", &["operations", self.operation]);
        let request = cancel.to_http(&endpoint, &token);
        self.check(&request, "POST", &["cancel"]);
        self.check_body(request.body());
    }

    /// What goes over the wire, read by a parser that knows nothing of us.
    fn check(&self, request: &Request<Bytes>, method: &str, end: &[&str]) {
        let origin = Origin::by_url(self.origin).unwrap();
        origin.check(request.uri());
        let wire = wire(request);
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut read = httparse::Request::new(&mut headers);
        let head = read.parse(&wire).expect("it is HTTP").unwrap();
        assert_eq!(read.method, Some(method));
        let (path, query) = read.path.unwrap().split_once('?').expect("there is a query");
        let mut segments = vec!["", "api", "publishers", self.publisher, "offers", self.offer];
        segments.extend(end);
        assert_eq!(path.split('/').collect::<Vec<_>>(), segments);
        assert_eq!(query, format!("api-version={}", self.version));

        let post = method == "POST";
        let length = request.body().len().to_string();
        let authorization = format!("Bearer {}", self.token);
        let mut expected = vec![("authorization", &*authorization)];
        if post {
            expected.push(("content-length", &*length));
        }
        if post && self.emails.is_some() {
            expected.push(("content-type", "application/json"));
        }
        if let Some(version) = self.if_match.filter(|_| post) {
            expected.push(("if-match", version));
        }
        if let Some(call) = self.call {
            expected.push(("x-ms-client-request-id", call));
        }
        let mut found: Vec<_> = read
            .headers
            .iter()
            .filter(|header| header.name != "host")
            .map(|header| (header.name, std::str::from_utf8(header.value).expect("headers are ASCII")))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(&wire[head..], &request.body()[..]);
        assert!(post || request.body().is_empty());
        assert!(request.headers()["authorization"].is_sensitive());
        assert!(self.token.len() < 8 || !format!("{request:?}").contains(&authorization), "Debug shows the token");
    }

    fn check_body(&self, body: &[u8]) {
        let Some(emails) = self.emails else {
            assert!(body.is_empty(), "nobody is to be told, and there is a body");
            return;
        };
        let addresses: Vec<_> = emails.split(',').map(|address| address.trim_matches(' ')).collect();
        let read: serde_json::Value = serde_json::from_slice(body).expect("the body is JSON");
        assert_eq!(read, json!({ "metadata": { "notification-emails": addresses.join(",") } }));
    }
}

/// The request as a transport writes it down: what is in it and nothing else, apart from the host.
fn wire(request: &Request<Bytes>) -> Vec<u8> {
    let path = request.uri().path_and_query().expect("there is a path").as_str();
    let host = request.uri().authority().expect("there is a host");
    let mut wire = format!("{} {path} HTTP/1.1\r\nhost: {host}\r\n", request.method()).into_bytes();
    for (name, value) in request.headers() {
        wire.extend_from_slice(name.as_str().as_bytes());
        wire.extend_from_slice(b": ");
        wire.extend_from_slice(value.as_bytes());
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"\r\n");
    wire.extend_from_slice(request.body());
    wire
}
