//! What a cancel does to the operations in progress, and how its own operation fares.

use cancel_core::testing::portal::{CancelBehavior, End, LocationNames, PublishOperation};

use crate::support::*;

fn endless() -> PublishOperation {
    PublishOperation::new(ID)
}

#[test]
fn at_once_answers_200_and_everything_in_progress_is_canceled() {
    let offer = contoso()
        .operation(endless())
        .operation(PublishOperation::new(OTHER).not_started_until(seconds(99)))
        .operation(PublishOperation::new("signing-off").waiting_for_sign_off())
        .operation(PublishOperation::new("long-over").runs_for(seconds(5)));
    let mut portal = portal(offer);
    let response = cancel(&mut portal, seconds(10));
    assert_eq!(response.status(), 200);
    assert!(header(&response, "location").is_none());
    let truth = portal.truth("contoso", "contoso-offer", seconds(10));
    let words = truth.iter().map(|(_, word)| *word).collect::<Vec<_>>();
    assert_eq!(words, ["canceled", "canceled", "canceled", "completed"]);
}

#[test]
fn after_a_while_both_operations_end() {
    let mut portal = portal(contoso().cancel(CancelBehavior::After(seconds(90))).operation(endless()));
    let response = cancel(&mut portal, seconds(10));
    assert_eq!(response.status(), 202);
    let location = location(&response);
    for (now, publish, cancel) in [
        (10, "running", "running"),
        (99, "running", "running"),
        (100, "canceled", "completed"),
        (9_999, "canceled", "completed"),
    ] {
        assert_eq!(truth(&portal, seconds(now)), publish, "{now}");
        assert_eq!(status(&mut portal, seconds(now), &operation_url(ID)), publish, "{now}");
        assert_eq!(status(&mut portal, seconds(now), &location), cancel, "{now}");
    }
}

#[test]
fn a_publish_that_ends_before_the_cancel_takes_effect_keeps_its_end() {
    let publish = endless().runs_for(seconds(50));
    let mut portal = portal(contoso().cancel(CancelBehavior::After(seconds(50))).operation(publish));
    let location = location(&cancel(&mut portal, seconds(0)));
    assert_eq!(truth(&portal, seconds(49)), "running");
    assert_eq!(truth(&portal, seconds(50)), "completed");
    assert_eq!(status(&mut portal, seconds(50), &location), "completed");
}

#[test]
fn a_lost_race_leaves_the_publish_alone_and_completes_with_it() {
    let publish = endless().runs_for(seconds(60));
    let mut portal = portal(contoso().cancel(CancelBehavior::LosesRace).operation(publish));
    let location = location(&cancel(&mut portal, seconds(10)));
    for (now, word) in [(59, "running"), (60, "completed")] {
        assert_eq!(truth(&portal, seconds(now)), word);
        assert_eq!(status(&mut portal, seconds(now), &location), word);
    }
}

#[test]
fn a_lost_race_against_an_endless_publish_is_over_when_that_is_ended() {
    let mut portal = portal(contoso().cancel(CancelBehavior::LosesRace).operation(endless()));
    let location = location(&cancel(&mut portal, seconds(10)));
    assert_eq!(status(&mut portal, seconds(9_999), &location), "running");
    portal.end_operation(seconds(10_000), "contoso", "contoso-offer", ID, End::Failed).unwrap();
    assert_eq!(truth(&portal, seconds(10_000)), "failed");
    assert_eq!(status(&mut portal, seconds(10_000), &location), "completed");
}

#[test]
fn doing_nothing_leaves_the_publish_alone() {
    for (completes_after, end) in [(None, "running"), (Some(seconds(60)), "completed")] {
        let behavior = CancelBehavior::DoesNothing { completes_after };
        let mut portal = portal(contoso().cancel(behavior).operation(endless()));
        let location = location(&cancel(&mut portal, seconds(0)));
        assert_eq!(status(&mut portal, seconds(59), &location), "running");
        assert_eq!(status(&mut portal, seconds(60), &location), end);
        assert_eq!(truth(&portal, seconds(9_999)), "running");
    }
}

#[test]
fn a_failing_cancel_has_an_error_and_the_publish_goes_on() {
    let behavior = CancelBehavior::Fails { after: seconds(30) };
    let mut portal = portal(contoso().cancel(behavior).operation(endless()));
    let location = location(&cancel(&mut portal, seconds(0)));
    assert_eq!(status(&mut portal, seconds(29), &location), "running");
    let failed = json(&portal.handle(seconds(30), get(&location)));
    assert_eq!(failed["status"], "failed");
    assert!(failed["error"].is_string());
    assert_eq!(truth(&portal, seconds(9_999)), "running");
}

