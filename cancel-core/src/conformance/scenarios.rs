//! The conversations themselves.

#![expect(clippy::expect_used, reason = "what is written here is valid, and a test runs through all of it")]

use std::time::Duration;

use super::{FOREIGN_PUBLISHER, OFFER, PUBLISHER, Scenario};
use crate::portal::{Call, CancelBehavior, Fault, Generation, LocationNames, Offer, PublishOperation, RetryAfter};
use crate::{CancelRequest, IfMatch, NotificationEmails, OfferId, OperationId, Policy, PublisherId, Until};

const ID: &str = "56615b67-2185-49fe-80d2-c4ddf77bb2e8";
const MINUTE: Duration = Duration::from_secs(60);
/// So long that no scenario sees the end of it.
const DAYS: Duration = Duration::from_secs(30 * 24 * 3600);
const ELSEWHERE: &str = "https://cloudpartner.azure.com.example/api/operations/contoso$contoso-offer$2$preview";

/// Every conversation.
#[must_use]
pub fn scenarios() -> Vec<Scenario> {
    let parts = [locations(), behaviors(), losses(), refusals(), waits(), requests()];
    parts.into_iter().flatten().collect()
}

/// One publish that does not end by itself, a cancel that takes a minute and a half, nothing that goes wrong.
fn scenario(name: impl Into<String>, until: Until, expected: &'static str) -> Scenario {
    let posts = usize::from(!expected.ends_with("posted no"));
    Scenario {
        name: name.into(),
        offer: Offer::new(PUBLISHER, OFFER)
            .location_names(LocationNames::CanceledOperation)
            .cancel(CancelBehavior::After(MINUTE + MINUTE / 2))
            .operation(PublishOperation::new(ID)),
        faults: Vec::new(),
        first_token: None,
        request: request(PUBLISHER, OFFER),
        policy: Policy::default()
            .until(until)
            .poll_interval(Duration::from_millis(2))
            .deadline(Duration::from_secs(30)),
        expected,
        posts,
    }
}

fn request(publisher: &str, offer: &str) -> CancelRequest {
    let publisher = PublisherId::new(publisher).expect("it is an id");
    CancelRequest::new(publisher, OfferId::new(offer).expect("it is an id"))
}

fn etag(etag: &str) -> IfMatch {
    IfMatch::etag(etag).expect("it is an etag")
}

impl Scenario {
    fn offer(mut self, change: impl FnOnce(Offer) -> Offer) -> Self {
        self.offer = change(self.offer);
        self
    }

    fn fault(mut self, call: Call, fault: impl Into<Fault>) -> Self {
        self.faults.push((call, fault.into()));
        self
    }

    fn policy(mut self, change: impl FnOnce(Policy) -> Policy) -> Self {
        self.policy = change(self.policy);
        self
    }

    fn request(mut self, request: CancelRequest) -> Self {
        self.request = request;
        self
    }

    fn posts(mut self, posts: usize) -> Self {
        self.posts = posts;
        self
    }
}

fn locations() -> Vec<Scenario> {
    let generations = [
        Generation::Absolute2018,
        Generation::Slot2018,
        Generation::Migrated2020,
        Generation::NonMigrated2020,
        Generation::BodyString,
        Generation::BodyMember("location".to_owned()),
        Generation::BodyMember("operationLocation".to_owned()),
        Generation::BodyMember("Operation-Location".to_owned()),
        Generation::BothHeaders,
    ];
    let followed = generations.into_iter().map(|generation| {
        scenario(format!("a location of {generation:?}"), Until::Settled, "canceled, watched, posted yes")
            .offer(|offer| offer.generation(generation))
    });
    let none = |until, expected| {
        scenario("no location", until, expected).offer(|offer| offer.generation(Generation::NoLocation))
    };
    let elsewhere = |until| {
        scenario("a location elsewhere", until, "foreign_location, posted yes")
            .fault(Call::Cancel, Fault::status(202).header("Location", ELSEWHERE))
    };
    followed
        .chain([
            none(Until::Settled, "missing_location, posted yes"),
            none(Until::Verified, "canceled, verified, posted yes"),
            elsewhere(Until::Accepted),
            elsewhere(Until::Settled),
            elsewhere(Until::Verified),
        ])
        .collect()
}

