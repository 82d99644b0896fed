//! Whole conversations over real HTTP with the simulated portal.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

use std::time::Duration;

use cancel_core::portal::{
    Call, CancelBehavior, End, Fault, Generation, LocationNames, Offer, Portal, PublishOperation, RetryAfter,
};
use cancel_core::{
    ApiVersion, BearerToken, CancelRequest, Cancellation, Endpoint, Error, Event, IfMatch, NotificationEmails, OfferId,
    Outcome, Policy, Posted, Proof, PublisherId, TokenReason, Until,
};
use cancel_hyper::portal::{Served, serve_at_speed};
use cancel_ureq::{Driver, TokenSource};
use ureq::Agent;

const ID: &str = "56615b67-2185-49fe-80d2-c4ddf77bb2e8";
const TOKEN: &str = "a-token-of-the-portal";

/// A portal with one offer that is being published; a minute of it passes in a few milliseconds.
fn serve(offer: impl FnOnce(Offer) -> Offer) -> Served {
    serve_scripted(offer, |_| {})
}

fn serve_scripted(offer: impl FnOnce(Offer) -> Offer, script: impl FnOnce(&mut Portal)) -> Served {
    let mut portal = Portal::new();
    let publishing = Offer::new("contoso", "contoso-offer")
        .cancel(CancelBehavior::After(Duration::from_secs(90)))
        .operation(PublishOperation::new(ID));
    portal.accept_token(TOKEN, None).add_offer(offer(publishing)).add_foreign_publisher("fabrikam");
    script(&mut portal);
    serve_at_speed(portal, 10_000).unwrap()
}

fn policy() -> Policy {
    Policy::default().until(Until::Settled).poll_interval(Duration::from_millis(2)).deadline(Duration::from_secs(20))
}

fn request() -> CancelRequest {
    CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
}

fn endpoint(served: &Served) -> Endpoint {
    Endpoint::new(served.endpoint()).unwrap()
}

fn drive(served: &Served, request: CancelRequest, policy: Policy) -> Result<Outcome, Error> {
    drive_with(served, request, policy, BearerToken::new(TOKEN).unwrap())
}

fn drive_with(
    served: &Served,
    request: CancelRequest,
    policy: Policy,
    tokens: impl TokenSource,
) -> Result<Outcome, Error> {
    let mut cancellation = Cancellation::new(endpoint(served), request, policy, Duration::ZERO);
    Driver::new(&Agent::new_with_defaults(), tokens).drive(&mut cancellation)
}

fn proof(outcome: Result<Outcome, Error>) -> Proof {
    match outcome {
        Ok(Outcome::Canceled { proof, .. }) => proof,
        other => panic!("not canceled: {other:?}"),
    }
}

fn kind(outcome: Result<Outcome, Error>) -> &'static str {
    outcome.unwrap_err().kind()
}

#[test]
fn every_generation_of_locations_is_followed_to_its_end() {
    for generation in [
        Generation::Absolute2018,
        Generation::Slot2018,
        Generation::Migrated2020,
        Generation::NonMigrated2020,
        Generation::BodyString,
        Generation::BodyMember("location".to_owned()),
        Generation::BodyMember("operationLocation".to_owned()),
        Generation::BodyMember("Operation-Location".to_owned()),
        Generation::BothHeaders,
    ] {
        let served =
            serve(|offer| offer.generation(generation.clone()).location_names(LocationNames::CanceledOperation));
        assert_eq!(proof(drive(&served, request(), policy())), Proof::Watched, "{generation:?}");
        let truth = served.portal().truth("contoso", "contoso-offer", served.now());
        assert_eq!(truth, [(ID.to_owned(), "canceled")]);
        assert_eq!(served.portal().posts(), 1);
    }
    let served = serve(|offer| offer.generation(Generation::NoLocation));
    assert_eq!(kind(drive(&served, request(), policy())), "missing_location");
}

#[test]
fn a_cancel_that_works_at_once_is_answered() {
    let served = serve(|offer| offer.cancel(CancelBehavior::AtOnce));
    assert_eq!(proof(drive(&served, request(), policy())), Proof::Answered);
}

#[test]
fn the_cancel_operations_own_end_does_not_prove_that_the_publish_is_canceled() {
    for (behavior, word) in [
        (CancelBehavior::After(Duration::from_secs(60)), "completed"),
        (CancelBehavior::LosesRace, "completed"),
        (CancelBehavior::DoesNothing { completes_after: Some(Duration::from_secs(60)) }, "completed"),
        (CancelBehavior::Fails { after: Duration::from_secs(60) }, "failed"),
    ] {
        let publish = PublishOperation::new(ID).runs_for(Duration::from_secs(120));
        let served = serve(|_| Offer::new("contoso", "contoso-offer").operation(publish).cancel(behavior));
        match drive(&served, request(), policy()) {
            Ok(Outcome::Ended { proof, operation, .. }) => {
                assert_eq!((proof, operation.status()), (Proof::Watched, word), "{behavior:?}");
            }
            other => panic!("not ended: {other:?}"),
        }
    }
}

