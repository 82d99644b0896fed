//! A server of HTTP/2 that writes its frames by hand, also such as no library would write.

#![allow(dead_code, reason = "the tests with a hostile server use the rest")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

const PREFACE: usize = 24;
/// The method POST, with which hyper begins a block of headers (RFC 7541, appendix A).
const POST: u8 = 0x83;
const LONGEST_FRAME: usize = 16 * 1024;
/// How long it waits for a client that neither reads nor writes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request that waits for its answer.
pub(crate) struct Asked {
    socket: TcpStream,
    /// It is 1 for the first request of a connection.
    pub(crate) stream: u32,
    pub(crate) is_post: bool,
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A GOAWAY frame: the last stream that was processed, and the reason.
pub(crate) fn goaway(last: u32, reason: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat())
}

/// A block of headers, with nothing compressed (RFC 7541 §6.2.2). Index 8 is the name `:status`.
pub(crate) fn block(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let mut block = vec![8];
    text(&mut block, &status.to_string());
    for (name, value) in headers {
        block.push(0);
        text(&mut block, name);
        text(&mut block, value);
    }
    block
}

/// RFC 7541 §5.1 and §5.2.
fn text(block: &mut Vec<u8>, text: &str) {
    let length = text.len();
    if length < 127 {
        block.push(u8::try_from(length).unwrap());
    } else {
        block.push(127);
        let mut rest = length - 127;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128).unwrap() | 128);
            rest /= 128;
        }
        block.push(u8::try_from(rest).unwrap());
    }
    block.extend_from_slice(text.as_bytes());
}

impl Asked {
    /// Sends it, and says whether the connection is still open.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).is_ok()
    }

    /// Sends it again and again, until the client closes the connection.
    pub(crate) fn flood(&mut self, bytes: &[u8]) {
        while self.say(bytes) {}
    }

    /// Sends nothing more, until the client closes the connection.
    pub(crate) fn hang(&mut self) {
        while matches!(self.socket.read(&mut [0; 4096]), Ok(1..)) {}
    }

    /// A whole answer: its head, in as many frames as it needs, and its body.
    pub(crate) fn answer(&mut self, status: u16, headers: &[(String, String)], body: &str) {
        let block = block(status, headers);
        let mut parts = block.chunks(LONGEST_FRAME).peekable();
        let mut kind = HEADERS;
        while let Some(part) = parts.next() {
            let end = if parts.peek().is_none() { END_HEADERS } else { 0 };
            self.say(&frame(kind, end, self.stream, part));
            kind = CONTINUATION;
        }
        self.say(&frame(DATA, END_STREAM, self.stream, body.as_bytes()));
    }
}

/// Serves until the process ends, and counts the requests. The answer to a request ends its connection, unless it says
/// to go on.
pub(crate) fn serve(answer: impl Fn(&mut Asked) -> bool + Clone + Send + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    thread::spawn(move || {
        for socket in listener.incoming() {
            let (answer, counted) = (answer.clone(), Arc::clone(&counted));
            thread::spawn(move || connection(socket.unwrap(), &answer, &counted));
        }
    });
    (addr, requests)
}

/// Until the client closes the connection, which is an error here.
fn connection(mut socket: TcpStream, answer: &impl Fn(&mut Asked) -> bool, requests: &AtomicUsize) -> io::Result<()> {
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    socket.read_exact(&mut [0; PREFACE])?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]).try_into().unwrap()];
        socket.read_exact(&mut payload)?;
        match (kind, flags & ACK) {
            (SETTINGS, 0) => socket.write_all(&frame(SETTINGS, ACK, 0, &[]))?,
            (PING, 0) => socket.write_all(&frame(PING, ACK, 0, &payload))?,
            (HEADERS, _) => {
                requests.fetch_add(1, Ordering::SeqCst);
                let stream = u32::from_be_bytes(stream);
                let mut asked = Asked { socket: socket.try_clone()?, stream, is_post: payload.first() == Some(&POST) };
                if !answer(&mut asked) {
                    // Closed with unread bytes, the connection would be reset, and what was said could be lost.
                    socket.shutdown(Shutdown::Write)?;
                    asked.hang();
                    return Ok(());
                }
            }
            _ => {}
        }
    }
}
