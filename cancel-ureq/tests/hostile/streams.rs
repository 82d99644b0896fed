//! Attacks with the frames of HTTP/2, in the answer to the POST.

use std::time::Instant;

use cancel_core::ErrorKind;

use crate::adapter::Adapter;
use crate::frames::{
    ACK, Asked, CONTINUATION, DATA, END_HEADERS, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, block,
    frame, serve,
};
use crate::outcome::{ATTEMPT, BUSY, impatient};
use crate::parallel::each;
use crate::server::TOKEN;

type Attack = (&'static str, fn(&mut Asked));

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

const ATTACKS: &[Attack] = &[
    ("informational answers", |asked| {
        let early = frame(HEADERS, END_HEADERS, asked.stream, &block(103, &[]));
        asked.flood(&early.repeat(1000));
    }),
    ("informational answers with long heads, by references", |asked| {
        // 0x40: a new name and value, which enter the table, as index 62.
        let mut first = block(103, &[]);
        first.extend_from_slice(b"\x40\x01x\x01y");
        asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &first));
        let mut early = block(103, &[]);
        early.extend_from_slice(&[0x80 | 62; 450]);
        let early = frame(HEADERS, END_HEADERS, asked.stream, &early);
        asked.flood(&early.repeat(100));
    }),
    ("a head without an end", |asked| {
        asked.say(&frame(HEADERS, 0, asked.stream, &block(200, &[])));
        let more = frame(CONTINUATION, 0, asked.stream, &block(200, &[header("x", "y")])[4..]);
        asked.flood(&more.repeat(1000));
    }),
    ("empty parts of a head", |asked| {
        asked.say(&frame(HEADERS, 0, asked.stream, &block(200, &[])));
        let more = frame(CONTINUATION, 0, asked.stream, b"");
        asked.flood(&more.repeat(1000));
    }),
    ("pings", |asked| asked.flood(&frame(PING, 0, 0, &[0; 8]).repeat(1000))),
    ("answers to pings", |asked| asked.flood(&frame(PING, ACK, 0, &[0; 8]).repeat(1000))),
    ("settings", |asked| asked.flood(&frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]).repeat(1000))),
    ("windows", |asked| asked.flood(&frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()).repeat(1000))),
    ("frames of an unknown type", |asked| asked.flood(&frame(0xEE, 0, 0, &[0; 64]).repeat(1000))),
    ("resets of other streams", |asked| {
        asked.flood(&frame(RST_STREAM, 0, asked.stream + 2, &[0; 4]).repeat(1000));
    }),
    ("a head, and then silence", |asked| {
        asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &block(200, &[])));
        asked.hang();
    }),
    ("empty parts of a body", |asked| {
        asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &block(200, &[])));
        asked.flood(&frame(DATA, 0, asked.stream, b"").repeat(1000));
    }),
    ("a body in bytes", |asked| {
        asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &block(200, &[])));
        asked.flood(&frame(DATA, 0, asked.stream, b" ").repeat(1000));
    }),
    ("a body beyond its window", |asked| {
        asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &block(200, &[])));
        asked.flood(&frame(DATA, 0, asked.stream, &[b' '; 16 * 1024]));
    }),
    ("a goodbye that repeats the token", |asked| {
        let goodbye = [b"\0\0\0\0\0\0\0\x02", TOKEN.as_bytes()].concat();
        asked.say(&frame(GOAWAY, 0, 0, &goodbye));
    }),
    ("a reset after the head", |asked| {
        asked.say(&frame(HEADERS, END_HEADERS, asked.stream, &block(200, &[])));
        asked.say(&frame(RST_STREAM, 0, asked.stream, &[0; 4]));
        asked.hang();
    }),
    ("silence", Asked::hang),
    ("HTTP/1.1", |asked| {
        asked.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }),
    ("a pushed answer", |asked| {
        asked.say(&frame(5, END_HEADERS, asked.stream, &[0, 0, 0, 2, 0x82, 0x84, 0x87]));
        asked.say(&frame(HEADERS, END_HEADERS | 1, 2, &block(200, &[])));
        asked.hang();
    }),
    ("an answer to another stream", |asked| {
        asked.say(&frame(HEADERS, END_HEADERS | 1, asked.stream + 2, &block(200, &[])));
        asked.hang();
    }),
    ("a head without a status", |asked| {
        asked.say(&frame(HEADERS, END_HEADERS | 1, asked.stream, b"\x00\x01x\x01y"));
        asked.hang();
    }),
    ("a status of one digit", |asked| {
        asked.say(&frame(HEADERS, END_HEADERS | 1, asked.stream, b"\x08\x012"));
        asked.hang();
    }),
    ("a transfer coding", |asked| {
        asked.answer(200, &[header("transfer-encoding", "chunked")], "0");
        asked.hang();
    }),
    ("a length that is too large", |asked| {
        asked.answer(200, &[header("content-length", "5")], "0");
        asked.hang();
    }),
];

#[test]
fn no_frames_acknowledge_the_post_or_outlast_its_time() {
    each(ATTACKS, |(name, attack)| {
        let (addr, _) = serve(|asked| {
            attack(asked);
            false
        });
        let start = Instant::now();
        let error = Adapter::HyperOverHttp2.drive_behind_tls(addr, impatient()).unwrap_err();
        assert!(start.elapsed() < ATTEMPT + BUSY, "{name}: {error}");
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{name}: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{name}: {error:?}");
    });
}
