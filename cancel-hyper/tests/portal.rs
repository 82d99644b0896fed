//! The served portal over real sockets, by raw HTTP/1.1.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use cancel_core::testing::portal::{Call, CancelBehavior, Fault, Generation, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve, serve_at_speed};

const ID: &str = "56615b67-2185-49fe-80d2-c4ddf77bb2e8";
const CANCEL: &str = "POST /api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31";
const LIST: &str = "GET /api/publishers/contoso/offers/contoso-offer/submissions/?api-version=2017-10-31";
const EMPTY: &str = "Content-Length: 0\r\n";
const PATIENCE: Duration = Duration::from_secs(10);

fn portal() -> Portal {
    let offer = Offer::new("contoso", "contoso-offer")
        .cancel(CancelBehavior::After(Duration::from_secs(3_600)))
        .operation(PublishOperation::new(ID));
    let mut portal = Portal::new();
    portal.accept_token("secret", None).add_offer(offer);
    portal
}

fn connect(served: &Served) -> TcpStream {
    let connection = TcpStream::connect(served.addr()).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection
}

fn send(connection: &mut TcpStream, request: &str, headers_and_body: &str) {
    let end = if headers_and_body.contains("\r\n\r\n") { "" } else { "\r\n" };
    write!(connection, "{request} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n{headers_and_body}{end}")
        .unwrap();
}

/// Everything that comes until the server closes.
fn read_all(connection: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    match connection.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    String::from_utf8(answer).unwrap()
}

