//! `only_if_running`: the call stops everything, so it is made only where this operation is in progress, and no
//! other is.

use cancel_core::{ErrorKind, Outcome, Phase, Posted, Proof};

use crate::run::{
    LIST, NO_HEADERS, Run, list_of, only_if_running, operation, pairs, secs, settled, status, statuses, verified,
};

type Statuses = Vec<(String, String)>;

fn asking(entries: &[(&str, &str)]) -> Run {
    let mut run = Run::about(only_if_running("x"), verified());
    run.list(entries);
    run
}

/// A run that posts although y runs beside x.
fn beside() -> Run {
    let mut run = Run::about(only_if_running("x").even_with_others(), verified());
    run.list(&[("x", "running"), ("y", "running")]);
    run
}

/// It has ended without a POST: what runs of what was asked for, and the others.
fn others_running(run: &mut Run) -> (Statuses, Statuses) {
    match run.end() {
        Ok(Outcome::OthersRunning { operations, others, .. }) => {
            assert_eq!(run.cancellation.posted(), Posted::No);
            (statuses(&operations), statuses(&others))
        }
        other => panic!("others are in progress: {other:?}"),
    }
}

#[test]
fn it_posts_where_only_that_operation_is_in_progress() {
    let mut run = Run::about(only_if_running("X"), verified());
    run.list(&[("x", "notStarted"), ("y", "completed")]);
    run.post().answer(200, NO_HEADERS, "");
    run.ends_canceled("x");
    let outcome = run.end().unwrap();
    assert_eq!((statuses(outcome.operations()), outcome.others()), (pairs(&[("x", "canceled")]), &[][..]));
}

#[test]
fn it_does_not_post_while_others_run_beside_it() {
    let mut run = asking(&[("y", "running"), ("x", "running")]);
    assert_eq!(others_running(&mut run), (pairs(&[("x", "running")]), pairs(&[("y", "running")])));
    assert_eq!(run.end().unwrap().as_str(), "others_running");
}

#[test]
fn with_the_other_setting_it_posts_and_x_alone_decides() {
    let mut run = beside();
    run.post().answer(200, NO_HEADERS, "");
    run.poll_tracked("x", "running");
    run.ends_canceled("x");
    let outcome = run.end().unwrap();
    assert_eq!(outcome.as_str(), "canceled", "whatever becomes of y");
    assert_eq!(statuses(outcome.operations()), pairs(&[("x", "canceled")]));
    assert_eq!(statuses(outcome.others()), pairs(&[("y", "running")]));

    let mut run = beside();
    run.post().answer(200, NO_HEADERS, "");
    run.poll_tracked("x", "completed");
    assert_eq!(run.ended(), (Proof::Verified, pairs(&[("x", "completed")])));
    assert_eq!(statuses(run.end().unwrap().others()), pairs(&[("y", "running")]));
}

#[test]
fn the_others_do_not_keep_a_second_post_back() {
    let mut run = beside();
    run.post().maybe_sent();
    run.poll_while_running("x");
    run.list(&[("x", "running"), ("y", "running")]);
    run.post().answer(200, NO_HEADERS, "");
    run.ends_canceled("x");
    assert_eq!(statuses(run.end().unwrap().others()), pairs(&[("y", "running")]));
}

#[test]
fn an_operation_that_was_started_later_is_not_one_of_the_others() {
    let mut run = beside();
    run.post().not_sent();
    run.list(&[("x", "running"), ("y", "running"), ("z", "running")]);
    assert_eq!(run.cancellation.progress().phase, Phase::Rechecking, "z is waited for");
    run.list(&[("x", "running"), ("y", "running")]);
    run.post();
}

#[test]
fn the_others_are_known_to_a_resumed_run() {
    let mut run = beside().resume(verified());
    run.list(&[("x", "running"), ("y", "running")]);
    run.post().answer(200, NO_HEADERS, "");
    let mut run = run.resume(verified());
    run.ends_canceled("x");
    assert_eq!(statuses(run.end().unwrap().others()), pairs(&[("y", "running")]));
}

#[test]
fn once_x_has_ended_nothing_is_posted() {
    let mut run = asking(&[("x", "running")]);
    run.post().not_sent();
    run.list(&[("y", "running")]);
    run.ends_canceled("x");
    assert_eq!(run.cancellation.posted(), Posted::No);
}

