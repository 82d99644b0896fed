//! A 200 to the POST whose body `0` is framed wrongly. It acknowledges nothing: `0` alone is JSON, and so would be an
//! empty body.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cancel_core::{BearerToken, Endpoint, ErrorKind};
use rustls::{ServerConnection, StreamOwned};

use crate::adapter::{Adapter, OVER_HTTP1};
use crate::hostile::{At, Client};
use crate::outcome::{impatient, outcome};
use crate::parallel::each;
use crate::server::{TOKEN, cancellation, read_request, token};
use crate::tls::{LOCALHOST, config};

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The start of an answer and its rest. After it the connection is closed.
const WRONG: &[(&str, &str)] = &[
    (CHUNKED, ""),
    (CHUNKED, "0"),
    (CHUNKED, "1\r\n0"),
    (CHUNKED, "1\r\n0\r\n"),
    (CHUNKED, "1\r\n0\r\n0"),
    (CHUNKED, "1\r\n00\r\n0\r\n\r\n"),
    (CHUNKED, "1\r\n0 \r\n0\r\n\r\n"),
    (CHUNKED, "0x1\r\n0\r\n0\r\n\r\n"),
    (CHUNKED, "-1\r\n0\r\n0\r\n\r\n"),
    (CHUNKED, "\r\n0\r\n\r\n"),
    (CHUNKED, "g\r\n0\r\n0\r\n\r\n"),
    (CHUNKED, "10000000000000001\r\n0\r\n0\r\n\r\n"),
    (CHUNKED, "1\n0\n0\n\n"),
    (OK, "Content-Length: 2\r\n\r\n0"),
    (OK, "Content-Length: 1\r\nContent-Length: 2\r\n\r\n0"),
    (OK, "Content-Length: 1, 2\r\n\r\n0"),
    (OK, "Content-Length: +1\r\n\r\n0"),
    (OK, "Content-Length: -1\r\n\r\n0"),
    (OK, "Content-Length: 0x1\r\n\r\n0"),
    (OK, "Content-Length: 1 1\r\n\r\n0"),
    (OK, "Content-Length: \r\n\r\n0"),
    (OK, "Content-Length: 18446744073709551617\r\n\r\n0"),
    (OK, "x: \0\r\nContent-Length: 1\r\n\r\n0"),
    (OK, "x\0: y\r\nContent-Length: 1\r\n\r\n0"),
    (OK, "x: a\rb\r\nContent-Length: 1\r\n\r\n0"),
    (OK, ": y\r\nContent-Length: 1\r\n\r\n0"),
    (OK, "no colon\r\nContent-Length: 1\r\n\r\n0"),
    ("HTTP/1.1 20 OK\r\n", "Content-Length: 1\r\n\r\n0"),
    ("HTTP/1.1 2000 OK\r\n", "Content-Length: 1\r\n\r\n0"),
    ("HTTP/1.1 +200 OK\r\n", "Content-Length: 1\r\n\r\n0"),
    ("HTTP/1.2 200 OK\r\n", "Content-Length: 1\r\n\r\n0"),
    ("HTTP/2.0 200 OK\r\n", "Content-Length: 1\r\n\r\n0"),
    ("HTTP/0.9 200 OK\r\n", "Content-Length: 1\r\n\r\n0"),
    ("http/1.1 200 OK\r\n", "Content-Length: 1\r\n\r\n0"),
    ("ICY 200 OK\r\n", "Content-Length: 1\r\n\r\n0"),
    ("200 OK\r\n", "Content-Length: 1\r\n\r\n0"),
];

#[test]
fn an_answer_that_is_framed_wrongly_acknowledges_nothing() {
    let cases = OVER_HTTP1.into_iter().flat_map(|adapter| WRONG.iter().map(move |answer| (adapter, answer)));
    each(cases, |(adapter, answer)| {
        let play = |client: &mut Client| {
            client.read_request();
            client.say(answer.0);
            client.say(answer.1);
        };
        assert_eq!(outcome(play, At::Post, adapter, false), "ambiguous", "{adapter:?}, {answer:?}");
    });
}

