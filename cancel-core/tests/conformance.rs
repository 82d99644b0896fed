//! What the conformance conversations say of an adapter, right or wrong. The adapters are loops in virtual time, each
//! with one mistake.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

use std::collections::HashSet;
use std::time::Duration;

use cancel_core::testing::conformance::{self, SPEED, Scenario, scenarios, token};
use cancel_core::testing::portal::{Delivery, Portal};
use cancel_core::{Body, Endpoint, Error, Exchange, Failure, Outcome, Step, TokenReason};
use http::header::{ACCEPT_ENCODING, DATE, LOCATION, RETRY_AFTER};
use http::{Method, Request, StatusCode};

/// The mistake of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    SendsAgainWhatIsLost,
    SendsAgainWhatIsLostOnceItIsConnected,
    SaysNotSent,
    GivesUpAtStatuses,
    DropsDates,
    DropsRetryAfter,
    DoesNotSleep,
    SleepsHalf,
    FollowsRedirects,
    AsksForCompression,
    /// This is none.
    AsksForIdentity,
    LosesHeadsOfCutBodies,
    TakesCutBodiesForWhole,
    GivesTheSameToken,
    SendsNoToken,
}

/// An adapter, the portal that it talks to, and the portal's time.
struct Adapter {
    mistake: Mistake,
    portal: Portal,
    time: Duration,
    answers: usize,
}

impl Adapter {
    fn with(scenario: &Scenario, mistake: Mistake) -> (Self, Result<Outcome, Error>) {
        let mut adapter = Self { mistake, portal: scenario.portal(), time: Duration::ZERO, answers: 0 };
        let result = adapter.drive(scenario);
        (adapter, result)
    }

    fn drive(&mut self, scenario: &Scenario) -> Result<Outcome, Error> {
        let mut now = Duration::ZERO;
        let mut cancellation = scenario.cancellation(Endpoint::default(), now);
        loop {
            match cancellation.step(now) {
                Step::Authenticate(why) => {
                    let why = if self.mistake == Mistake::GivesTheSameToken { TokenReason::FirstUse } else { why };
                    cancellation.provide_token(token(why).unwrap());
                }
                Step::Send(exchange) => {
                    let id = exchange.id;
                    match self.exchange(exchange) {
                        Ok(response) => cancellation.handle_response(now, id, response).unwrap(),
                        Err(failure) => cancellation.handle_failure(now, id, failure).unwrap(),
                    }
                }
                Step::Await { id, .. } => panic!("{id} is out"),
                Step::WaitUntil(when) => {
                    assert!(when > now, "a wait that is over");
                    let slept = match self.mistake {
                        Mistake::DoesNotSleep => Duration::ZERO,
                        Mistake::SleepsHalf => (when - now) / 2,
                        _ => when - now,
                    };
                    self.time += slept * SPEED;
                    now = when;
                }
                Step::Done(result) => return result.clone(),
            }
        }
    }

    fn exchange(&mut self, exchange: Exchange) -> Result<http::Response<Body>, Failure> {
        let mut request = exchange.request;
        match self.mistake {
            Mistake::AsksForCompression => drop(request.headers_mut().insert(ACCEPT_ENCODING, "gzip".parse().unwrap())),
            Mistake::AsksForIdentity => {
                drop(request.headers_mut().insert(ACCEPT_ENCODING, "identity".parse().unwrap()));
            }
            Mistake::SendsNoToken => drop(request.headers_mut().remove("authorization")),
            _ => {}
        }
        let again = request.clone();
        let mut response = self.portal.handle(self.time, request);
        let sends_again = match self.mistake {
            Mistake::SendsAgainWhatIsLost => true,
            Mistake::SendsAgainWhatIsLostOnceItIsConnected => self.answers > 0,
            _ => false,
        };
        if Delivery::of(&response) == Delivery::Dropped && sends_again {
            response = self.portal.handle(self.time, again);
        }
        self.answers += 1;
        if response.status().is_redirection() && self.mistake == Mistake::FollowsRedirects {
            let to = response.headers()[LOCATION].to_str().unwrap();
            let request = Request::builder().method(Method::GET).uri(to).body("").unwrap();
            response = self.portal.handle(self.time, request);
        }
        match self.mistake {
            Mistake::DropsDates => drop(response.headers_mut().remove(DATE)),
            Mistake::DropsRetryAfter => drop(response.headers_mut().remove(RETRY_AFTER)),
            Mistake::GivesUpAtStatuses if response.status() >= StatusCode::BAD_REQUEST => {
                return Err(Failure::maybe_sent(response.status().to_string()));
            }
            _ => {}
        }
        match Delivery::of(&response) {
            Delivery::Whole => Ok(response.map(Body::Complete)),
            Delivery::CutBody if self.mistake == Mistake::LosesHeadsOfCutBodies => Err(Failure::maybe_sent("cut")),
            Delivery::CutBody if self.mistake == Mistake::TakesCutBodiesForWhole => Ok(response.map(Body::Complete)),
            Delivery::CutBody => Ok(response.map(Body::CutOff)),
            Delivery::Dropped if self.mistake == Mistake::SaysNotSent => Err(Failure::not_sent("lost")),
            Delivery::Dropped => Err(Failure::maybe_sent("lost")),
        }
    }
}

