//! What both adapters and the crates below them log at TRACE. In a process of its own, since there is one logger.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "a helper that fails is a test that fails")]

#[path = "adapters/adapter.rs"]
mod adapter;
#[path = "adapters/server.rs"]
mod server;
#[path = "adapters/tls.rs"]
mod tls;

use std::io::{self, Write};
use std::sync::Mutex;
use std::time::Duration;

use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use cancel_core::{Endpoint, Policy};
use cancel_hyper::portal::serve_at_speed;
use log::{LevelFilter, Log, Metadata, Record};

use crate::adapter::{Adapter, EVERY};
use crate::server::{TOKEN, cancellation};
use crate::tls::Tls;

/// Every line of every crate, through `log` and through `tracing`.
static LINES: Mutex<String> = Mutex::new(String::new());

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        *LINES.lock().unwrap() += &format!("{} {} {}\n", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

impl Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *LINES.lock().unwrap() += &String::from_utf8_lossy(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while an adapter cancels a publish, over a plain connection and over TLS.
fn logged_by(adapter: Adapter) -> String {
    LINES.lock().unwrap().clear();
    let mut portal = Portal::new();
    let publish = PublishOperation::new("id-1");
    portal.accept_token(TOKEN, None).add_offer(
        Offer::new("contoso", "contoso-offer")
            .cancel(CancelBehavior::After(Duration::from_secs(60)))
            .operation(publish),
    );
    for behind_tls in [false, true] {
        let served = serve_at_speed(portal.clone(), 10_000).unwrap();
        let protocol = if adapter == Adapter::HyperOverHttp2 { "h2" } else { "http/1.1" };
        let tls = behind_tls.then(|| Tls::in_front_of(served.addr(), protocol));
        let origin = tls.as_ref().map_or_else(|| served.endpoint(), Tls::endpoint);
        served.portal().origin(&origin);
        let policy = Policy::default().poll_interval(Duration::from_millis(5));
        let mut cancellation = cancellation(Endpoint::new(origin).unwrap(), policy);
        let trusted = tls.as_ref().map(|tls| &*tls.certificate);
        let tokens = &mut |_| Ok(server::token());
        adapter.drive_with(tokens, &mut |_, _| {}, trusted, &mut cancellation).unwrap();
    }
    LINES.lock().unwrap().clone()
}

/// One test, since there is one logger.
#[test]
fn no_log_holds_the_token() {
    log::set_logger(&Recorder).unwrap();
    log::set_max_level(LevelFilter::Trace);
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(|| Recorder).init();
    for adapter in EVERY {
        let lines = logged_by(adapter);
        assert!(lines.len() > 1000, "something is logged: {lines}");
        // ureq logs the wire at TRACE, as the README says. Nothing else may hold the token.
        let is_wire = |line: &&str| line.starts_with("TRACE ureq");
        let found: Vec<_> = lines.lines().filter(|line| !is_wire(line) && line.contains("canary")).collect();
        assert!(found.is_empty(), "{adapter:?}: {found:?}");
        if adapter == Adapter::Ureq {
            let wire = lines.lines().filter(|line| is_wire(line) && line.contains("canary")).count();
            assert!(wire > 0, "where ureq no longer writes the token, the README need not say how to keep it off");
            let targets =
                lines.lines().filter(|line| line.contains("canary")).filter_map(|line| line.split(' ').nth(1));
            for target in targets {
                let kept_off =
                    ["ureq", "ureq_proto"].iter().any(|crate_name| target.split("::").next() == Some(crate_name));
                assert!(kept_off, "the README does not name {target}");
            }
        }
    }
}
