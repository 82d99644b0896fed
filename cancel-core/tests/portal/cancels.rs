//! What a cancel does to the operations in progress, and how its own operation ends.

use cancel_core::testing::portal::{CancelBehavior, End, LocationNames, PublishOperation};

use crate::support::*;

const NOTHING: CancelBehavior = CancelBehavior::DoesNothing { completes_after: None };

#[test]
fn the_publish_and_the_cancel_end_as_the_behavior_says() {
    let completes = CancelBehavior::DoesNothing { completes_after: Some(seconds(60)) };
    let fails = CancelBehavior::Fails { after: seconds(30) };
    let ends = |after| publish().runs_for(seconds(after));
    for (behavior, operation, now, publish, canceling) in [
        (CancelBehavior::After(seconds(90)), publish(), 10, "running", "running"),
        (CancelBehavior::After(seconds(90)), publish(), 99, "running", "running"),
        (CancelBehavior::After(seconds(90)), publish(), 100, "canceled", "completed"),
        (CancelBehavior::After(seconds(90)), publish(), 9_999, "canceled", "completed"),
        // A publish that ends before the cancel takes effect keeps its end.
        (CancelBehavior::After(seconds(50)), ends(60), 59, "running", "running"),
        (CancelBehavior::After(seconds(50)), ends(60), 60, "completed", "completed"),
        (CancelBehavior::LosesRace, ends(60), 59, "running", "running"),
        (CancelBehavior::LosesRace, ends(60), 60, "completed", "completed"),
        (NOTHING, publish(), 9_999, "running", "running"),
        (completes, publish(), 69, "running", "running"),
        (completes, publish(), 70, "running", "completed"),
        (completes, publish(), 9_999, "running", "completed"),
        (fails, publish(), 39, "running", "running"),
        (fails, publish(), 40, "running", "failed"),
        (fails, publish(), 9_999, "running", "failed"),
    ] {
        let mut portal = portal(contoso().cancel(behavior).operation(operation));
        let response = cancel(&mut portal, 10);
        assert_eq!(response.status(), 202, "{behavior:?}");
        assert_eq!(truth(&portal, now), [publish], "{behavior:?} at {now}");
        assert_eq!(poll(&mut portal, now, &self::operation()), publish, "{behavior:?} at {now}");
        let answer = json(&get(&mut portal, now, &location(&response)));
        assert_eq!((&answer["status"], answer["error"].is_string()), (&canceling.into(), canceling == "failed"));
    }
}

#[test]
fn at_once_answers_200_and_cancels_everything_in_progress() {
    let offer = contoso()
        .operation(publish())
        .operation(PublishOperation::new(OTHER).not_started_until(seconds(99)))
        .operation(PublishOperation::new("signing-off").waiting_for_sign_off())
        .operation(PublishOperation::new("ended").runs_for(seconds(5)));
    let mut portal = portal(offer);
    let response = cancel(&mut portal, 10);
    assert_eq!((response.status().as_u16(), header(&response, "location")), (200, None));
    assert_eq!(truth(&portal, 10), ["canceled", "canceled", "canceled", "completed"]);
}

#[test]
fn a_cancel_that_loses_the_race_completes_when_the_publish_is_ended() {
    let mut portal = portal(contoso().cancel(CancelBehavior::LosesRace).operation(publish()));
    let location = location(&cancel(&mut portal, 10));
    assert_eq!(poll(&mut portal, 9_999, &location), "running");
    portal.end_operation(seconds(10_000), "contoso", "contoso-offer", ID, End::Failed).unwrap();
    assert_eq!(truth(&portal, 10_000), ["failed"]);
    assert_eq!(poll(&mut portal, 10_000, &location), "completed");
}

#[test]
fn with_nothing_in_progress_only_at_once_answers_200() {
    for (behavior, answer) in [
        (CancelBehavior::AtOnce, 200),
        (CancelBehavior::After(seconds(1)), 202),
        (CancelBehavior::LosesRace, 202),
        (NOTHING, 202),
        (CancelBehavior::Fails { after: seconds(1) }, 202),
    ] {
        assert_eq!(cancel(&mut portal(contoso().cancel(behavior)), 0).status(), answer, "{behavior:?}");
        let mut ended = portal(contoso().cancel(behavior).operation(publish().runs_for(seconds(5))));
        assert_eq!(cancel(&mut ended, 5).status(), answer, "{behavior:?}");
        assert_eq!(truth(&ended, 9_999), ["completed"], "{behavior:?}");
    }
}

#[test]
fn a_cancel_does_not_reach_what_is_started_after_it() {
    let mut later = portal(publishing());
    cancel(&mut later, 0);
    later.start_operation(seconds(20), "contoso", "contoso-offer", PublishOperation::new(OTHER)).unwrap();
    assert_eq!(truth(&later, 90), ["canceled", "running"]);

    let mut future = portal(contoso().operation(publish().started_at(seconds(20))));
    assert_eq!(poll(&mut future, 19, &operation()), "404 OperationNotFound");
    cancel(&mut future, 19);
    assert!(truth(&future, 19).is_empty());
    assert_eq!(truth(&future, 20), ["running"]);
}

#[test]
fn a_second_cancel_is_an_operation_of_its_own_and_does_not_delay_the_first() {
    let mut portal = portal(publishing());
    let [first, second] = [0, 60].map(|now| location(&cancel(&mut portal, now)));
    assert_ne!(first, second);
    assert_eq!(truth(&portal, 90), ["canceled"]);
    assert_eq!([first, second].map(|url| poll(&mut portal, 90, &url)), ["completed", "running"]);
    assert_eq!(portal.posts(), 2);
}

#[test]
fn the_behavior_can_change_between_two_cancels() {
    let mut portal = portal(contoso().cancel(NOTHING).operation(publish()));
    let first = location(&cancel(&mut portal, 0));
    portal.set_cancel("contoso", "contoso-offer", CancelBehavior::AtOnce).unwrap();
    assert_eq!(cancel(&mut portal, 10).status(), 200);
    assert_eq!(truth(&portal, 10), ["canceled"]);
    assert_eq!(poll(&mut portal, 10, &first), "running");
}

#[test]
fn a_location_can_show_the_operation_that_was_in_progress() {
    let names = LocationNames::CanceledOperation;
    let other = PublishOperation::new(OTHER).started_at(seconds(1)).runs_for(seconds(1));
    // Also where the cancel takes effect before its answer.
    for delay in [0, 90] {
        let behavior = CancelBehavior::After(seconds(delay));
        let offer = contoso().cancel(behavior).location_names(names).operation(publish()).operation(other.clone());
        let mut portal = portal(offer);
        let location = location(&cancel(&mut portal, 10));
        assert_eq!(location, format!("{OFFER}/operations/{ID}?{VERSION}"));
        assert_eq!(poll(&mut portal, 10 + delay, &location), "canceled");
    }
}

#[test]
fn an_unknown_name_is_an_error_of_the_test() {
    let mut portal = portal(contoso());
    let other = PublishOperation::new(OTHER);
    assert!(portal.start_operation(seconds(0), "contoso", "nothing", other.clone()).is_err());
    assert!(portal.start_operation(seconds(0), "nobody", "contoso-offer", other).is_err());
    assert!(portal.set_cancel("nobody", "x", CancelBehavior::AtOnce).is_err());
    let error = portal.end_operation(seconds(0), "contoso", "contoso-offer", ID, End::Failed);
    assert_eq!(error.unwrap_err().to_string(), "the portal has no such operation");
    assert_eq!(portal.truth("nobody", "x", seconds(0)), []);
}