#[test]
fn only_the_operations_themselves_say_what_became_of_them() {
    let minute = Duration::from_secs(60);
    for (behavior, runs_for, outcome) in [
        (CancelBehavior::AtOnce, 3000, "canceled"),
        (CancelBehavior::After(minute), 3000, "canceled"),
        (CancelBehavior::LosesRace, 3000, "ended"),
        (CancelBehavior::DoesNothing { completes_after: Some(minute) }, 3000, "ended"),
        (CancelBehavior::Fails { after: minute }, 600_000, "still_running"),
    ] {
        let publish = PublishOperation::new(ID).runs_for(Duration::from_secs(runs_for));
        let served =
            serve(|_| Offer::new("contoso", "contoso-offer").operation(publish).cancel(behavior).ignore_filter());
        let known = drive(&served, request(), policy().until(Until::Verified)).unwrap();
        assert_eq!(known.as_str(), outcome, "{behavior:?}");
        let truth = served.portal().truth("contoso", "contoso-offer", served.now());
        let seen: Vec<_> = known.operations().iter().map(|seen| (seen.id().to_string(), seen.status())).collect();
        assert_eq!(seen, truth, "{behavior:?}");
        assert_eq!(served.portal().posts(), 1);
    }
}

#[test]
fn where_nothing_runs_nothing_is_posted() {
    let served =
        serve(|_| Offer::new("contoso", "contoso-offer").operation(PublishOperation::new(ID).runs_for(Duration::ZERO)));
    let known = drive(&served, request(), policy().until(Until::Verified)).unwrap();
    assert_eq!((known.as_str(), served.portal().posts()), ("nothing_running", 0));
}

#[test]
fn an_answer_that_was_lost_does_not_matter_to_who_looks() {
    for fault in
        [Fault::LoseRequest, Fault::LoseAnswer, Fault::status(503).after_processing(), Fault::status(500).into()]
    {
        let served = serve_scripted(
            |offer| offer,
            |portal| {
                portal.script(Call::Cancel, fault.clone());
            },
        );
        let known = drive(&served, request(), policy().until(Until::Verified));
        assert_eq!(proof(known), Proof::Verified, "{fault:?}");
        assert!(served.portal().posts() <= 2);
    }
}

#[test]
fn what_somebody_else_starts_in_the_meantime_is_not_canceled() {
    let served = serve_scripted(
        |offer| offer.cancel(CancelBehavior::AtOnce),
        |portal| {
            portal.script(Call::Cancel, Fault::status(429));
        },
    );
    let mut cancellation =
        Cancellation::new(endpoint(&served), request(), policy().until(Until::Verified), Duration::ZERO);
    let known = Driver::new(&Agent::new_with_defaults(), BearerToken::new(TOKEN).unwrap())
        .observed_by(|event: &Event<'_>, _: &Cancellation| {
            if matches!(event, Event::Sending(exchange) if exchange.is_post()) {
                let (now, mut portal) = (served.now(), served.portal());
                portal.end_operation(now, "contoso", "contoso-offer", ID, End::Completed).unwrap();
                portal.start_operation(now, "contoso", "contoso-offer", PublishOperation::new("another")).unwrap();
            }
        })
        .drive(&mut cancellation)
        .unwrap();
    assert_eq!((known.as_str(), served.portal().posts()), ("ended", 1));
    let truth = served.portal().truth("contoso", "contoso-offer", served.now());
    assert_eq!(truth, [(ID.to_owned(), "completed"), ("another".to_owned(), "running")]);
}

#[test]
fn a_cancel_that_does_nothing_ends_at_the_deadline() {
    let served = serve(|offer| offer.cancel(CancelBehavior::DoesNothing { completes_after: None }));
    let error = drive(&served, request(), policy().deadline(Duration::from_millis(100))).unwrap_err();
    assert_eq!((error.kind(), error.posted()), ("deadline", Posted::Yes));
}

#[test]
fn an_accepted_cancel_is_not_followed() {
    let served = serve(|offer| offer.retry_after(RetryAfter::Seconds(17)));
    match drive(&served, request(), policy().until(Until::Accepted)) {
        Ok(Outcome::Accepted { retry_after, .. }) => assert_eq!(retry_after, Some(Duration::from_secs(17))),
        other => panic!("not accepted: {other:?}"),
    }
    assert_eq!(served.portal().calls().len(), 1);
}

#[test]
fn the_portal_reads_every_part_of_the_request() {
    let served = serve(|offer| offer.require_if_match("\"v1\""));
    let request = request()
        .notify(NotificationEmails::parse("a@contoso.com,b@contoso.com").unwrap())
        .if_match(IfMatch::etag("\"v1\"").unwrap());
    drive(&served, request, policy()).unwrap();
    let portal = served.portal();
    let post = &portal.calls()[0];
    assert_eq!(post.notification_emails.as_deref(), Some("a@contoso.com,b@contoso.com"));
    assert_eq!(post.header("content-type"), Some("application/json"));
    assert_eq!(post.header("accept-encoding"), None, "nothing is decompressed");
    assert!(portal.calls().iter().all(|call| call.has_authorization));
}

