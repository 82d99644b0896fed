//! HTTP/2: what a stream that the server ends says about the POST.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cancel_core::{Endpoint, ErrorKind, Posted, Until};

use crate::adapter::Adapter;
use crate::frames::{Asked, DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, block, frame, goaway, serve};
use crate::server::{cancellation, policy};

const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// How a cancel ends whose requests all get this answer, and how many there were.
fn ended(answer: impl Fn(&mut Asked) -> bool + Clone + Send + 'static) -> (ErrorKind, Posted, usize) {
    let (addr, requests) = serve(answer);
    let endpoint = Endpoint::new(format!("http://{addr}")).unwrap();
    let error = Adapter::HyperOverHttp2.drive(&mut cancellation(endpoint, policy())).unwrap_err();
    (error.kind(), error.posted(), requests.load(Ordering::SeqCst))
}

const NOT_SENT: (ErrorKind, Posted, usize) = (ErrorKind::Transport, Posted::No, 5);
const IN_DOUBT: (ErrorKind, Posted, usize) = (ErrorKind::Ambiguous, Posted::Maybe, 1);

#[test]
fn a_stream_that_is_refused_is_not_processed() {
    let reset = |reason: u32| ended(move |asked| asked.say(&frame(RST_STREAM, 0, asked.stream, &reason.to_be_bytes())));
    assert_eq!(reset(REFUSED_STREAM), NOT_SENT);
    for reason in [INTERNAL_ERROR, CANCEL, NO_ERROR] {
        assert_eq!(reset(reason), IN_DOUBT, "{reason}");
    }
}

/// RFC 9113 §6.8. That h2 reports it for these streams alone is not in its documentation: this test holds it to that.
#[test]
fn a_stream_above_the_last_of_a_graceful_goaway_is_not_processed() {
    for closes in [false, true] {
        assert_eq!(ended(move |asked| asked.say(&goaway(0, NO_ERROR)) && !closes), NOT_SENT, "{closes}");
    }
    let in_two_steps =
        |asked: &mut Asked| asked.say(&goaway(u32::MAX / 2, NO_ERROR)) && asked.say(&goaway(0, NO_ERROR));
    assert_eq!(ended(in_two_steps), NOT_SENT);
}

#[test]
fn a_stream_that_a_goaway_may_have_processed_is_in_doubt() {
    for last in [1, 3, u32::MAX / 2] {
        for reason in [NO_ERROR, PROTOCOL_ERROR] {
            let closed = ended(move |asked| {
                let last = if last == 1 { asked.stream } else { last };
                asked.say(&goaway(last, reason));
                false
            });
            assert_eq!(closed, IN_DOUBT, "{last}, {reason}");
        }
    }
    // A server that fails may not know what it has processed.
    for reason in [PROTOCOL_ERROR, INTERNAL_ERROR, ENHANCE_YOUR_CALM] {
        assert_eq!(ended(move |asked| asked.say(&goaway(0, reason))), IN_DOUBT, "{reason}");
    }
}

