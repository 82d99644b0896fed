//! The list of all scenarios.

#![expect(clippy::expect_used, reason = "all values here are valid, and a test makes each of them")]

use std::fmt::Display;
use std::time::Duration;

use super::{FOREIGN_PUBLISHER, OFFER, PUBLISHER, Scenario};
use crate::testing::portal::{
    Answer, Call, CancelBehavior, Fault, Generation, LocationNames, Offer, PublishOperation, RetryAfter,
};
use crate::{CancelRequest, IfMatch, NotificationEmails, OfferId, OperationId, Policy, PublisherId, Until};

const ID: &str = "56615b67-2185-49fe-80d2-c4ddf77bb2e8";
const MINUTE: Duration = Duration::from_secs(60);
/// A deadline that is reached. It is long enough for the answer to a POST on a busy machine.
const SOON: Duration = Duration::from_secs(1);
/// How long a publish takes that ends by itself, in the portal's time. In real time it is more than a second, so that
/// an adapter on a busy machine still finds it running.
const A_WHILE: Duration = Duration::from_secs(200 * 60);
/// Longer than any scenario takes.
const DAYS: Duration = Duration::from_secs(30 * 24 * 3600);
const ELSEWHERE: &str = "https://cloudpartner.azure.com.example/api/operations/contoso$contoso-offer$2$preview";

const ALL_OF_IT: &str = "every answer must be handed in, whatever its status, with all its headers and its body";
const MAYBE: &str = "a lost answer must be handed in as `Failure::MaybeSent`";
const CUT: &str = "a body that is cut off must be handed in as `Body::CutOff`, with its head";
const TOO_LARGE: &str = "a body above `body_limit` must be handed in as `Body::TooLarge`, with its head";
const NO_REDIRECTS: &str = "a redirect must be handed in like any other answer, and must not be followed";
const FRESH: &str = "after `TokenReason::Rejected` a new token must be provided";
const WAIT: &str = "all headers of an answer must be handed in (`Retry-After` and `Date` too), and the adapter must \
                    sleep through each `WaitUntil`, by a clock in real time";

/// Every scenario.
#[must_use]
pub fn scenarios() -> Vec<Scenario> {
    let parts = [locations(), behaviors(), losses(), refusals(), waits(), requests()];
    parts.into_iter().flatten().collect()
}

/// A scenario without faults: one publish that does not end by itself, and a cancel that takes a minute and a half.
fn scenario(about: impl Display, until: Until, expected: &'static str) -> Scenario {
    let posts = usize::from(!expected.ends_with("posted no"));
    Scenario {
        name: format!("{}: {about}", until.as_str()),
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
        pause: Duration::ZERO,
        must: ALL_OF_IT,
    }
}

fn request(publisher: &str, offer: &str) -> CancelRequest {
    let publisher = PublisherId::new(publisher).expect("it is an id");
    CancelRequest::new(publisher, OfferId::new(offer).expect("it is an id"))
}

fn etag(etag: &str) -> IfMatch {
    IfMatch::new(etag).expect("it is an etag")
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

    fn must(mut self, must: &'static str) -> Self {
        self.must = must;
        self
    }
}

fn locations() -> Vec<Scenario> {
    let member = |name: &str| Generation::BodyMember(name.to_owned());
    let generations = [
        (Generation::Absolute2018, "an absolute location"),
        (Generation::Slot2018, "a location of a slot, with a GUID"),
        (Generation::Migrated2020, "a location of an operation"),
        (Generation::NonMigrated2020, "a location of a slot, with a name"),
        (Generation::BodyString, "a location as the body"),
        (member("location"), "a location in the body"),
        (member("operationLocation"), "an operationLocation in the body"),
        (member("Operation-Location"), "an Operation-Location in the body"),
        (Generation::BothHeaders, "two locations, of which one is right"),
    ];
    let followed = generations.into_iter().map(|(generation, about)| {
        scenario(about, Until::Settled, "canceled, by_location, posted yes").offer(|offer| offer.generation(generation))
    });
    let none = |until, expected| {
        scenario("no location", until, expected).offer(|offer| offer.generation(Generation::NoLocation))
    };
    let elsewhere = |until, expected| {
        scenario("a location elsewhere", until, expected)
            .fault(Call::Cancel, Fault::status(202).header("Location", ELSEWHERE).after_processing())
    };
    followed
        .chain([
            none(Until::Accepted, "accepted, posted yes"),
            none(Until::Settled, "missing_location, posted yes"),
            none(Until::Verified, "canceled, verified, posted yes"),
            elsewhere(Until::Accepted, "accepted, posted yes"),
            elsewhere(Until::Settled, "foreign_location, posted yes"),
            elsewhere(Until::Verified, "canceled, verified, posted yes"),
        ])
        .collect()
}