#[test]
fn with_nothing_in_progress_only_at_once_answers_200() {
    for (behavior, answer) in [
        (CancelBehavior::AtOnce, 200),
        (CancelBehavior::After(seconds(1)), 202),
        (CancelBehavior::LosesRace, 202),
        (CancelBehavior::DoesNothing { completes_after: None }, 202),
        (CancelBehavior::Fails { after: seconds(1) }, 202),
    ] {
        let mut never = portal(contoso().cancel(behavior));
        assert_eq!(cancel(&mut never, seconds(0)).status(), answer, "{behavior:?}");
        let over = PublishOperation::new(ID).runs_for(seconds(5));
        let mut over = portal(contoso().cancel(behavior).operation(over));
        assert_eq!(cancel(&mut over, seconds(5)).status(), answer, "{behavior:?}");
        assert_eq!(truth(&over, seconds(9_999)), "completed", "{behavior:?}");
    }
}

#[test]
fn an_operation_that_is_started_after_the_cancel_is_not_canceled_by_it() {
    let mut portal = portal(contoso().cancel(CancelBehavior::After(seconds(90))).operation(endless()));
    cancel(&mut portal, seconds(0));
    portal.start_operation(seconds(20), "contoso", "contoso-offer", PublishOperation::new(OTHER)).unwrap();
    let truth = portal.truth("contoso", "contoso-offer", seconds(90));
    assert_eq!(truth, [(ID.to_owned(), "canceled"), (OTHER.to_owned(), "running")]);
}

#[test]
fn an_operation_of_the_future_is_out_of_reach() {
    let later = endless().started_at(seconds(20));
    let mut portal = portal(contoso().operation(later));
    assert_eq!(portal.handle(seconds(19), get(&operation_url(ID))).status(), 404);
    cancel(&mut portal, seconds(19));
    assert_eq!(portal.truth("contoso", "contoso-offer", seconds(19)), []);
    assert_eq!(truth(&portal, seconds(20)), "running");
}

#[test]
fn a_second_cancel_is_an_operation_of_its_own_and_never_delays_the_first() {
    let mut portal = portal(contoso().cancel(CancelBehavior::After(seconds(90))).operation(endless()));
    let first = location(&cancel(&mut portal, seconds(0)));
    let second = location(&cancel(&mut portal, seconds(60)));
    assert_ne!(first, second);
    assert_eq!(truth(&portal, seconds(90)), "canceled");
    assert_eq!(status(&mut portal, seconds(90), &first), "completed");
    assert_eq!(status(&mut portal, seconds(90), &second), "running");
    assert_eq!(portal.posts(), 2);
}

#[test]
fn the_behavior_can_change_between_two_cancels() {
    let nothing = CancelBehavior::DoesNothing { completes_after: None };
    let mut portal = portal(contoso().cancel(nothing).operation(endless()));
    let first = location(&cancel(&mut portal, seconds(0)));
    portal.set_cancel("contoso", "contoso-offer", CancelBehavior::AtOnce).unwrap();
    assert_eq!(cancel(&mut portal, seconds(10)).status(), 200);
    assert_eq!(truth(&portal, seconds(10)), "canceled");
    assert_eq!(status(&mut portal, seconds(10), &first), "running");
}

#[test]
fn a_location_can_show_the_canceled_operation() {
    let offer = contoso()
        .cancel(CancelBehavior::After(seconds(90)))
        .location_names(LocationNames::CanceledOperation)
        .operation(PublishOperation::new(OTHER).runs_for(seconds(1)))
        .operation(endless());
    let mut portal = portal(offer);
    let location = location(&cancel(&mut portal, seconds(10)));
    assert_eq!(location, operation_url(ID));
    assert_eq!(status(&mut portal, seconds(100), &location), "canceled");
}

#[test]
fn a_location_names_what_was_in_progress_even_if_the_cancel_is_quicker_than_its_answer() {
    let offer = contoso()
        .cancel(CancelBehavior::After(seconds(0)))
        .location_names(LocationNames::CanceledOperation)
        .operation(endless())
        .operation(PublishOperation::new(OTHER).started_at(seconds(1)).runs_for(seconds(1)));
    let mut portal = portal(offer);
    let location = location(&cancel(&mut portal, seconds(5)));
    assert_eq!(status(&mut portal, seconds(5), &location), "canceled");
}

#[test]
fn what_does_not_exist_cannot_be_driven() {
    let mut portal = portal(contoso());
    let other = PublishOperation::new(OTHER);
    assert!(portal.start_operation(seconds(0), "contoso", "nothing", other.clone()).is_err());
    assert!(portal.start_operation(seconds(0), "nobody", "contoso-offer", other).is_err());
    assert!(portal.set_cancel("nobody", "x", CancelBehavior::AtOnce).is_err());
    let error = portal.end_operation(seconds(0), "contoso", "contoso-offer", ID, End::Failed);
    assert_eq!(error.unwrap_err().to_string(), "the portal has no such operation");
    assert_eq!(portal.truth("nobody", "x", seconds(0)), []);
}
