//! The conversations that every adapter must have in the same way, over every kind of connection.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use cancel_core::testing::conformance::{SPEED, Scenario, converse, scenarios, token};
use cancel_core::{BearerToken, Endpoint, TokenReason};
use cancel_hyper::portal::serve_at_speed;

use crate::adapter::{Adapter, EVERY};
use crate::parallel::each;
use crate::tls::Tls;

#[test]
fn over_plain_connections() {
    every_conversation_ends_as_it_must(false);
}

#[test]
fn over_tls() {
    every_conversation_ends_as_it_must(true);
}

fn every_conversation_ends_as_it_must(behind_tls: bool) {
    let verdicts = Mutex::new(HashMap::new());
    let cases = EVERY.into_iter().flat_map(|adapter| scenarios().into_iter().map(move |scenario| (adapter, scenario)));
    each(cases, |(adapter, scenario)| {
        let verdict = judge(adapter, &scenario, behind_tls);
        verdicts.lock().unwrap().insert((adapter, scenario.name().to_owned()), verdict);
    });
    let mut verdicts = verdicts.into_inner().unwrap();
    for adapter in EVERY {
        let held = converse(|scenario| {
            let verdict = verdicts.remove(&(adapter, scenario.name().to_owned()));
            verdict.unwrap_or_else(|| Err("it did not take place".to_owned())).map_err(Into::into)
        });
        let held = held.unwrap_or_else(|why| panic!("{adapter:?}: {why}"));
        assert!(held > 80, "{adapter:?}: {held} conversations");
    }
}

fn judge(adapter: Adapter, scenario: &Scenario, behind_tls: bool) -> Result<(), String> {
    let served = serve_at_speed(scenario.portal(), SPEED).unwrap();
    let protocol = if adapter == Adapter::HyperOverHttp2 { "h2" } else { "http/1.1" };
    let tls = behind_tls.then(|| Tls::in_front_of(served.addr(), protocol));
    let origin = tls.as_ref().map_or_else(|| served.endpoint(), Tls::endpoint);
    served.portal().origin(&origin);
    let mut cancellation = scenario.cancellation(Endpoint::new(origin).unwrap(), Duration::ZERO);
    let trusted = tls.as_ref().map(|tls| &*tls.certificate);
    let result = adapter.drive_with(&mut tokens, &mut |_, _| {}, trusted, &mut cancellation);
    scenario.judge(&result, &served.portal(), served.now())
}

fn tokens(why: TokenReason) -> Result<BearerToken, String> {
    token(why).map_err(|error| error.to_string())
}
