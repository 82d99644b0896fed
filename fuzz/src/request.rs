//! Every request that can be built: any ids, addresses, endpoints and headers that validation lets through.
//!
//! The wire form, as `httparse` reads it, has exactly the intended method, path, query and headers, and the body holds
//! the addresses. Validation lets through only what the rules, written here a second time, let through.
//!
//! The input has lines `name: value`.

use bytes::Bytes;
use cancel_core::{
    ApiVersion, BearerToken, CancelRequest, ClientRequestId, Endpoint, GetOfferStatus, GetOperation, IfMatch,
    InvalidInput, ListOperations, NotificationEmails, OfferId, OperationId, PublisherId,
};
use http::{Method, Request};
use serde_json::json;

use crate::expected::check_line;
use crate::origin::Origin;

/// What a caller has passed, in the caller's words.
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
    let given = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let asked = Asked {
        origin: valid(given("endpoint"), Endpoint::new, is_origin).unwrap_or("https://a.example"),
        version: valid(given("version"), ApiVersion::new, is_version).unwrap_or("2017-10-31"),
        publisher: valid(given("publisher"), PublisherId::new, is_id).unwrap_or("contoso"),
        offer: valid(given("offer"), OfferId::new, is_id).unwrap_or("contoso-offer"),
        operation: valid(given("operation"), OperationId::new, is_id).unwrap_or("56615b67"),
        token: valid(given("token"), BearerToken::new, is_token).unwrap_or("eyJ0eXAi"),
        call: valid(given("call"), ClientRequestId::new, is_id),
        if_match: valid(given("if-match"), str::parse::<IfMatch>, is_etag),
        emails: valid(given("emails"), NotificationEmails::parse, are_emails),
    };
    asked.check_all();
}

/// A value that is given and valid. What the core takes for valid must be so by the rules, read a second time.
fn valid<'a, T>(
    given: Option<&'a str>,
    read: impl Fn(&'a str) -> Result<T, InvalidInput>,
    is_valid: impl Fn(&str) -> bool,
) -> Option<&'a str> {
    let given = given?;
    match read(given) {
        Ok(_) => assert!(is_valid(given), "{given:?} is let through"),
        Err(error) => {
            check_line("a refusal", &error.to_string(), 1024);
            return None;
        }
    }
    Some(given)
}

fn is_id(text: &str) -> bool {
    let characters = text.chars().all(|c| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.'));
    characters && (1..=128).contains(&text.len()) && text != "." && text != ".."
}

/// A scheme, `//`, and a host and port that hold nothing else.
pub(crate) fn is_origin(text: &str) -> bool {
    let Some((scheme, place)) = text.split_once("://") else {
        return false;
    };
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    web && !place.strip_suffix('/').unwrap_or(place).contains(['/', '?', '#', '@', '\\'])
}

fn is_version(text: &str) -> bool {
    is_id(text) && text.len() <= 32 && !text.contains('_')
        // In a query a dot means nothing.
        || matches!(text, "." | "..")
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, '!'..='~')) && !text.contains(['"', '\\', '%'])
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
        let (publisher, offer) = (PublisherId::new(self.publisher).unwrap(), OfferId::new(self.offer).unwrap());

        let mut cancel = CancelRequest::new(publisher.clone(), offer.clone());
        let mut list = ListOperations::new(publisher.clone(), offer.clone());
        let mut status = GetOfferStatus::new(publisher.clone(), offer.clone());
        let mut poll = GetOperation::new(publisher, offer, OperationId::new(self.operation).unwrap());
        if let Some(call) = self.call.map(|id| ClientRequestId::new(id).unwrap()) {
            cancel = cancel.client_request_id(call.clone());
            list = list.client_request_id(call.clone());
            status = status.client_request_id(call.clone());
            poll = poll.client_request_id(call);
        }
        if let Some(emails) = self.emails {
            cancel = cancel.notify(NotificationEmails::parse(emails).unwrap());
        }
        if let Some(version) = self.if_match {
            cancel = cancel.if_match(version.parse().unwrap());
        }
        self.check(&list.to_http(&endpoint, &token), "GET", &["submissions", ""]);
        self.check(&status.to_http(&endpoint, &token), "GET", &["status"]);
        self.check(&poll.to_http(&endpoint, &token), "GET", &["operations", self.operation]);
        let request = cancel.to_http(&endpoint, &token);
        self.check(&request, "POST", &["cancel"]);
        self.check_body(request.body());
    }

    /// What goes over the wire, read by an independent parser.
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

        let post = request.method() == Method::POST;
        let length = request.body().len().to_string();
        let authorization = format!("Bearer {}", self.token);
        let expected = [
            ("authorization", Some(&*authorization)),
            ("content-length", post.then_some(&*length)),
            ("content-type", (post && self.emails.is_some()).then_some("application/json")),
            ("if-match", self.if_match.filter(|_| post)),
            ("x-ms-client-request-id", self.call),
        ];
        let expected: Vec<_> =
            expected.iter().filter_map(|(name, value)| Some((*name, value.as_ref()?.as_bytes()))).collect();
        let found = read.headers.iter().filter(|header| header.name != "host");
        let mut found: Vec<_> = found.map(|header| (header.name, header.value)).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(&wire[head..], &request.body()[..]);
        assert!(post || request.body().is_empty());
        assert!(request.headers()["authorization"].is_sensitive());
        assert!(self.token.len() < 8 || !format!("{request:?}").contains(&authorization), "Debug shows the token");
    }

    fn check_body(&self, body: &[u8]) {
        let Some(emails) = self.emails else {
            assert!(body.is_empty(), "no address is to be notified, and there is a body");
            return;
        };
        let addresses: Vec<_> = emails.split(',').map(|address| address.trim_matches(' ')).collect();
        let read: serde_json::Value = serde_json::from_slice(body).expect("the body is JSON");
        assert_eq!(read, json!({ "metadata": { "notification-emails": addresses.join(",") } }));
    }
}

/// The request as a transport writes it: what is in it, the host, and nothing else.
fn wire(request: &Request<Bytes>) -> Vec<u8> {
    let path = request.uri().path_and_query().expect("there is a path").as_str();
    let host = request.uri().authority().expect("there is a host");
    let mut wire = format!("{} {path} HTTP/1.1\r\nhost: {host}\r\n", request.method()).into_bytes();
    for (name, value) in request.headers() {
        wire.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    wire.extend([b"\r\n", &request.body()[..]].concat());
    wire
}
