//! How large the head of an answer may be: the same over HTTP/1.1 and HTTP/2.

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use cancel_core::{ErrorKind, Posted};

use crate::adapter::{Adapter, EVERY};
use crate::frames;
use crate::server::{Reply, Server, policy, read_request};

type Headers = Vec<(String, String)>;

const LONGEST: usize = 64 * 1024;
const MOST: usize = 128;

/// This many headers, which have this size in HTTP/2 (RFC 9113 §6.5.2).
fn headers(count: usize, size: usize) -> Headers {
    let mut headers = vec![("content-length".to_owned(), "0".to_owned())];
    headers.extend((1..count).map(|number| (format!("x-{number}"), String::new())));
    let empty: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
    headers[1].1 = "y".repeat(size.saturating_sub(empty));
    headers
}

/// Whether an answer to the POST with these headers is read.
fn is_read(adapter: Adapter, headers: &Headers) -> bool {
    let addr = if adapter == Adapter::HyperOverHttp2 {
        let headers = headers.clone();
        frames::serve(move |asked| {
            asked.answer(200, &headers, "");
            true
        })
        .0
    } else {
        Server::start(vec![Reply::Bytes(over_http1(headers).into_bytes())]).addr
    };
    match adapter.drive_behind_tls(addr, policy()) {
        Ok(outcome) => outcome.as_str() == "canceled",
        Err(error) => {
            assert_eq!((error.kind(), error.posted()), (ErrorKind::Ambiguous, Posted::Maybe), "{adapter:?}: {error}");
            false
        }
    }
}

fn over_http1(headers: &Headers) -> String {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n")
}

#[test]
fn a_head_has_at_most_128_headers() {
    for adapter in EVERY {
        assert!(is_read(adapter, &headers(MOST, 0)), "{adapter:?}");
        assert!(!is_read(adapter, &headers(MOST + 1, 0)), "{adapter:?}");
    }
}

#[test]
fn a_head_has_at_most_64_kib() {
    for adapter in [Adapter::Hyper, Adapter::HyperOverHttp2] {
        for count in [3, MOST] {
            assert!(is_read(adapter, &headers(count, LONGEST)), "{adapter:?}, {count}");
            assert!(!is_read(adapter, &headers(count, LONGEST + 1)), "{adapter:?}, {count}");
        }
    }
    // ureq counts the bytes on the wire.
    let over = over_http1(&headers(3, LONGEST)).len();
    let size = LONGEST + LONGEST - over;
    assert!(is_read(Adapter::Ureq, &headers(3, size)));
    assert!(!is_read(Adapter::Ureq, &headers(3, size + 1)));
}

#[test]
fn at_most_100_informational_answers_come_before_the_answer() {
    let after = |count| {
        let bytes = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(count) + &over_http1(&headers(2, 0));
        let server = Server::start(vec![Reply::Bytes(bytes.into_bytes())]);
        let ended = Adapter::Hyper.drive_behind_tls(server.addr, policy());
        ended.map_or_else(|error| error.kind().as_str(), |outcome| outcome.as_str())
    };
    assert_eq!((after(100), after(101)), ("canceled", "ambiguous"));
}

#[test]
fn an_answer_that_comes_later_than_an_informational_one_is_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").unwrap();
        thread::sleep(Duration::from_millis(100));
        stream.write_all(over_http1(&headers(2, 0)).as_bytes()).unwrap();
    });
    assert_eq!(Adapter::Hyper.drive_behind_tls(addr, policy()).unwrap().as_str(), "canceled");
}