#[test]
fn what_the_service_refuses_is_an_error_of_its_own() {
    let served = serve(|offer| offer.require_if_match("\"v2\""));
    let etag = |etag| request().if_match(IfMatch::etag(etag).unwrap());
    let of = |publisher: &str, offer: &str| {
        CancelRequest::new(PublisherId::new(publisher).unwrap(), OfferId::new(offer).unwrap())
    };
    for (request, expected) in [
        (request(), "bad_request"),
        (etag("\"v1\""), "precondition_failed"),
        (of("contoso", "unknown"), "not_found"),
        (of("unknown", "contoso-offer"), "not_found"),
        (of("fabrikam", "contoso-offer"), "forbidden"),
    ] {
        assert_eq!(kind(drive(&served, request, policy())), expected);
    }
    let version = endpoint(&served).with_api_version(ApiVersion::new("2016-01-01").unwrap());
    let mut cancellation = Cancellation::new(version, request(), policy(), Duration::ZERO);
    let agent = Agent::new_with_defaults();
    let error = Driver::new(&agent, BearerToken::new(TOKEN).unwrap()).drive(&mut cancellation).unwrap_err();
    assert_eq!(error.answer().and_then(|answer| answer.code()), Some("InvalidAPIVersion"));
}

#[test]
fn a_token_that_expires_between_two_looks_is_replaced() {
    let served = serve_scripted(
        |offer| offer.location_names(LocationNames::CanceledOperation),
        |portal| {
            portal.accept_token("fresh-token", None);
        },
    );
    let mut asked = Vec::new();
    let mut cancellation = Cancellation::new(endpoint(&served), request(), policy(), Duration::ZERO);
    let known = Driver::new(&Agent::new_with_defaults(), |why| {
        asked.push(why);
        BearerToken::new(if why == TokenReason::FirstUse { TOKEN } else { "fresh-token" })
    })
    .observed_by(|_: &Event<'_>, cancellation: &Cancellation| {
        if cancellation.progress().polls == 1 {
            served.portal().revoke_token(TOKEN);
        }
    })
    .drive(&mut cancellation);
    assert_eq!(proof(known), Proof::Watched);
    assert_eq!(asked, [TokenReason::FirstUse, TokenReason::Rejected]);
    assert_eq!(served.portal().posts(), 1);
}

#[test]
fn a_source_that_fails_can_be_asked_again() {
    let served = serve(|offer| offer.cancel(CancelBehavior::AtOnce));
    let mut cancellation = Cancellation::new(endpoint(&served), request(), policy(), Duration::ZERO);
    let agent = Agent::new_with_defaults();
    let error = Driver::new(&agent, |_| Err("not logged in")).drive(&mut cancellation).unwrap_err();
    assert_eq!((error.kind(), error.posted()), ("token_source", Posted::No));
    assert_eq!(served.portal().calls().len(), 0);
    let outcome = Driver::new(&agent, BearerToken::new(TOKEN).unwrap()).drive(&mut cancellation);
    assert_eq!(proof(outcome), Proof::Answered);
}

#[test]
fn a_lost_answer_to_the_post_is_ambiguous_and_to_a_look_is_not() {
    let lost = |call: Call, fault: Fault| {
        serve_scripted(
            |offer| offer.location_names(LocationNames::CanceledOperation),
            move |portal| {
                portal.script(call, fault);
            },
        )
    };
    for fault in [Fault::LoseRequest, Fault::LoseAnswer] {
        let served = lost(Call::Cancel, fault.clone());
        let error = drive(&served, request(), policy()).unwrap_err();
        assert_eq!((error.kind(), error.posted()), ("ambiguous", Posted::Maybe));
        assert_eq!(served.portal().posts(), 1);

        let served = lost(Call::Operation, fault);
        assert_eq!(proof(drive(&served, request(), policy())), Proof::Watched);
    }
    let served = lost(Call::Cancel, Fault::status(503).after_processing());
    let error = drive(&served, request(), policy()).unwrap_err();
    assert_eq!((error.kind(), error.posted(), served.portal().posts()), ("ambiguous", Posted::Yes, 1));
    let served = lost(Call::Operation, Fault::CutBody { keep: 9 });
    assert_eq!(proof(drive(&served, request(), policy())), Proof::Watched);
}

#[test]
fn a_throttled_post_is_repeated() {
    let served = serve_scripted(
        |offer| offer.cancel(CancelBehavior::AtOnce),
        |portal| {
            portal.script(Call::Cancel, Fault::status(429).header("retry-after-ms", "5"));
        },
    );
    assert_eq!(proof(drive(&served, request(), policy())), Proof::Answered);
    assert_eq!(served.portal().posts(), 2);
}