/// As a publish that runs until a POST. The list can be read as an operation too.
fn answer(asked: &mut Asked, is_canceled: &AtomicBool) -> bool {
    let is_canceled = is_canceled.fetch_or(asked.is_post, Ordering::SeqCst) || asked.is_post;
    let status = if is_canceled { "canceled" } else { "running" };
    let list = format!(r#"[{{"id":"publish","submissionState":"{status}","status":"{status}"}}]"#);
    asked.answer(200, &[], if asked.is_post { "" } else { &list });
    true
}

/// A balancer has connected this client with a server that loses each POST. Only another connection reaches another one.
/// What tells nothing of a POST shares a connection all the same: a large fleet would run out of them.
#[test]
fn a_post_after_a_lost_one_has_a_connection_of_its_own() {
    let losses: [fn(&mut Asked) -> bool; 3] = [
        |asked| asked.say(&frame(RST_STREAM, 0, asked.stream, &CANCEL.to_be_bytes())),
        |asked| asked.say(&frame(HEADERS, END_HEADERS | END_STREAM, asked.stream, &block(503, &[]))),
        |_| true,
    ];
    for (number, loses) in losses.into_iter().enumerate() {
        let (is_canceled, gets) = &*Box::leak(Box::<(AtomicBool, AtomicUsize)>::default());
        let (server, _) = serve(move |asked| {
            gets.fetch_add(usize::from(!asked.is_post && asked.stream == 1), Ordering::SeqCst);
            if asked.is_post && asked.stream > 1 {
                return loses(asked);
            }
            answer(asked, is_canceled)
        });
        let outcome = Adapter::HyperOverHttp2.drive_behind_tls(server, policy().until(Until::Verified)).unwrap();
        assert_eq!((outcome.as_str(), outcome.posted()), ("canceled", Posted::Yes), "{number}");
        // After one that hung they have another one.
        let connections = if number == 2 { 2 } else { 1 };
        assert_eq!(gets.load(Ordering::SeqCst), connections, "{number}: connections for lists and polls");
    }
}

/// What is behind a connection hangs, and the balancer before it answers pings.
#[test]
fn a_connection_that_did_not_answer_in_time_is_not_used_again() {
    for is_begun in [false, true] {
        let (is_canceled, hangs): (&AtomicBool, _) = (Box::leak(Box::default()), Cell::new(false));
        let (server, _) = serve(move |asked| {
            hangs.set(hangs.get() || asked.is_post && asked.stream > 1);
            if hangs.get() {
                return !is_begun || asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &block(200, &[])));
            }
            answer(asked, is_canceled)
        });
        let outcome = Adapter::HyperOverHttp2.drive_behind_tls(server, policy().until(Until::Verified)).unwrap();
        assert_eq!((outcome.as_str(), outcome.posted()), ("canceled", Posted::Yes), "{is_begun}");
    }
}

/// A `0` is JSON, and would acknowledge the POST.
#[test]
fn a_body_is_whole_only_when_the_server_has_ended_it() {
    let server = |ends: fn(&mut Asked) -> bool| {
        serve(move |asked| {
            asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &block(200, &[])));
            asked.say(&frame(DATA, 0, asked.stream, b"0"));
            ends(asked)
        })
        .0
    };
    let answered = |ends| {
        let ended = Adapter::HyperOverHttp2.drive_behind_tls(server(ends), policy());
        ended.map_err(|error| (error.kind(), error.posted()))
    };
    let ended = answered(|asked| asked.say(&frame(DATA, END_STREAM, asked.stream, b"")));
    assert_eq!(ended.unwrap().as_str(), "canceled");
    let cuts: [fn(&mut Asked) -> bool; 5] = [
        |asked| asked.say(&frame(RST_STREAM, 0, asked.stream, &NO_ERROR.to_be_bytes())),
        |asked| asked.say(&frame(RST_STREAM, 0, asked.stream, &CANCEL.to_be_bytes())),
        |asked| asked.say(&goaway(0, NO_ERROR)),
        |asked| !asked.say(&goaway(asked.stream, NO_ERROR)),
        |_| false,
    ];
    for (number, cut) in cuts.into_iter().enumerate() {
        assert_eq!(answered(cut).unwrap_err(), (ErrorKind::Ambiguous, Posted::Yes), "{number}");
    }
    // h2 takes a second head for trailers. The manual says so too.
    let twice = serve(|asked| {
        asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &block(200, &[])));
        asked.say(&frame(HEADERS, END_HEADERS | END_STREAM, asked.stream, &block(500, &[])))
    });
    assert_eq!(Adapter::HyperOverHttp2.drive_behind_tls(twice.0, policy()).unwrap().as_str(), "canceled");
    // hyper itself, without `cancel_hyper::Client`. The manual says so: when this fails, correct it there.
    let endpoint = Endpoint::new(format!("http://{}", server(cuts[0]))).unwrap();
    let outcome = Adapter::HyperOverHttp2.drive(&mut cancellation(endpoint, policy()));
    assert_eq!(outcome.unwrap().as_str(), "canceled");
}