#[test]
fn a_body_that_never_ends_acknowledges_nothing() {
    let floods: [fn(&mut Client); 4] = [
        // Empty lines before the status.
        |client| client.flood("\r\n".repeat(10_000).as_bytes()),
        // An extension of a chunk.
        |client| {
            client.say(format!("{CHUNKED}1;"));
            client.flood(&[b'x'; 65536]);
        },
        // Trailers.
        |client| {
            client.say(format!("{CHUNKED}1\r\n0\r\n0\r\n"));
            client.flood("x: y\r\n".repeat(10_000).as_bytes());
        },
        // The size of a chunk.
        |client| {
            client.say(CHUNKED);
            client.flood(&[b'0'; 65536]);
        },
    ];
    let cases = OVER_HTTP1.into_iter().flat_map(|adapter| {
        floods.into_iter().enumerate().flat_map(move |case| [false, true].map(|tls| (adapter, case, tls)))
    });
    each(cases, |(adapter, (number, flood), behind_tls)| {
        let play = move |client: &mut Client| {
            client.read_request();
            flood(client);
        };
        assert_eq!(outcome(play, At::Post, adapter, behind_tls), "ambiguous", "{adapter:?}, {number}");
    });
}

/// RFC 9112 §9.2: what comes without a request is no answer to the next one.
#[test]
fn an_answer_that_comes_before_its_post_acknowledges_nothing() {
    let both = format!("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n{OK}Content-Length: 0\r\n\r\n");
    each(OVER_HTTP1, |adapter| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint::new(format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let both = both.clone();
        thread::spawn(move || {
            let (mut first, _) = listener.accept().unwrap();
            read_request(&mut first);
            first.write_all(both.as_bytes()).unwrap();
            // The POST with a fresh token comes on another connection, which is closed.
            read_request(&mut listener.accept().unwrap().0);
        });
        let mut cancellation = cancellation(endpoint, impatient());
        let mut tokens = (0..).map(|number| BearerToken::new(format!("{TOKEN}{number}")).unwrap());
        let ended = adapter.drive_with(&mut |_| Ok(tokens.next().unwrap()), &mut |_, _| {}, None, &mut cancellation);
        let error = ended.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{adapter:?}: {error}");
    });
}

/// A body that goes up to the close is whole unless the transport tells an error (RFC 9112 §8). ureq hides that error,
/// so that a body proves nothing there if it is blank, a number or a word.
#[test]
fn a_body_that_may_go_on_acknowledges_only_where_the_close_is_known_to_be_one() {
    let cases = ["", "\r\n", "12 ", "null"].into_iter();
    let cases = cases.flat_map(|body| [(body, Adapter::Ureq, "ambiguous"), (body, Adapter::Hyper, "canceled")]);
    each(cases, |(body, adapter, expected)| {
        let play = |ends: fn(&mut Client)| {
            move |client: &mut Client| {
                client.read_request();
                client.say(format!("{OK}\r\n{body}"));
                ends(client);
            }
        };
        let cut = play(|client| {
            // What came before a reset is read only if there is time for it.
            thread::sleep(Duration::from_millis(50));
            client.reset();
        });
        assert_eq!(outcome(cut, At::Post, adapter, false), "ambiguous", "{adapter:?}, {body:?}");
        assert_eq!(outcome(play(|_| {}), At::Post, adapter, false), expected, "{adapter:?}, {body:?}");
        // TLS has an end of its own, `close_notify`.
        for (says_goodbye, expected) in [(false, "ambiguous"), (true, expected)] {
            let (origin, certificate) = raw_tls(body, says_goodbye);
            let mut cancellation = cancellation(Endpoint::new(origin).unwrap(), impatient());
            let ended = adapter.drive_with(&mut |_| Ok(token()), &mut |_, _| {}, Some(&certificate), &mut cancellation);
            let word = ended.map_or_else(|error| error.kind().as_str(), |outcome| outcome.as_str());
            assert_eq!(word, expected, "{adapter:?}, {body:?}, {says_goodbye}");
        }
    });
}

/// A server over TLS that answers with this body up to the close: its origin and its certificate.
fn raw_tls(body: &'static str, says_goodbye: bool) -> (String, Vec<u8>) {
    let (config, certificate) = config(LOCALHOST);
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), socket.unwrap());
            // The request is short: its head comes in one record.
            if matches!(tls.read(&mut [0; 16 * 1024]), Ok(1..)) {
                tls.write_all(format!("{OK}\r\n{body}").as_bytes()).unwrap();
                if says_goodbye {
                    tls.conn.send_close_notify();
                }
                tls.flush().unwrap();
                tls.sock.shutdown(Shutdown::Write).unwrap();
                let _ = tls.sock.read(&mut [0; 4096]);
            }
        }
    });
    (origin, certificate)
}

/// RFC 9110 §15.3.5: it has no body that could be cut.
#[test]
fn a_204_is_whole() {
    each(OVER_HTTP1, |adapter| {
        let play = |client: &mut Client| {
            client.read_request();
            client.say("HTTP/1.1 204 No Content\r\n\r\n");
        };
        assert_eq!(outcome(play, At::Poll, adapter, false), "unexpected_status", "{adapter:?}");
    });
}