/// What a cancel does, and what is known of it afterwards.
fn behaviors() -> Vec<Scenario> {
    let does = |behavior, runs_for: Duration, until, expected| {
        let publish = PublishOperation::new(ID).runs_for(runs_for);
        scenario(format!("a cancel of {behavior:?}"), until, expected)
            .offer(|_| Offer::new(PUBLISHER, OFFER).operation(publish).cancel(behavior).ignore_filter())
    };
    let later = CancelBehavior::After(MINUTE);
    let nothing = CancelBehavior::DoesNothing { completes_after: Some(MINUTE) };
    let fails = CancelBehavior::Fails { after: MINUTE };
    vec![
        does(CancelBehavior::AtOnce, DAYS, Until::Accepted, "canceled, answered, posted yes"),
        does(CancelBehavior::AtOnce, DAYS, Until::Settled, "canceled, answered, posted yes"),
        does(CancelBehavior::AtOnce, DAYS, Until::Verified, "canceled, verified, posted yes"),
        does(later, DAYS, Until::Accepted, "accepted, posted yes"),
        does(later, DAYS, Until::Settled, "ended, watched, posted yes"),
        does(later, DAYS, Until::Verified, "canceled, verified, posted yes"),
        does(CancelBehavior::LosesRace, MINUTE * 50, Until::Settled, "ended, watched, posted yes"),
        does(CancelBehavior::LosesRace, MINUTE * 50, Until::Verified, "ended, verified, posted yes"),
        does(nothing, MINUTE * 50, Until::Settled, "ended, watched, posted yes"),
        does(nothing, MINUTE * 50, Until::Verified, "ended, verified, posted yes"),
        does(fails, DAYS, Until::Settled, "ended, watched, posted yes"),
        does(fails, DAYS, Until::Verified, "still_running, posted yes"),
        does(later, Duration::ZERO, Until::Verified, "nothing_running, posted no"),
    ]
}

/// What the network loses, and what a gateway answers in the service's place.
fn losses() -> Vec<Scenario> {
    let lost = |fault: &Fault, until, expected, posts| {
        scenario(format!("{fault:?} at the POST"), until, expected)
            .offer(|offer| offer.cancel(CancelBehavior::AtOnce))
            .fault(Call::Cancel, fault.clone())
            .posts(posts)
    };
    // What is said of it in the other modes, what in `Verified`, and how many POSTs that takes.
    let posts = [
        (Fault::LoseRequest, "ambiguous, posted maybe", "canceled, verified, posted yes", 2),
        (Fault::LoseAnswer, "ambiguous, posted maybe", "canceled, verified, posted maybe", 1),
        (Fault::status(500).into(), "ambiguous, posted yes", "canceled, verified, posted yes", 2),
        (Fault::status(503).after_processing(), "ambiguous, posted yes", "canceled, verified, posted yes", 1),
    ];
    let of_posts = posts.into_iter().flat_map(|(fault, doubt, known, posts)| {
        [
            lost(&fault, Until::Accepted, doubt, 1),
            lost(&fault, Until::Settled, doubt, 1),
            lost(&fault, Until::Verified, known, posts),
        ]
    });
    let looks = [Fault::LoseRequest, Fault::LoseAnswer, Fault::CutBody { keep: 9 }, Fault::status(502).into()];
    let of_looks = looks.into_iter().map(|fault| {
        scenario(format!("{fault:?} at two looks"), Until::Settled, "canceled, watched, posted yes")
            .fault(Call::Operation, fault.clone())
            .fault(Call::Operation, fault)
    });
    let cut = |generation, until, expected| {
        scenario(format!("a 202 of {generation:?} that is cut off"), until, expected)
            .fault(Call::Cancel, Fault::CutBody { keep: 3 })
            .offer(|offer| offer.generation(generation))
    };
    let cuts = [
        cut(Generation::BodyString, Until::Settled, "transport, posted yes"),
        cut(Generation::BodyString, Until::Verified, "canceled, verified, posted yes"),
    ];
    of_posts.chain(of_looks).chain(cuts).collect()
}

