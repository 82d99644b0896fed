//! Through `cancel-ureq`, and by hand with a ureq agent of the same settings.

use std::ops::Range;
use std::time::Duration;

use cancel_core::BearerToken;
use cancel_ureq::Driver;
use http::HeaderValue;
use ureq::{Agent, Body};

use super::{Offers, Side, TOKEN, Urls};

pub struct Ours {
    offers: Offers,
    driver: Driver<BearerToken>,
}

impl Ours {
    /// Over a default agent: the adapter sets per request what it needs.
    pub fn new(endpoint: &str) -> Self {
        Self { offers: Offers::of(endpoint), driver: Driver::new(Agent::new_with_defaults(), super::token()) }
    }
}

impl Side for Ours {
    fn converse(&mut self, offers: Range<usize>) {
        for number in offers {
            let outcome = self.driver.drive(&mut self.offers.cancellation(number));
            super::must_be_canceled(&outcome.expect("an outcome"));
        }
    }
}

pub struct ByHand {
    agent: Agent,
    authorization: HeaderValue,
    urls: Urls,
}

impl ByHand {
    /// With this time limit for an exchange, or with none.
    pub fn new(endpoint: &str, time: Option<Duration>) -> Self {
        // No `Accept` headers, as in ours.
        let agent = Agent::config_builder().accept("").accept_encoding("").timeout_global(time).build();
        let authorization = HeaderValue::try_from(format!("Bearer {TOKEN}")).expect("a token");
        Self { agent: agent.into(), authorization, urls: Urls::of(endpoint) }
    }

    fn get(&self, url: String) -> Vec<u8> {
        let answer = self.agent.get(url).header("authorization", &self.authorization).call();
        answer.and_then(|mut answer| answer.body_mut().read_to_vec()).expect("an answer")
    }

    fn post(&self, url: String) -> Body {
        let answer = self.agent.post(url).header("authorization", &self.authorization).send_empty();
        answer.expect("an answer").into_body()
    }
}

impl Side for ByHand {
    fn converse(&mut self, offers: Range<usize>) {
        for number in offers {
            let list = self.get(self.urls.of_offer(number, "submissions/"));
            // Read to the end, so that the connection is kept.
            self.post(self.urls.of_offer(number, "cancel")).read_to_vec().expect("a body");
            for id in super::in_progress(&list) {
                let poll = self.get(self.urls.of_offer(number, &format!("operations/{id}")));
                assert!(super::is_canceled(&poll));
            }
        }
    }
}
