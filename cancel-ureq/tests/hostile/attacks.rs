//! The attacks, by the names that they have in the manual.

use std::thread::sleep;
use std::time::Duration;

use crate::hostile::{At, Victim};

pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) play: fn(&mut Victim),
}

const fn attack(name: &'static str, play: fn(&mut Victim)) -> Attack {
    Attack { name, play }
}

/// What gzip makes of ten million zeroes begins like this.
const BOMB: &[u8] =
    &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xec, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 8, 0x0a];

pub(crate) const ATTACKS: &[Attack] = &[
    attack("a byte at a time, slowly", |victim| {
        victim.read_request();
        for byte in victim.at.honest().bytes() {
            if !victim.say([byte]) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
    }),
    attack("a status line that never ends", |victim| {
        victim.read_request();
        victim.say("HTTP/1.1 200 ");
        victim.flood(&[b'x'; 65536]);
    }),
    attack("ten thousand headers", |victim| {
        victim.read_request();
        let headers: String = (0..10_000).map(|number| format!("x-{number}: y\r\n")).collect();
        victim.answer(&headers, victim.at.body());
    }),
    attack("a header of 1 MiB", |victim| {
        victim.read_request();
        victim.answer(&format!("x: {}\r\n", "y".repeat(1 << 20)), victim.at.body());
    }),
    attack("headers that never end", |victim| {
        victim.read_request();
        victim.say("HTTP/1.1 200 OK\r\n");
        victim.flood("x: y\r\n".repeat(10_000).as_bytes());
    }),
    attack("a body without an end, by its length", |victim| {
        victim.read_request();
        victim.answer("Content-Length: 1099511627776\r\n", "");
        victim.flood(&[b' '; 65536]);
    }),
    attack("a body without an end, without a length", |victim| {
        victim.read_request();
        victim.answer("", "");
        victim.flood(&[b' '; 65536]);
    }),
    attack("a length that is too large", |victim| {
        victim.read_request();
        victim.answer("Content-Length: 1000\r\n", victim.at.body());
    }),
    attack("a length that is too small", |victim| {
        victim.read_request();
        victim.answer("Content-Length: 3\r\n", "  {\"status\":\"canceled\"}");
    }),
    attack("two lengths that differ", |victim| {
        victim.read_request();
        victim.answer("Content-Length: 2\r\nContent-Length: 21\r\n", "{\"status\":\"canceled\"}");
    }),
    attack("a negative length", |victim| {
        victim.read_request();
        victim.answer("Content-Length: -1\r\n", victim.at.body());
    }),
    attack("a length and chunks", |victim| {
        victim.read_request();
        let body = "15\r\n{\"status\":\"canceled\"}\r\n0\r\n\r\n";
        victim.answer("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", body);
    }),
    attack("a chunk whose length is no number", |victim| {
        victim.read_request();
        victim.answer("Transfer-Encoding: chunked\r\n", "zz\r\n{\"status\":\"canceled\"}\r\n0\r\n\r\n");
    }),
    attack("a chunk of almost 2^64 bytes", |victim| {
        victim.read_request();
        victim.answer("Transfer-Encoding: chunked\r\n", "fffffffffffffff0\r\n{\"status\":\"canceled\"}");
    }),
    attack("chunks without an end", |victim| {
        victim.read_request();
        victim.answer("Transfer-Encoding: chunked\r\n", "");
        victim.flood(format!("1000\r\n{}\r\n", " ".repeat(4096)).as_bytes());
    }),
    attack("a reset before the request is read", |victim| {
        victim.wait_for_request();
        victim.reset();
    }),
    attack("a reset while the answer is read", |victim| {
        victim.read_request();
        victim.answer("Content-Length: 1000\r\n", "{\"sta");
        // Linux lets a client read what came before a reset; others need not, and nothing tells that it has read.
        sleep(Duration::from_millis(50));
        victim.reset();
    }),
    attack("a flood of 100", |victim| {
        victim.read_request();
        victim.flood("HTTP/1.1 100 Continue\r\n\r\n".repeat(100).as_bytes());
    }),
    attack("a flood of 103", |victim| {
        victim.read_request();
        victim.flood("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(100).as_bytes());
    }),
    attack("103, and then silence", |victim| {
        victim.read_request();
        victim.say("HTTP/1.1 103 Early Hints\r\n\r\n");
        victim.hang();
    }),
    attack("a compressed bomb", |victim| {
        victim.read_request();
        victim.answer("Content-Encoding: gzip\r\n", BOMB);
    }),
    attack("an answer before the request is read", |victim| {
        victim.say(victim.at.honest());
        victim.read_request();
    }),
    attack("two answers", |victim| {
        victim.read_request();
        victim.say(victim.at.honest());
        victim.say("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    }),
    attack("an answer of HTTP/0.9", |victim| {
        victim.read_request();
        victim.say("{\"status\":\"canceled\"}");
    }),
    attack("the preface of HTTP/2", |victim| {
        victim.read_request();
        victim.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    }),
    attack("an upgrade that nobody asked for", |victim| {
        victim.read_request();
        victim.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        victim.hang();
    }),
    attack("JSON of 100,000 levels", |victim| {
        victim.read_request();
        let body = format!("{{\"status\":{}", "[".repeat(100_000));
        victim.answer(&format!("Content-Length: {}\r\n", body.len()), body);
    }),
    attack("a string of 10 MiB", |victim| {
        victim.read_request();
        let length = 10 * 1024 * 1024;
        victim.answer(&format!("Content-Length: {}\r\n", length + 22), "{\"status\":\"canceled\",\"");
        for _ in 0..length / 65536 {
            victim.say([b'x'; 65536]);
        }
    }),
    attack("a member that stands twice", |victim| {
        victim.read_request();
        victim.answer("", "{\"status\":\"running\",\"status\":\"canceled\"}");
    }),
    attack("half of a surrogate", |victim| {
        victim.read_request();
        victim.answer("", "{\"status\":\"canceled\\ud800\"}");
    }),
    attack("a number beyond 64 bits", |victim| {
        victim.read_request();
        let digits = "9".repeat(400);
        victim.answer("", format!("{{\"status\":\"canceled\",\"version\":{digits}}}"));
    }),
    attack("a status that is a number", |victim| {
        victim.read_request();
        victim.answer("", "{\"status\":1e999}");
    }),
];

/// An honest answer that is cut off after so many bytes.
pub(crate) fn cut(at: At, length: usize) -> Option<Vec<u8>> {
    let honest = at.honest().into_bytes();
    (length < honest.len()).then(|| honest[..length].to_vec())
}