/// The possible effects of a cancel.
fn behaviors() -> Vec<Scenario> {
    let does = |about, behavior, runs_for: Duration, until, expected| {
        let publish = PublishOperation::new(ID).runs_for(runs_for);
        scenario(about, until, expected)
            .offer(|_| Offer::new(PUBLISHER, OFFER).operation(publish).cancel(behavior).ignore_filter())
    };
    let at_once = |until, expected| does("a cancel that works at once", CancelBehavior::AtOnce, DAYS, until, expected);
    let later =
        |until, expected| does("a cancel that works later", CancelBehavior::After(MINUTE), DAYS, until, expected);
    let slower =
        |until, expected| does("a publish that is faster", CancelBehavior::LosesRace, A_WHILE, until, expected);
    let nothing = |until, expected| {
        let behavior = CancelBehavior::DoesNothing { completes_after: Some(MINUTE) };
        does("a cancel that does nothing", behavior, A_WHILE, until, expected)
    };
    let fails =
        |until, expected| does("a cancel that fails", CancelBehavior::Fails { after: MINUTE }, DAYS, until, expected);
    vec![
        at_once(Until::Accepted, "canceled, acknowledged, posted yes"),
        at_once(Until::Settled, "canceled, acknowledged, posted yes"),
        at_once(Until::Verified, "canceled, verified, posted yes"),
        later(Until::Accepted, "accepted, posted yes"),
        later(Until::Settled, "ended, by_location, posted yes"),
        later(Until::Verified, "canceled, verified, posted yes"),
        slower(Until::Settled, "ended, by_location, posted yes"),
        slower(Until::Verified, "ended, verified, posted yes"),
        nothing(Until::Settled, "ended, by_location, posted yes"),
        nothing(Until::Verified, "ended, verified, posted yes"),
        fails(Until::Settled, "ended, by_location, posted yes"),
        fails(Until::Verified, "still_running, posted yes"),
        does(
            "a publish that is over",
            CancelBehavior::After(MINUTE),
            Duration::ZERO,
            Until::Verified,
            "nothing_running, posted no",
        ),
    ]
}

