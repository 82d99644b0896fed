//! The conversations that every adapter must have in the same way, over every kind of connection.

use std::time::Duration;

use cancel_core::testing::conformance::{SPEED, converse, token};
use cancel_core::{BearerToken, Cancellation, Endpoint, Error, Outcome, TokenReason};
use cancel_hyper::portal::{Served, serve_at_speed};

use crate::adapter::{Adapter, EVERY};
use crate::tls::Tls;

#[test]
fn over_plain_connections() {
    everything_ends_as_it_must(|adapter, served, make| {
        let mut cancellation = make(&served.endpoint());
        adapter.drive_with(&mut tokens, &mut |_, _| {}, None, &mut cancellation)
    });
}

#[test]
fn over_tls() {
    everything_ends_as_it_must(|adapter, served, make| {
        let protocol = if adapter == Adapter::HyperOverHttp2 { "h2" } else { "http/1.1" };
        let tls = Tls::in_front_of(served.addr(), protocol);
        served.portal().origin(&tls.endpoint());
        let mut cancellation = make(&tls.endpoint());
        adapter.drive_with(&mut tokens, &mut |_, _| {}, Some(&tls.certificate), &mut cancellation)
    });
}

fn tokens(why: TokenReason) -> Result<BearerToken, String> {
    token(why).map_err(|error| error.to_string())
}

fn everything_ends_as_it_must(
    drive: impl Fn(Adapter, &Served, &dyn Fn(&str) -> Cancellation) -> Result<Outcome, Error>,
) {
    for adapter in EVERY {
        let held = converse(|scenario| {
            let served = serve_at_speed(scenario.portal(), SPEED)?;
            let make = |origin: &str| scenario.cancellation(Endpoint::new(origin).unwrap(), Duration::ZERO);
            let result = drive(adapter, &served, &make);
            scenario.judge(&result, &served.portal(), served.now())?;
            Ok(())
        });
        let held = held.unwrap_or_else(|why| panic!("{adapter:?}: {why}"));
        assert!(held > 80, "{adapter:?}: {held} conversations");
    }
}
