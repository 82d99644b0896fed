//! `Until::Verified` against the simulated portal, in virtual time: whatever goes wrong in between, it ends with what
//! became of the operations.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

use std::time::Duration;

use cancel_core::testing::Pair;
use cancel_core::testing::ledger::check_outcome;
use cancel_core::testing::portal::{Call, CancelBehavior, Fault, Generation, Offer, Portal, PublishOperation};
use cancel_core::{
    BearerToken, CancelRequest, Cancellation, Endpoint, ErrorKind, OfferId, Outcome, Policy, Posted, PublisherId,
};

const TOKEN: &str = "a-canary-token";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// An offer that publishes, and a cancel that takes a minute and a half.
fn offer() -> Offer {
    Offer::new("contoso", "contoso-offer")
        .cancel(CancelBehavior::After(secs(90)))
        .operation(PublishOperation::new("publish-a"))
}

fn pair(offer: Offer, faults: &[(Call, Fault)], policy: Policy) -> Pair {
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None).add_offer(offer);
    for (call, fault) in faults {
        portal.script(*call, fault.clone());
    }
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap());
    let machine = Cancellation::new(Endpoint::default(), request, policy, Duration::ZERO);
    Pair::new(machine, portal, |_| BearerToken::new(TOKEN).unwrap())
}

/// It ends with an outcome, which is true.
fn outcome(pair: &mut Pair) -> Outcome {
    let outcome = pair.run().unwrap();
    let truth = pair.portal.truth("contoso", "contoso-offer", pair.now);
    check_outcome(&outcome, &truth).unwrap();
    outcome
}

fn times(count: usize, call: Call, fault: impl Into<Fault>) -> Vec<(Call, Fault)> {
    vec![(call, fault.into()); count]
}

#[test]
fn a_gateway_that_answers_504_to_each_post_hides_no_cancel() {
    let faults = times(5, Call::Cancel, Fault::status(504).after_processing());
    let mut pair = pair(offer(), &faults, Policy::default());
    assert_eq!(outcome(&mut pair).as_str(), "canceled");
    assert_eq!((pair.portal.posts(), pair.machine.posted()), (1, Posted::Yes));
    assert!((90..110).contains(&pair.now.as_secs()), "{:?}", pair.now);
}

#[test]
fn a_post_that_never_arrives_is_repeated_when_its_cancel_would_have_taken_effect() {
    let mut pair = pair(offer(), &times(1, Call::Cancel, Fault::LoseRequest), Policy::default());
    assert_eq!(outcome(&mut pair).as_str(), "canceled");
    assert_eq!(pair.portal.posts(), 2);
    assert!((270..310).contains(&pair.now.as_secs()), "{:?}", pair.now);
}

#[test]
fn posts_that_never_arrive_end_with_the_deadline_and_the_last_status() {
    let faults = times(9, Call::Cancel, Fault::LoseRequest);
    let mut pair = pair(offer(), &faults, Policy::default().deadline(secs(3600)));
    let error = pair.run().unwrap_err();
    assert_eq!((error.kind(), error.posted()), (ErrorKind::Deadline, Posted::Maybe));
    assert!(error.detail().contains("publish-a (running)"), "{error}");
    assert_eq!(pair.portal.posts(), 5, "the policy's attempts");
}

#[test]
fn minutes_of_503_do_not_end_it() {
    for (count, call) in [(20, Call::Operation), (1, Call::Cancel)] {
        let faults = times(count, call, Fault::status(503));
        let mut pair = pair(offer(), &faults, Policy::default());
        assert_eq!(outcome(&mut pair).as_str(), "canceled", "{call:?}");
    }
}

#[test]
fn a_poll_that_is_refused_is_answered_by_the_list() {
    for status in [302, 400, 403, 404, 405, 410] {
        let faults = times(200, Call::Operation, Fault::status(status));
        let mut pair = pair(offer(), &faults, Policy::default());
        assert_eq!(outcome(&mut pair).as_str(), "canceled", "{status}");
    }
}

#[test]
fn a_refused_post_may_mean_that_the_publish_has_just_ended() {
    for status in [400, 404, 409, 410, 412, 422] {
        let publish = PublishOperation::new("publish-a").runs_for(secs(1));
        let offer = Offer::new("contoso", "contoso-offer").operation(publish);
        let mut ended = pair(offer, &times(1, Call::Cancel, Fault::status(status)), Policy::default());
        let (list, post) = (ended.next_exchange().unwrap(), |pair: &mut Pair| pair.next_exchange().unwrap());
        ended.answer(list);
        let post = post(&mut ended);
        ended.now = secs(1);
        ended.answer(post);
        assert_eq!(outcome(&mut ended).as_str(), "ended", "{status}");

        let mut running = pair(self::offer(), &times(1, Call::Cancel, Fault::status(status)), Policy::default());
        let error = running.run().unwrap_err();
        assert!(error.detail().contains("publish-a (running)"), "{status}: {error}");
        assert_eq!((running.portal.posts(), error.posted()), (1, Posted::Yes));
    }
}

#[test]
fn no_location_decides_but_that_of_the_cancel_itself() {
    for generation in [Generation::NonMigrated2020, Generation::Slot2018, Generation::NoLocation] {
        let mut pair = pair(offer().generation(generation.clone()), &[], Policy::default());
        assert_eq!(outcome(&mut pair).as_str(), "canceled", "{generation:?}");
    }
    let elsewhere = Fault::status(202).header("Location", "https://evil.example/").after_processing();
    let mut pair = pair(offer(), &[(Call::Cancel, elsewhere)], Policy::default());
    let outcome = outcome(&mut pair);
    assert_eq!(outcome.refused_location().map(cancel_core::Error::kind), Some(ErrorKind::ForeignLocation));
    assert_eq!(outcome.as_str(), "canceled");
}

#[test]
fn a_cancel_that_has_failed_leaves_it_running() {
    let mut pair = pair(offer().cancel(CancelBehavior::Fails { after: secs(5) }), &[], Policy::default());
    assert_eq!(outcome(&mut pair).as_str(), "still_running");
    assert!(pair.now >= secs(180), "{:?}", pair.now);
}

#[test]
fn a_last_poll_precedes_the_deadline() {
    // Without it the next poll would come after the deadline.
    let policy = Policy::default().deadline(secs(100)).poll_interval(secs(60)).jitter_percent(0);
    let mut pair = pair(offer(), &[], policy);
    assert_eq!(outcome(&mut pair).as_str(), "canceled");
    assert_eq!(pair.now, secs(95));
}
