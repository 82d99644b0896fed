//! The attacks, by their names in the manual.

use std::thread::sleep;
use std::time::Duration;

use crate::hostile::Client;

pub(crate) struct Attack {
    pub(crate) name: &'static str,
    reads_request: bool,
    attack: fn(&mut Client),
}

impl Attack {
    pub(crate) fn play(&self) -> impl Fn(&mut Client) + Clone + Send + use<> {
        let (reads_request, attack) = (self.reads_request, self.attack);
        move |client| {
            if reads_request {
                client.read_request();
            }
            attack(client);
        }
    }
}

/// Once the request is read.
const fn attack(name: &'static str, attack: fn(&mut Client)) -> Attack {
    Attack { name, reads_request: true, attack }
}

/// As soon as there is a connection.
const fn at_once(name: &'static str, attack: fn(&mut Client)) -> Attack {
    Attack { name, reads_request: false, attack }
}

/// What gzip makes of ten million zeroes begins like this.
const BOMB: &[u8] =
    &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xec, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 8, 0x0a];

pub(crate) const ATTACKS: &[Attack] = &[
    attack("a byte at a time, slowly", |client| {
        for byte in client.at.honest().bytes() {
            if !client.say([byte]) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
    }),
    attack("a status line that never ends", |client| {
        client.say("HTTP/1.1 200 ");
        client.flood(&[b'x'; 65536]);
    }),
    attack("ten thousand headers", |client| {
        let headers: String = (0..10_000).map(|number| format!("x-{number}: y\r\n")).collect();
        client.answer(&headers, client.at.body());
    }),
    attack("a header of 1 MiB", |client| {
        client.answer(&format!("x: {}\r\n", "y".repeat(1 << 20)), client.at.body());
    }),
    attack("headers that never end", |client| {
        client.say("HTTP/1.1 200 OK\r\n");
        client.flood("x: y\r\n".repeat(10_000).as_bytes());
    }),
    attack("a body without an end, by its length", |client| {
        client.answer("Content-Length: 1099511627776\r\n", "");
        client.flood(&[b' '; 65536]);
    }),
    attack("a body without an end, without a length", |client| {
        client.answer("", "");
        client.flood(&[b' '; 65536]);
    }),
    attack("a length that is too large", |client| {
        client.answer("Content-Length: 1000\r\n", client.at.body());
    }),
    attack("a length that is too small", |client| {
        client.answer("Content-Length: 3\r\n", "  {\"status\":\"canceled\"}");
    }),
    attack("two lengths that differ", |client| {
        client.answer("Content-Length: 2\r\nContent-Length: 21\r\n", "{\"status\":\"canceled\"}");
    }),
    attack("a negative length", |client| {
        client.answer("Content-Length: -1\r\n", client.at.body());
    }),
    attack("a length and chunks", |client| {
        let body = "15\r\n{\"status\":\"canceled\"}\r\n0\r\n\r\n";
        client.answer("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", body);
    }),
    attack("a chunk whose length is no number", |client| {
        client.answer("Transfer-Encoding: chunked\r\n", "zz\r\n{\"status\":\"canceled\"}\r\n0\r\n\r\n");
    }),
    attack("a chunk of almost 2^64 bytes", |client| {
        client.answer("Transfer-Encoding: chunked\r\n", "fffffffffffffff0\r\n{\"status\":\"canceled\"}");
    }),
    attack("chunks without an end", |client| {
        client.answer("Transfer-Encoding: chunked\r\n", "");
        client.flood(format!("1000\r\n{}\r\n", " ".repeat(4096)).as_bytes());
    }),
    attack("chunks that are compressed", |client| {
        let body = format!("{:x}\r\n{}\r\n0\r\n\r\n", client.at.body().len(), client.at.body());
        client.answer("Transfer-Encoding: gzip, chunked\r\n", body);
    }),
    at_once("a reset before the request is read", |client| {
        client.wait_for_request();
        client.reset();
    }),
    attack("a reset while the answer is read", |client| {
        client.answer("Content-Length: 1000\r\n", "{\"sta");
        // Linux lets a client read what came before a reset; others need not, and nothing tells that it has read.
        sleep(Duration::from_millis(50));
        client.reset();
    }),
    attack("a flood of 100", |client| {
        client.flood("HTTP/1.1 100 Continue\r\n\r\n".repeat(100).as_bytes());
    }),
    attack("a flood of 103", |client| {
        client.flood("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(100).as_bytes());
    }),
    attack("103, and then silence", |client| {
        client.say("HTTP/1.1 103 Early Hints\r\n\r\n");
        client.hang();
    }),
    attack("a compressed bomb", |client| {
        client.answer("Content-Encoding: gzip\r\n", BOMB);
    }),
    at_once("an answer before the request is read", |client| {
        client.say(client.at.honest());
        client.read_request();
    }),
    attack("two answers", |client| {
        client.say(client.at.honest());
        client.say("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    }),
    attack("an answer of HTTP/0.9", |client| {
        client.say("{\"status\":\"canceled\"}");
    }),
    attack("the preface of HTTP/2", |client| {
        client.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    }),
    attack("an upgrade that nobody asked for", |client| {
        client.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        client.hang();
    }),
    attack("JSON of 100,000 levels", |client| {
        let body = format!("{{\"status\":{}", "[".repeat(100_000));
        client.answer(&format!("Content-Length: {}\r\n", body.len()), body);
    }),
    attack("a string of 10 MiB", |client| {
        let length = 10 * 1024 * 1024;
        client.answer(&format!("Content-Length: {}\r\n", length + 22), "{\"status\":\"canceled\",\"");
        for _ in 0..length / 65536 {
            client.say([b'x'; 65536]);
        }
    }),
    attack("a member that stands twice", |client| {
        client.answer("", "{\"status\":\"running\",\"status\":\"canceled\"}");
    }),
    attack("half of a surrogate", |client| {
        client.answer("", "{\"status\":\"canceled\\ud800\"}");
    }),
    attack("a number beyond 64 bits", |client| {
        let digits = "9".repeat(400);
        client.answer("", format!("{{\"status\":\"canceled\",\"version\":{digits}}}"));
    }),
    attack("a status that is a number", |client| {
        client.answer("", "{\"status\":1e999}");
    }),
];