/// Requests and answers that the network loses, and answers of a gateway.
fn losses() -> Vec<Scenario> {
    let lost = |about, fault: &Fault, must, until, expected, posts| {
        scenario(about, until, expected)
            .offer(|offer| offer.cancel(CancelBehavior::AtOnce))
            .fault(Call::Cancel, fault.clone())
            .posts(posts)
            .must(must)
    };
    // The end in the other modes, the end in `Verified`, and the number of POSTs in `Verified`.
    let (in_doubt, canceled) = ("ambiguous, posted maybe", "canceled, verified, posted yes");
    let posts = [
        ("the POST is lost", Fault::LoseRequest, MAYBE, in_doubt, canceled, 2),
        ("the POST's answer is lost", Fault::LoseAnswer, MAYBE, in_doubt, "canceled, verified, posted maybe", 1),
        ("500 to the POST", Fault::status(500).into(), ALL_OF_IT, "ambiguous, posted yes", canceled, 2),
        (
            "408 to the POST, which was processed",
            Fault::status(408).after_processing(),
            ALL_OF_IT,
            "ambiguous, posted yes",
            canceled,
            1,
        ),
        (
            "a page with 200 to the POST",
            Fault::status(200).body("<html>Sign in</html>").into(),
            ALL_OF_IT,
            "ambiguous, posted yes",
            canceled,
            2,
        ),
        (
            "503 to the POST, which was processed",
            Fault::status(503).after_processing(),
            ALL_OF_IT,
            "ambiguous, posted yes",
            canceled,
            1,
        ),
    ];
    let of_posts = posts.into_iter().flat_map(|(about, fault, must, in_doubt, verified, posts)| {
        [
            lost(about, &fault, must, Until::Accepted, in_doubt, 1),
            lost(about, &fault, must, Until::Settled, in_doubt, 1),
            lost(about, &fault, must, Until::Verified, verified, posts),
        ]
    });
    let polls = [
        ("two polls are lost", Fault::LoseRequest, MAYBE),
        ("the answers to two polls are lost", Fault::LoseAnswer, MAYBE),
        ("the answers to two polls are cut off", Fault::CutBody { keep: 9 }, CUT),
        ("502 to two polls", Fault::status(502).into(), ALL_OF_IT),
    ];
    let of_polls = polls.into_iter().map(|(about, fault, must)| {
        scenario(about, Until::Settled, "canceled, by_location, posted yes")
            .fault(Call::Operation, fault.clone())
            .fault(Call::Operation, fault)
            .must(must)
    });
    let cut = |until, expected| {
        scenario("a location as the body, which is cut off", until, expected)
            .fault(Call::Cancel, Fault::CutBody { keep: 3 })
            .offer(|offer| offer.generation(Generation::BodyString))
            .must(CUT)
    };
    // The POST goes over a connection that was used before. There, some clients send it again by themselves.
    let after_401 = |until, expected| {
        scenario("401 to the POST, and the next one's answer is lost", until, expected)
            .offer(|offer| offer.cancel(CancelBehavior::AtOnce))
            .fault(Call::Cancel, Fault::status(401))
            .fault(Call::Cancel, Fault::LoseAnswer)
            .posts(2)
            .must(MAYBE)
    };
    let others = [
        scenario("every answer to a poll is cut off", Until::Settled, "transport, posted yes")
            .policy(|policy| policy.attempts(2))
            .fault(Call::Operation, Fault::CutBody { keep: 9 })
            .fault(Call::Operation, Fault::CutBody { keep: 9 })
            .must(CUT),
        cut(Until::Settled, "missing_location, posted yes"),
        cut(Until::Verified, canceled),
        after_401(Until::Accepted, "ambiguous, posted yes"),
        after_401(Until::Settled, "ambiguous, posted yes"),
        after_401(Until::Verified, canceled),
    ];
    of_posts.chain(of_polls).chain(others).collect()
}

/// Refusals, redirects, and rejected tokens.
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
                .fault(Call::Cancel, redirect.clone())
                .must(NO_REDIRECTS),
            scenario(format!("{status} to the list"), Until::Verified, "unexpected_status, posted no")
                .fault(Call::List, redirect)
                .must(NO_REDIRECTS),
        ]
    });
    let of = |about, publisher, offer, expected| {
        scenario(about, Until::Settled, expected).request(request(publisher, offer))
    };
    let named = [
        of("a publisher of others", FOREIGN_PUBLISHER, OFFER, "forbidden, posted yes"),
        of("an offer that is not there", PUBLISHER, "unknown", "not_found, posted yes"),
        of("a publisher that is not there", "unknown", OFFER, "not_found, posted yes"),
    ];
    let rejected = |until, expected| {
        let mut scenario = scenario("a token that has expired", until, expected).must(FRESH);
        scenario.first_token = Some(Duration::ZERO);
        scenario
    };
    let tokens = [
        rejected(Until::Settled, "canceled, by_location, posted yes").posts(2),
        rejected(Until::Verified, "canceled, verified, posted yes"),
        scenario("two tokens that are rejected", Until::Verified, "unauthorized, posted no")
            .fault(Call::List, Fault::status(401))
            .fault(Call::List, Fault::status(401))
            .must(FRESH),
    ];
    of_statuses.chain(redirects).chain(named).chain(tokens).collect()
}

