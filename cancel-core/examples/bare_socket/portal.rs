//! The other end of the socket: a thread with a simulated portal, in which an offer is being published.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use http::Request;

/// The token that the portal accepts.
pub(super) const TOKEN: &str = "a-token-of-the-simulated-portal";
/// The portal's time runs this much faster than real time. A cancel takes a minute of it.
const SPEED: u32 = 1000;

/// Serves the portal on a port of this machine until the process ends, and returns its origin.
pub(super) fn serve() -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let origin = format!("http://{}", listener.local_addr()?);
    let publish = PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8");
    let cancel = CancelBehavior::After(Duration::from_secs(60));
    let mut portal = Portal::new();
    portal.origin(&origin).accept_token(TOKEN, None);
    portal.add_offer(Offer::new("contoso", "contoso-offer").cancel(cancel).operation(publish));
    let start = Instant::now();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            // A connection that breaks must not stop the server.
            let _ = answer(&mut portal, start.elapsed() * SPEED, &socket);
        }
    });
    Ok(origin)
}

/// Answers one request per connection. It reads no body: a cancel has one only with addresses to notify.
fn answer(portal: &mut Portal, now: Duration, mut socket: &TcpStream) -> Result<(), Box<dyn Error>> {
    let mut lines = BufReader::new(socket).lines();
    let first = lines.next().ok_or("no request")??;
    let mut words = first.split(' ').map(str::to_owned);
    let method = words.next().unwrap_or_default();
    let mut request = Request::builder().method(&*method).uri(words.next().unwrap_or_default());
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        request = request.header(name, value);
    }
    let response = portal.handle(now, request.body("")?);
    let mut head = format!("HTTP/1.1 {}\r\n", response.status());
    for (name, value) in response.headers() {
        write!(head, "{name}: {}\r\n", value.to_str()?)?;
    }
    socket.write_all(&[head.as_bytes(), b"\r\n", response.body()].concat())?;
    Ok(())
}