#[test]
fn an_operation_that_the_list_does_not_show_is_asked_for_itself() {
    for word in ["canceled", "completed", "failed"] {
        let mut run = asking(&[("x", "completed")]);
        assert_eq!(run.cancellation.progress().phase, Phase::Listing);
        run.poll_tracked("x", word);
        assert_eq!((run.waited, run.end().unwrap().as_str()), (secs(0), "nothing_running"));
    }
    for code in [404, 410] {
        let mut run = asking(&[]);
        run.get(&operation("x")).answer(code, NO_HEADERS, "");
        assert_eq!(run.end().unwrap().as_str(), "nothing_running", "{code}");
    }
}

#[test]
fn while_others_run_instead_of_it_the_outcome_says_so() {
    let mut run = asking(&[("y", "running")]);
    run.poll_tracked("x", "completed");
    assert_eq!(others_running(&mut run), (pairs(&[]), pairs(&[("y", "running")])));

    let mut run = Run::about(only_if_running("x").even_with_others(), verified());
    run.list(&[("y", "running")]);
    run.poll_tracked("x", "completed");
    assert_eq!(others_running(&mut run), (pairs(&[]), pairs(&[("y", "running")])));
}

/// The list lags. Without a list that shows it, what else runs is not known.
#[test]
fn while_it_runs_the_list_is_read_again_until_it_shows_it() {
    let mut run = asking(&[]);
    run.poll_tracked("x", "running");
    run.list(&[("x", "running")]);
    assert_eq!(run.waited, secs(1));
    run.post().answer(200, NO_HEADERS, "");
    run.ends_canceled("x");

    let mut run = asking(&[]);
    for _ in 0..4 {
        run.get(&operation("x")).answer(202, NO_HEADERS, "");
        run.list(&[]);
    }
    run.poll_tracked("x", "running");
    assert_eq!(run.error(), (ErrorKind::MalformedBody, Posted::No));
    assert!(run.end().unwrap_err().detail().contains("does not show an operation that is in progress"));
}

#[test]
fn a_poll_of_it_that_fails_is_repeated_and_one_that_is_refused_ends_it() {
    let mut run = asking(&[]);
    for _ in 0..4 {
        run.get(&operation("x")).answer(503, NO_HEADERS, "");
    }
    run.poll_tracked("x", "completed");
    assert_eq!(run.end().unwrap().as_str(), "nothing_running");

    let mut run = asking(&[]);
    for _ in 0..5 {
        run.get(&operation("x")).maybe_sent();
    }
    assert_eq!(run.error(), (ErrorKind::Transport, Posted::No));

    let mut run = asking(&[]);
    run.get(&operation("x")).answer(403, NO_HEADERS, "");
    assert_eq!(run.error(), (ErrorKind::Forbidden, Posted::No));
}

#[test]
fn a_run_that_is_resumed_while_it_asks_reads_the_list_again() {
    let mut run = asking(&[]).resume(verified());
    run.list(&[("x", "running")]);
    run.post();
}

#[test]
fn it_needs_the_list() {
    let mut run = Run::about(only_if_running("x"), settled());
    assert_eq!(run.error(), (ErrorKind::InvalidInput, Posted::No));
}

#[test]
fn a_dry_run_says_what_decides_and_what_runs_beside_it() {
    let request = only_if_running("x").even_with_others();
    let mut run = Run::about(request, settled().dry_run(true));
    run.list(&[("x", "running"), ("y", "running")]);
    let Ok(Outcome::WouldCancel { operations, others, .. }) = run.end() else { panic!("it runs") };
    assert_eq!((statuses(&operations), statuses(&others)), (pairs(&[("x", "running")]), pairs(&[("y", "running")])));

    let mut run = Run::about(only_if_running("x"), verified().dry_run(true));
    run.list(&[("x", "running"), ("y", "running")]);
    assert_eq!(others_running(&mut run).1, pairs(&[("y", "running")]));
}

/// A cancel's own operation is no publish.
#[test]
fn a_cancel_on_the_list_is_not_one_of_the_others() {
    let mut run = Run::about(only_if_running("x"), verified());
    let cancel = r#"{"id":"c","submissionState":"running","submissionType":"cancel"}"#;
    let entries = list_of(&[("x", "running")]).replace(']', &format!(",{cancel}]"));
    run.get(LIST).answer(200, NO_HEADERS, &entries);
    run.post().answer(200, NO_HEADERS, "");
    run.get(&operation("x")).answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(run.canceled(), Proof::Verified);
}