fn converse(mistake: Mistake) -> Result<usize, String> {
    conformance::converse(|scenario| {
        let (adapter, result) = Adapter::with(scenario, mistake);
        let verdict = scenario.judge(&result, &adapter.portal, adapter.time);
        let json = match &result {
            Ok(outcome) => serde_json::to_string(outcome),
            Err(error) => serde_json::to_string(error),
        };
        let in_json = scenario.judge_json(&json?, &adapter.portal, adapter.time);
        assert_eq!(in_json.is_ok(), verdict.is_ok(), "{verdict:?} and {in_json:?}");
        verdict?;
        Ok(())
    })
}

/// What is said of one conversation: its findings, and then its calls.
fn said(mistake: Mistake, name: &str) -> String {
    let report = converse(mistake).unwrap_err();
    let of_one = report.split("\n\n").find_map(|part| part.strip_prefix(&format!("{name}\n")));
    of_one.unwrap_or_else(|| panic!("{mistake:?}: nothing is said of `{name}`:\n{report}")).to_owned()
}

#[test]
fn an_adapter_without_a_mistake_has_them_all() {
    assert_eq!(converse(Mistake::None), Ok(scenarios().len()));
    assert_eq!(converse(Mistake::AsksForIdentity), Ok(scenarios().len()));
    assert!(scenarios().len() > 80);
}

#[test]
fn names_are_unique_and_say_the_mode_first() {
    let scenarios = scenarios();
    let names: HashSet<_> = scenarios.iter().map(Scenario::name).collect();
    assert_eq!(names.len(), scenarios.len());
    for name in names {
        let (mode, about) = name.split_once(": ").unwrap();
        assert!(["accepted", "settled", "verified"].contains(&mode), "{name}");
        assert!(!about.is_empty() && !about.contains(['{', '(', '"', ':']), "{name}");
    }
}

#[test]
fn every_mistake_is_found_and_named() {
    for (mistake, name, says) in [
        (Mistake::SendsAgainWhatIsLost, "accepted: the POST is lost", "2 POSTs came instead of 1"),
        (
            Mistake::SendsAgainWhatIsLostOnceItIsConnected,
            "accepted: 401 to the POST, and the next one's answer is lost",
            "3 POSTs came instead of 2",
        ),
        (
            Mistake::SendsAgainWhatIsLostOnceItIsConnected,
            "settled: 401 to the POST, and the next one's answer is lost",
            "3 POSTs came instead of 2",
        ),
        (
            Mistake::SendsAgainWhatIsLostOnceItIsConnected,
            "verified: 401 to the POST, and the next one's answer is lost",
            "3 POSTs came instead of 2",
        ),
        (Mistake::SaysNotSent, "settled: the POST's answer is lost", "2 POSTs came instead of 1"),
        (Mistake::GivesUpAtStatuses, "settled: 409 to the POST", "whatever its status"),
        (Mistake::DropsDates, "settled: 429 with a date", "which asked for 1s: all headers"),
        (Mistake::DropsRetryAfter, "settled: a service that asks for an hour", "`Retry-After`"),
        (Mistake::DoesNotSleep, "verified: 429 with milliseconds", "came 0ns after the 429, which asked for 300ms"),
        (Mistake::SleepsHalf, "verified: 429 with milliseconds", "came 150ms after the 429"),
        (Mistake::FollowsRedirects, "settled: 307 to the POST", "it goes where a redirect points"),
        (Mistake::AsksForCompression, "accepted: a cancel that works at once", "(Accept-Encoding)"),
        (Mistake::LosesHeadsOfCutBodies, "settled: a location as the body, which is cut off", "`Body::CutOff`"),
        (Mistake::TakesCutBodiesForWhole, "settled: every answer to a poll is cut off", "`Body::CutOff`"),
        (Mistake::GivesTheSameToken, "settled: a token that has expired", "`TokenReason::Rejected`"),
        (Mistake::SendsNoToken, "accepted: a cancel that works at once", "(Authorization)"),
    ] {
        let said = said(mistake, name);
        assert!(said.contains(says), "{mistake:?}: {said}");
        assert!(said.len() < 3000, "{mistake:?}: {said}");
    }
}

#[test]
fn a_post_too_many_comes_first_and_the_calls_last() {
    let said = said(Mistake::SendsAgainWhatIsLost, "settled: the POST's answer is lost");
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("2 POSTs came instead of 1: something sends a request again"), "{said}");
    assert!(lines[1].starts_with("it ended with `canceled, acknowledged, posted yes` instead of `ambiguous"), "{said}");
    let post = "  POST /api/publishers/contoso/offers/contoso-offer/cancel →";
    assert_eq!(lines[2..], ["2 calls:".to_owned(), format!("{post} lost"), format!("{post} 200")]);
}

#[test]
fn only_so_many_calls_are_shown() {
    let said = said(Mistake::AsksForCompression, "settled: a cancel without an end");
    assert!(said.lines().count() <= 24, "{said}");
}
