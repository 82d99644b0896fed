//! Conversations during which something else changes, over real HTTP with the simulated portal.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, End, Fault, LocationNames, Offer, Portal, PublishOperation};
use cancel_core::{
    BearerToken, CancelRequest, Cancellation, Endpoint, Error, ErrorKind, Event, IfMatch, NotificationEmails, OfferId,
    Outcome, Policy, Posted, Proof, PublisherId, TokenReason, Until,
};
use cancel_hyper::portal::{Served, serve_at_speed};

use crate::adapter::{Adapter, EVERY};
use crate::server::token;
use crate::tls::Tls;

const ID: &str = "56615b67-2185-49fe-80d2-c4ddf77bb2e8";

/// A portal with one offer that is being published. A minute of its time takes six milliseconds.
fn serve(script: impl FnOnce(Offer, &mut Portal) -> Offer) -> Served {
    let mut portal = Portal::new();
    portal.accept_token(crate::server::TOKEN, None);
    let publishing = Offer::new("contoso", "contoso-offer")
        .cancel(CancelBehavior::After(Duration::from_secs(90)))
        .location_names(LocationNames::CanceledOperation)
        .operation(PublishOperation::new(ID));
    let offer = script(publishing, &mut portal);
    portal.add_offer(offer);
    serve_at_speed(portal, 10_000).unwrap()
}

fn cancellation(served: &Served, until: Until) -> Cancellation {
    cancellation_of(served, request(), until)
}

fn cancellation_of(served: &Served, request: CancelRequest, until: Until) -> Cancellation {
    let policy =
        Policy::default().until(until).poll_interval(Duration::from_millis(2)).deadline(Duration::from_secs(20));
    Cancellation::new(Endpoint::new(served.endpoint()).unwrap(), request, policy, Duration::ZERO)
}

fn request() -> CancelRequest {
    CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
}

fn proof(outcome: Result<Outcome, Error>) -> Proof {
    match outcome {
        Ok(Outcome::Canceled { proof, .. }) => proof,
        other => panic!("not canceled: {other:?}"),
    }
}

fn drive(
    adapter: Adapter,
    cancellation: &mut Cancellation,
    observer: &mut dyn FnMut(&Event<'_>, &Cancellation),
) -> Result<Outcome, Error> {
    adapter.drive_with(&mut |_| Ok(token()), observer, None, cancellation)
}

#[test]
fn an_operation_that_somebody_starts_in_the_meantime_is_not_canceled() {
    for adapter in EVERY {
        let served = serve(|offer, portal| {
            portal.script(Call::Cancel, Fault::status(429));
            offer.cancel(CancelBehavior::AtOnce)
        });
        let known = drive(adapter, &mut cancellation(&served, Until::Verified), &mut |event, _| {
            if matches!(event, Event::Sending(exchange) if exchange.is_post()) {
                let (now, mut portal) = (served.now(), served.portal());
                portal.end_operation(now, "contoso", "contoso-offer", ID, End::Completed).unwrap();
                portal.start_operation(now, "contoso", "contoso-offer", PublishOperation::new("another")).unwrap();
            }
        })
        .unwrap();
        assert_eq!((known.as_str(), served.portal().posts()), ("ended", 1), "{adapter:?}");
        let truth = served.portal().truth("contoso", "contoso-offer", served.now());
        assert_eq!(truth, [(ID.to_owned(), "completed"), ("another".to_owned(), "running")]);
    }
}

#[test]
fn a_token_that_expires_between_two_polls_is_replaced() {
    for adapter in EVERY {
        let served = serve(|offer, portal| {
            portal.accept_token("fresh-token", None);
            offer
        });
        let mut asked = Vec::new();
        let mut tokens = |why| {
            asked.push(why);
            Ok(if why == TokenReason::FirstUse { token() } else { BearerToken::new("fresh-token").unwrap() })
        };
        let mut cancellation = cancellation(&served, Until::Settled);
        let known = adapter.drive_with(
            &mut tokens,
            &mut |_, cancellation| {
                if cancellation.progress().polls == 1 {
                    served.portal().revoke_token(crate::server::TOKEN);
                }
            },
            None,
            &mut cancellation,
        );
        assert_eq!(proof(known), Proof::ByLocation);
        assert_eq!(asked, [TokenReason::FirstUse, TokenReason::Rejected], "{adapter:?}");
        assert_eq!(served.portal().posts(), 1);
    }
}

#[test]
fn a_token_source_that_fails_can_be_asked_again() {
    for adapter in EVERY {
        let served = serve(|offer, _| offer.cancel(CancelBehavior::AtOnce));
        let mut cancellation = cancellation(&served, Until::Settled);
        let mut failing = |_| Err("not logged in".to_owned());
        let error = adapter.drive_with(&mut failing, &mut |_, _| {}, None, &mut cancellation).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::TokenSource, Posted::No));
        assert_eq!(served.portal().calls().len(), 0);
        assert_eq!(proof(adapter.drive(&mut cancellation)), Proof::Acknowledged, "{adapter:?}");
    }
}

#[test]
fn the_portal_reads_every_part_of_the_request() {
    for adapter in EVERY {
        let served = serve(|offer, _| offer.require_if_match("\"v1\""));
        let request = request()
            .notify(NotificationEmails::parse("a@contoso.com,b@contoso.com").unwrap())
            .if_match(IfMatch::new("\"v1\"").unwrap());
        adapter.drive(&mut cancellation_of(&served, request, Until::Settled)).unwrap();
        let portal = served.portal();
        let post = &portal.calls()[0];
        assert_eq!(post.notification_emails.as_deref(), Some("a@contoso.com,b@contoso.com"), "{adapter:?}");
        assert_eq!(post.header("content-type"), Some("application/json"));
    }
}

#[test]
fn a_connection_that_falls_silent_is_replaced() {
    let served = serve(|offer, _| offer.cancel(CancelBehavior::After(Duration::from_secs(10_000))));
    let tls = Tls::that_falls_silent(served.addr(), "h2", Duration::from_millis(300));
    served.portal().origin(&tls.endpoint());
    let policy = Policy::default().poll_interval(Duration::from_millis(50));
    let mut cancellation = Cancellation::new(Endpoint::new(tls.endpoint()).unwrap(), request(), policy, Duration::ZERO);
    let tokens = &mut |_| Ok(token());
    let known = Adapter::HyperOverHttp2.drive_with(tokens, &mut |_, _| {}, Some(&tls.certificate), &mut cancellation);
    assert_eq!(proof(known), Proof::Verified);
    assert_eq!(tls.handshakes.load(Ordering::SeqCst), 2);
}
