//! How many threads and connections a run takes, as the manual says. In a process of its own, since it counts every
//! thread that starts.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "a helper that fails is a test that fails")]

#[path = "adapters/server.rs"]
mod server;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;

use cancel_core::Endpoint;
use cancel_ureq::Driver;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use crate::server::{Reply, cancellation, policy, read_request, reply, token};

const POLLS: usize = 20;

/// Looks each host up once.
#[derive(Debug, Default)]
struct Remembering {
    inner: DefaultResolver,
    known: Mutex<Option<ResolvedSocketAddrs>>,
}

impl Resolver for Remembering {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut known = self.known.lock().unwrap();
        let addresses = match known.take() {
            Some(addresses) => addresses,
            None => self.inner.resolve(uri, config, timeout)?,
        };
        *known = Some(addresses.clone());
        Ok(addresses)
    }
}

/// One thread, which keeps each connection and counts them. The last poll finds the end.
fn serve() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    thread::spawn(move || {
        let mut polls = 0;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            counted.fetch_add(1, Relaxed);
            loop {
                let answer = match read_request(&mut stream).get(..4) {
                    Some("POST") => reply(202, "Location: /api/operations/1\r\n", ""),
                    Some("GET ") => {
                        polls += 1;
                        reply(
                            200,
                            "",
                            if polls < POLLS { r#"{"status":"running"}"# } else { r#"{"status":"canceled"}"# },
                        )
                    }
                    _ => break,
                };
                let Reply::Bytes(answer) = answer else { return };
                stream.write_all(&answer).unwrap();
            }
        }
    });
    (addr, connections)
}

/// How many threads this process has started so far, this one included: the standard library numbers them.
fn started() -> u64 {
    let id = thread::spawn(|| thread::current().id()).join().unwrap();
    let id = format!("{id:?}");
    id.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn each_exchange_starts_a_thread_that_resolves_and_shares_the_connection() {
    let remembering = Agent::with_parts(Config::default(), DefaultConnector::default(), Remembering::default());
    let exchanges = u64::try_from(POLLS).unwrap() + 1;
    for (agent, expected) in [(cancel_ureq::agent(), exchanges), (remembering, 1)] {
        let (addr, connections) = serve();
        let endpoint = Endpoint::new(format!("http://{addr}")).unwrap();
        let before = started();
        let outcome = Driver::new(agent, token()).drive(&mut cancellation(endpoint, policy())).unwrap();
        let threads = started() - before - 1;
        assert_eq!((outcome.as_str(), threads, connections.load(Relaxed)), ("canceled", expected, 1));
    }
}