/// Waits, and limits of time and size.
fn waits() -> Vec<Scenario> {
    let throttled = |about, answer: Answer, pause, until, expected| {
        let mut scenario = scenario(about, until, expected).fault(Call::Cancel, answer).posts(2).must(WAIT);
        scenario.pause = pause;
        scenario
    };
    let refusal = |name, value| Fault::status(429).header(name, value);
    let dated = refusal("Retry-After", "Sat, 01 Sep 2018 00:00:01 GMT").header("Date", "Sat, 01 Sep 2018 00:00:00 GMT");
    let (settled, verified) = ("canceled, by_location, posted yes", "canceled, verified, posted yes");
    let (nothing, some, second) = (Duration::ZERO, Duration::from_millis(300), Duration::from_secs(1));
    let long = format!(r#"{{"status":"canceled","id":"{}"}}"#, "x".repeat(2000));
    let too_long = scenario("an answer above the limit", Until::Settled, "body_too_large, posted yes")
        .policy(|policy| policy.body_limit(1000))
        .must(TOO_LARGE)
        .fault(Call::Operation, Fault::status(200).body(&*long));
    vec![
        throttled("429 with no seconds", refusal("Retry-After", "0"), nothing, Until::Settled, settled),
        throttled("429 with milliseconds", refusal("retry-after-ms", "300"), some, Until::Verified, verified),
        throttled("429 with words", refusal("Retry-After", "soon"), nothing, Until::Settled, settled),
        throttled("429 with a date", dated, second, Until::Settled, settled),
        too_long,
        scenario("a cancel without an end", Until::Settled, "deadline, posted yes")
            .offer(|offer| offer.cancel(CancelBehavior::DoesNothing { completes_after: None }))
            .policy(|policy| policy.deadline(SOON))
            .must(WAIT),
        scenario("a service that asks for an hour", Until::Settled, "deadline, posted yes")
            .offer(|offer| offer.retry_after(RetryAfter::Seconds(3600)))
            .policy(|policy| policy.deadline(SOON))
            .must(WAIT),
    ]
}

/// The options of a request.
fn requests() -> Vec<Scenario> {
    let base = || request(PUBLISHER, OFFER);
    let emails = NotificationEmails::parse("a@contoso.com, b@contoso.com").expect("they are addresses");
    let only_if = |id: &str| base().only_if_running(OperationId::new(id).expect("it is an id"));
    let guarded = |about, request, expected| {
        scenario(about, Until::Settled, expected).offer(|offer| offer.require_if_match("\"v1\"")).request(request)
    };
    vec![
        scenario("addresses", Until::Settled, "canceled, by_location, posted yes").request(base().notify(emails)),
        guarded("no If-Match", base(), "bad_request, posted yes"),
        guarded("If-Match of yesterday", base().if_match(etag("\"v2\"")), "precondition_failed, posted yes"),
        guarded("If-Match of today", base().if_match(etag("\"v1\"")), "canceled, by_location, posted yes"),
        scenario("only if this operation runs", Until::Verified, "canceled, verified, posted yes").request(only_if(ID)),
        scenario("only if another operation runs", Until::Verified, "others_running, posted no")
            .request(only_if("another")),
        scenario("only if this operation runs, and another does", Until::Verified, "others_running, posted no")
            .offer(|offer| offer.operation(PublishOperation::new("another")))
            .request(only_if(ID)),
        scenario("this operation and another one", Until::Verified, "canceled, verified, posted yes")
            .offer(|offer| offer.operation(PublishOperation::new("another")))
            .request(only_if(ID).even_with_others()),
        scenario("a dry run", Until::Verified, "would_cancel, posted no").policy(|policy| policy.dry_run(true)),
    ]
}