/// What the service refuses, and what a gateway sends elsewhere.
fn refusals() -> Vec<Scenario> {
    let statuses = [
        (400, "bad_request, posted yes"),
        (403, "forbidden, posted yes"),
        (404, "not_found, posted yes"),
        (409, "conflict, posted yes"),
        (410, "not_found, posted yes"),
        (412, "precondition_failed, posted yes"),
        (418, "unexpected_status, posted yes"),
        (422, "unprocessable, posted yes"),
        (204, "unexpected_status, posted yes"),
    ];
    let of_statuses = statuses.into_iter().map(|(status, expected)| {
        scenario(format!("{status} to the POST"), Until::Settled, expected).fault(Call::Cancel, Fault::status(status))
    });
    let redirects = [301, 302, 303, 307, 308].into_iter().flat_map(|status| {
        let redirect = Fault::status(status).header("Location", "/api/elsewhere");
        [
            scenario(format!("{status} to the POST"), Until::Settled, "unexpected_status, posted yes")
                .fault(Call::Cancel, redirect.clone()),
            scenario(format!("{status} to the list"), Until::Verified, "unexpected_status, posted no")
                .fault(Call::List, redirect),
        ]
    });
    let of = |publisher, offer, expected| {
        scenario(format!("{publisher}/{offer}"), Until::Settled, expected).request(request(publisher, offer))
    };
    let named = [
        of(FOREIGN_PUBLISHER, OFFER, "forbidden, posted yes"),
        of(PUBLISHER, "unknown", "not_found, posted yes"),
        of("unknown", OFFER, "not_found, posted yes"),
    ];
    let rejected = |until, expected| {
        let mut scenario = scenario("a token that has expired", until, expected);
        scenario.first_token = Some(Duration::ZERO);
        scenario
    };
    let tokens = [
        rejected(Until::Settled, "canceled, watched, posted yes").posts(2),
        rejected(Until::Verified, "canceled, verified, posted yes"),
        scenario("two tokens that are rejected", Until::Verified, "unauthorized, posted no")
            .fault(Call::List, Fault::status(401))
            .fault(Call::List, Fault::status(401)),
    ];
    of_statuses.chain(redirects).chain(named).chain(tokens).collect()
}

/// What has to be waited for, and how much is read.
fn waits() -> Vec<Scenario> {
    let throttled = |header: (&str, &str), until, expected| {
        scenario(format!("429 with {header:?}"), until, expected)
            .fault(Call::Cancel, Fault::status(429).header(header.0, header.1))
            .posts(2)
    };
    let long = format!(r#"{{"status":"canceled","id":"{}"}}"#, "x".repeat(2000));
    let too_long = scenario("an answer above the limit", Until::Settled, "body_too_large, posted yes")
        .policy(|policy| policy.body_limit(1000).attempts(2))
        .fault(Call::Operation, Fault::status(200).body(&*long))
        .fault(Call::Operation, Fault::status(200).body(&*long));
    vec![
        throttled(("Retry-After", "0"), Until::Settled, "canceled, watched, posted yes"),
        throttled(("retry-after-ms", "5"), Until::Verified, "canceled, verified, posted yes"),
        throttled(("Retry-After", "soon"), Until::Settled, "canceled, watched, posted yes"),
        too_long,
        scenario("a cancel without an end", Until::Settled, "deadline, posted yes")
            .offer(|offer| offer.cancel(CancelBehavior::DoesNothing { completes_after: None }))
            .policy(|policy| policy.deadline(Duration::from_millis(100))),
        scenario("a service that asks for an hour", Until::Settled, "deadline, posted yes")
            .offer(|offer| offer.retry_after(RetryAfter::Seconds(3600)))
            .policy(|policy| policy.deadline(Duration::from_millis(100))),
    ]
}

/// What a request can ask for besides.
fn requests() -> Vec<Scenario> {
    let base = || request(PUBLISHER, OFFER);
    let emails = NotificationEmails::parse("a@contoso.com, b@contoso.com").expect("they are addresses");
    let only = |id: &str| base().only(OperationId::new(id).expect("it is an id"));
    let guarded = |request, expected| {
        scenario("an offer that wants If-Match", Until::Settled, expected)
            .offer(|offer| offer.require_if_match("\"v1\""))
            .request(request)
    };
    vec![
        scenario("addresses", Until::Settled, "canceled, watched, posted yes").request(base().notify(emails)),
        guarded(base(), "bad_request, posted yes"),
        guarded(base().if_match(etag("\"v2\"")), "precondition_failed, posted yes"),
        guarded(base().if_match(etag("\"v1\"")), "canceled, watched, posted yes"),
        scenario("only one", Until::Verified, "canceled, verified, posted yes").request(only(ID)),
        scenario("only another", Until::Verified, "nothing_running, posted no").request(only("another")),
        scenario("a dry run", Until::Verified, "still_running, posted no").policy(|policy| policy.dry_run(true)),
    ]
}