/// One request on a connection of its own.
fn ask(served: &Served, request: &str, headers_and_body: &str) -> String {
    let mut connection = connect(served);
    send(&mut connection, request, &format!("Connection: close\r\n{headers_and_body}"));
    read_all(&mut connection)
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap();
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn a_cancel_and_a_poll_of_its_location() {
    let served = serve(portal()).unwrap();
    let answer = ask(&served, CANCEL, EMPTY);
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    assert_eq!(header(&answer, "content-length"), Some("0"));
    let location = header(&answer, "location").unwrap();
    let answer = ask(&served, &format!("GET {location}"), "");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(body(&answer).contains(r#""status":"running""#), "{answer}");
    assert_eq!(served.portal().posts(), 1);
    assert_eq!(served.portal().calls().len(), 2);
}

#[test]
fn absolute_locations_lead_back_to_the_served_portal() {
    let mut portal = portal();
    portal.add_offer(
        Offer::new("contoso", "contoso-offer").generation(Generation::Absolute2018).cancel(CancelBehavior::LosesRace),
    );
    let served = serve(portal).unwrap();
    let answer = ask(&served, CANCEL, EMPTY);
    let location = header(&answer, "operation-location").unwrap();
    assert!(location.starts_with(&format!("{}/api/", served.endpoint())), "{location}");
    let answer = ask(&served, &format!("GET {location}?api-version=2017-10-31"), "");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn the_notification_addresses_arrive() {
    let served = serve(portal()).unwrap();
    let json = r#"{"metadata":{"notification-emails":"a@contoso.com"}}"#;
    let length = json.len();
    let rest = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}");
    assert!(ask(&served, CANCEL, &rest).starts_with("HTTP/1.1 202 "));
    let emails = served.portal().calls().first().unwrap().notification_emails.clone();
    assert_eq!(emails.as_deref(), Some("a@contoso.com"));
}

#[test]
fn one_connection_serves_many_requests() {
    let served = serve(portal()).unwrap();
    let mut connection = connect(&served);
    for _ in 0..3 {
        send(&mut connection, CANCEL, EMPTY);
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        assert!(answer.starts_with(b"HTTP/1.1 202 "));
    }
    assert_eq!(served.portal().posts(), 3);
}

#[test]
fn a_post_without_a_length_is_refused() {
    let served = serve(portal()).unwrap();
    for rest in ["", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"] {
        let answer = ask(&served, CANCEL, rest);
        assert!(answer.starts_with("HTTP/1.1 411 "), "{answer}");
    }
    assert_eq!(served.portal().truth("contoso", "contoso-offer", served.now())[0].1, "running");
}

#[test]
fn a_body_without_an_end_is_refused() {
    let served = serve(portal()).unwrap();
    let mut connection = connect(&served);
    send(&mut connection, CANCEL, "Transfer-Encoding: chunked\r\n\r\n200000\r\n");
    // The server may close before everything is written.
    let _ = connection.write_all(&vec![b'x'; 0x20_0000]);
    let mut status = [0; 12];
    match connection.read_exact(&mut status) {
        Ok(()) => assert_eq!(&status, b"HTTP/1.1 413"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert_eq!(served.portal().calls().len(), 0);
}

#[test]
fn lost_requests_and_lost_answers_close_the_connection() {
    let served = serve(portal()).unwrap();
    for (fault, processed) in [(Fault::LoseRequest, false), (Fault::LoseAnswer, true)] {
        served.portal().forget_calls().script(Call::Cancel, fault);
        assert_eq!(ask(&served, CANCEL, EMPTY), "");
        assert_eq!(served.portal().calls().first().unwrap().processed, processed);
    }
    assert!(ask(&served, CANCEL, EMPTY).starts_with("HTTP/1.1 202 "), "it goes on");
}

#[test]
fn a_cut_body_is_shorter_than_its_length() {
    let served = serve(portal()).unwrap();
    let whole = ask(&served, LIST, "");
    let whole = body(&whole);
    for keep in [0, 1, 25] {
        served.portal().script(Call::List, Fault::CutBody { keep });
        let cut = ask(&served, LIST, "");
        assert!(cut.starts_with("HTTP/1.1 200 "), "{cut}");
        assert_eq!(header(&cut, "content-length"), Some(whole.len().to_string().as_str()));
        assert_eq!(Some(body(&cut)), whole.get(..keep));
    }
}

#[test]
fn a_scripted_answer_is_sent_as_it_is() {
    let served = serve(portal()).unwrap();
    served.portal().script(Call::Any, Fault::status(503).header("Retry-After", "2").body("busy"));
    let answer = ask(&served, LIST, "");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(header(&answer, "retry-after"), Some("2"));
    assert_eq!(header(&answer, "date"), None);
    assert_eq!(body(&answer), "busy");
}

#[test]
fn time_can_run_faster() {
    let served = serve_at_speed(portal(), 1_000_000).unwrap();
    ask(&served, CANCEL, EMPTY);
    let start = Instant::now();
    while served.portal().truth("contoso", "contoso-offer", served.now())[0].1 == "running" {
        assert!(start.elapsed() < PATIENCE, "an hour takes 3.6 ms");
        std::thread::yield_now();
    }
    let still = serve_at_speed(portal(), 0).unwrap();
    assert_eq!(still.now(), Duration::ZERO);
}

#[test]
fn a_dropped_portal_closes_its_connections_and_frees_the_port() {
    let served = serve(portal()).unwrap();
    let addr = served.addr();
    let mut idle = connect(&served);
    send(&mut idle, CANCEL, EMPTY);
    let mut byte = [0];
    idle.read_exact(&mut byte).unwrap();
    drop(served);
    read_all(&mut idle);
    assert_eq!(TcpStream::connect(addr).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    TcpListener::bind(addr).unwrap();
}

#[test]
fn a_panic_with_a_guard_of_the_portal_does_not_stop_it() {
    let served = serve(portal()).unwrap();
    let panicked = std::thread::scope(|scope| {
        let holding = scope.spawn(|| {
            let _guard = served.portal();
            std::panic::resume_unwind(Box::new(()));
        });
        holding.join().is_err()
    });
    assert!(panicked);
    assert!(ask(&served, CANCEL, EMPTY).starts_with("HTTP/1.1 202 "));
}
